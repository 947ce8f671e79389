import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { err, ok, type Result } from '../base/result.ts';
import type { TlsFault } from '../config/host.ts';
import type { TlsConfig } from '../model/check.ts';

/** What is wrong with the PEM files of a check by https, as far as who asks may read them. */
export function tlsFaults({ verify, ca, certificate, key }: TlsConfig): readonly TlsFault[] {
  const authorities =
    verify && ca !== null ? read(ca, 'certificate', (pem) => new X509Certificate(pem)) : null;
  const own =
    certificate === null ? null : read(certificate, 'certificate', (pem) => new X509Certificate(pem));
  const secret = key === null ? null : read(key, 'private key', createPrivateKey);
  return [
    ...faultOf('ca', authorities),
    ...faultOf('certificate', own),
    ...faultOf('key', secret),
    ...(own?.ok && secret?.ok && !own.value.checkPrivateKey(secret.value)
      ? [{ key: 'key' as const, text: `${key} is not the key of ${certificate}` }]
      : []),
  ];
}

function faultOf(key: TlsFault['key'], file: Result<unknown, string> | null): readonly TlsFault[] {
  return file === null || file.ok ? [] : [{ key, text: file.error }];
}

function read<Of extends X509Certificate | KeyObject>(
  path: string,
  what: string,
  parse: (pem: Buffer) => Of,
): Result<Of, string> {
  const text = textOf(path);
  if (!text.ok) return text;
  if (!text.value.includes('-----BEGIN ')) return err(`${path} is no PEM file: it has no ${what}`);
  try {
    return ok(parse(text.value));
  } catch (error) {
    return err(`${path} has no ${what} that can be read: ${(error as Error).message}`);
  }
}

function textOf(path: string): Result<Buffer, string> {
  try {
    // To open a pipe that nobody writes to would take for ever.
    if (!statSync(path).isFile()) return err(`${path} is no regular file`);
    return ok(readFileSync(path));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const words =
      code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'permission denied' : message;
    return err(`${path} cannot be read: ${words}`);
  }
}
