import { readFileSync, statSync } from 'node:fs';
import { err, ok, type Result } from '../base/result.ts';
import type { HmacConfig, HmacKey, InstanceConfig } from '../model/config.ts';
import type { Loaded, Rejection } from './core.ts';

/** What RFC 2104 §3 asks of a key for SHA-256, and the block size beyond which it would be hashed first. */
const KEY_BYTES = { least: 32, most: 64 } as const;
const OTHERS_MAY_READ = 0o044;

/** The configuration with the keys that stand in files of their own: vrrp opens none. */
export function readSecrets(loaded: Loaded): Result<Loaded, Rejection> {
  const mistakes: string[] = [];
  const warnings: string[] = [];
  const instances = loaded.config.instances.map((instance): InstanceConfig => {
    if (instance.hmac === null) return instance;
    const keys = instance.hmac.keys.map(({ id, secret }): HmacKey => {
      const what = `${instance.name}: key ${id} of auth_hmac`;
      return { id, secret: readKey(what, secret, mistakes, warnings) };
    });
    const hmac: HmacConfig = { ...instance.hmac, keys };
    return { ...instance, hmac };
  });
  const { heartbeat: paths } = loaded.config;
  const heartbeat =
    paths === null ? null : { ...paths, key: readKey('heartbeat_key', paths.key, mistakes, warnings) };
  const [first, ...others] = mistakes;
  if (first !== undefined) return err([first, ...others]);
  return ok({
    config: { ...loaded.config, instances, heartbeat },
    warnings: [...loaded.warnings, ...warnings],
  });
}

function readKey(
  what: string,
  key: HmacKey['secret'],
  mistakes: string[],
  warnings: string[],
): HmacKey['secret'] {
  if (key.kind === 'bytes') return key;
  const { path } = key;
  const where = `${what} in ${path}`;
  try {
    const text = readFileSync(path, 'latin1').replace(/\r?\n$/, '');
    const bytes = text.startsWith('hex:') ? hexBytes(text.slice(4)) : Buffer.from(text, 'latin1');
    if (bytes === null) mistakes.push(`${where} is not hexadecimal after hex:`);
    else if (bytes.length < KEY_BYTES.least || bytes.length > KEY_BYTES.most) {
      mistakes.push(`${where} has ${bytes.length} bytes, not ${KEY_BYTES.least} to ${KEY_BYTES.most}`);
    } else {
      if ((statSync(path).mode & OTHERS_MAY_READ) !== 0) {
        warnings.push(`${where} can be read by others than its owner`);
      }
      return { kind: 'bytes', bytes: Uint8Array.from(bytes) };
    }
  } catch (error) {
    mistakes.push(`${where} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  return key;
}

function hexBytes(text: string): Uint8Array | null {
  return /^([0-9a-f]{2})*$/i.test(text) ? Buffer.from(text, 'hex') : null;
}
