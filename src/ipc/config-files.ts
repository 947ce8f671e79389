import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { err, ok, type Result } from '../base/result.ts';
import type { ConfigFiles } from '../model/files.ts';

/** Far above any configuration; keeps a wrong name, such as that of a device, from filling the memory. */
const MOST_BYTES = 32 * 1024 * 1024;

/** The files of this machine. */
export const machineFiles: ConfigFiles = { read: readText, match: matchFiles };

/** The same for a daemon, which a pipe that nobody writes to would stop for good. */
export const regularFiles: ConfigFiles = {
  read(file) {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found !== undefined && !found.isFile() && !found.isDirectory()) return err('it is no regular file');
    return readText(file);
  },
  match: matchFiles,
};

/** What a reader of configurations asks of this machine. */
export function machineContext(files: ConfigFiles, configId: string | null) {
  return {
    files,
    hostname: hostname(),
    configId,
    env: (name: string): string | undefined => process.env[name],
    random: Math.random,
  };
}

function readText(file: string): Result<string, string> {
  try {
    const descriptor = openSync(file, 'r');
    try {
      if (fstatSync(descriptor).isDirectory()) return err('it is a directory');
      return readWhole(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return err(explain(error as NodeJS.ErrnoException));
  }
}

/** Not readFileSync: what is read may be a pipe or a device, whose size nobody knows. */
function readWhole(descriptor: number): Result<string, string> {
  const pieces: Buffer[] = [];
  let total = 0;
  for (;;) {
    const piece = Buffer.alloc(65_536);
    const length = readSync(descriptor, piece);
    if (length === 0) return ok(Buffer.concat(pieces, total).toString('utf8'));
    total += length;
    if (total > MOST_BYTES) return err(`it has more than ${MOST_BYTES} bytes`);
    pieces.push(piece.subarray(0, length));
  }
}

function explain({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file';
  return code === 'EACCES' || code === 'EPERM' ? 'permission denied' : message;
}

function matchFiles(pattern: string): readonly string[] {
  const parts = pattern.split('/');
  const isAbsolute = parts[0] === '';
  let found = [isAbsolute ? '/' : ''];
  for (const part of isAbsolute ? parts.slice(1) : parts) {
    if (part === '') continue;
    found = /[*?[]/.test(part)
      ? found.flatMap((directory) => within(directory, part))
      : found.map((directory) => path.join(directory, part));
  }
  return found.filter(isFile).sort();
}

function within(directory: string, part: string): string[] {
  const wanted = patternOf(part);
  try {
    return readdirSync(directory === '' ? '.' : directory)
      .filter((name) => wanted.test(name))
      .map((name) => path.join(directory, name));
  } catch {
    // As for a shell: what cannot be listed matches nothing.
    return [];
  }
}

/** glob(7): a leading dot is matched only by a dot. */
function patternOf(part: string): RegExp {
  const body = part.replace(/\[!?[^\]]+\]|[*?]|[\\^$+.()|{}[\]]/g, (found) => {
    if (found === '*') return '.*';
    if (found === '?') return '.';
    if (found.length === 1) return `\\${found}`;
    return found.replace('[!', '[^').replaceAll('\\', '\\\\');
  });
  return new RegExp(`^${part.startsWith('.') ? '' : '(?!\\.)'}${body}$`, 's');
}

function isFile(file: string): boolean {
  try {
    const descriptor = openSync(file, 'r');
    const directory = fstatSync(descriptor).isDirectory();
    closeSync(descriptor);
    return !directory;
  } catch {
    // Gone since it was listed, or not for us to read.
    return false;
  }
}
