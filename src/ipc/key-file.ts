import { readFileSync, statSync } from 'node:fs';
import { err, ok, type Result } from '../base/result.ts';

/** What RFC 2104 §3 asks of a key for SHA-256, and the block size beyond which it would be hashed first. */
const KEY_BYTES = { least: 32, most: 64 } as const;
const OTHERS_MAY_READ = 0o044;

export interface KeyFile {
  /** 32–64. */
  readonly bytes: Uint8Array;
  /** Its mode lets others than its owner read it. */
  readonly isExposed: boolean;
}

export interface KeyFileError {
  /** `denied`: this process may not read it, another user's might. */
  readonly code: 'denied' | 'unusable';
  /** What follows the name of the file in a sentence; nothing of what stands in it. */
  readonly message: string;
}

/** The key in a file of its own: the text of the file without the end of its line, or after `hex:` what that spells. */
export function readKeyFile(path: string): Result<KeyFile, KeyFileError> {
  const unusable = (message: string): Result<never, KeyFileError> => err({ code: 'unusable', message });
  try {
    const stat = statSync(path);
    // To open a pipe that nobody writes to would take for ever.
    if (!stat.isFile()) return unusable('is no regular file');
    const text = readFileSync(path, 'latin1').replace(/\r?\n$/, '');
    const bytes = text.startsWith('hex:') ? hexBytes(text.slice(4)) : Buffer.from(text, 'latin1');
    if (bytes === null) return unusable('is not hexadecimal after hex:');
    if (bytes.length < KEY_BYTES.least || bytes.length > KEY_BYTES.most) {
      return unusable(`has ${bytes.length} bytes, not ${KEY_BYTES.least} to ${KEY_BYTES.most}`);
    }
    return ok({ bytes: Uint8Array.from(bytes), isExposed: (stat.mode & OTHERS_MAY_READ) !== 0 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isDenied = code === 'EACCES' || code === 'EPERM';
    return err({ code: isDenied ? 'denied' : 'unusable', message: `cannot be read: ${message}` });
  }
}

function hexBytes(text: string): Uint8Array | null {
  return /^([0-9a-f]{2})*$/i.test(text) ? Buffer.from(text, 'hex') : null;
}
