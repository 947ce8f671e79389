import { readFile, stat } from 'node:fs/promises';
import { isIP, type Socket } from 'node:net';
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { Ip } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Millis } from '../base/units.ts';
import type { TlsConfig } from '../model/check.ts';

/** Where Debian keeps the authorities of the machine; elsewhere it is those that Node has built in. */
const SYSTEM_AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';
const DAY_MS = 86_400_000;

interface Loaded {
  /** Of the files that it was made from. */
  readonly versions: string;
  readonly context: SecureContext;
}

/** Reading the system's authorities takes 30 ms, so a context is kept until one of its files changes. */
const loaded = new WeakMap<TlsConfig, Loaded>();

/** Keys and authorities for `config`, as its files are now. Never rejects; the error names the file for people. */
export async function loadSecureContext(config: TlsConfig): Promise<Result<SecureContext, string>> {
  try {
    const ca = config.verify ? (config.ca ?? (await present(SYSTEM_AUTHORITIES))) : null;
    const files = [ca, config.certificate, config.key];
    const versions = (await Promise.all(files.map(versionOf))).join();
    const known = loaded.get(config);
    if (known?.versions === versions) return ok(known.context);
    const [authorities, cert, key] = await Promise.all(files.map(readNullable));
    const context = createSecureContext({
      ...(authorities === undefined ? {} : { ca: authorities }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
    loaded.set(config, { versions, context });
    return ok(context);
  } catch (error) {
    return err(`no TLS: ${(error as Error).message}`);
  }
}

/** Begins TLS on a connection. The certificate is not judged here; that is `judgeCertificate`'s. */
export function startTls(socket: Socket, context: SecureContext, config: TlsConfig, address: Ip): TLSSocket {
  const { serverName } = config;
  // RFC 6066 §3: an address is no server name.
  const name = serverName !== null && isIP(serverName) === 0 ? { servername: serverName } : {};
  return connect({
    socket,
    secureContext: context,
    host: serverName ?? address,
    rejectUnauthorized: false,
    ...name,
  });
}

/** What a finished handshake has shown. */
export interface CertificateJudgement {
  /** Why the certificate does not stand for the server; null where it does, or nobody asked. */
  readonly problem: string | null;
  /** That it ends soon, or has ended; null where not, or nobody asked. */
  readonly warning: string | null;
}

/** `now` in milliseconds since 1970. */
export function judgeCertificate(stream: TLSSocket, config: TlsConfig, now: number): CertificateJudgement {
  // A string where it is the code of OpenSSL's verdict, whatever its type says.
  const problem =
    config.verify && !stream.authorized ? `certificate: ${reasonOf(stream.authorizationError)}` : null;
  if (config.expiryWarning === null) return { problem, warning: null };
  const end = Date.parse(stream.getPeerCertificate().valid_to);
  return { problem, warning: Number.isNaN(end) ? null : expiry(end, now, config.expiryWarning) };
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function expiry(end: number, now: number, ahead: Millis): string | null {
  if (end - now > ahead) return null;
  const day = new Date(end).toISOString().slice(0, 10);
  if (end <= now) return `its certificate ended on ${day}`;
  const days = Math.floor((end - now) / DAY_MS);
  return `its certificate ends on ${day}, in ${days} ${days === 1 ? 'day' : 'days'}`;
}

async function present(file: string): Promise<string | null> {
  const found = await stat(file).catch(() => null);
  return found === null ? null : file;
}

async function versionOf(file: string | null): Promise<string> {
  if (file === null) return '';
  const { ino, mtimeMs, size } = await stat(file);
  return `${ino} ${mtimeMs} ${size}`;
}

const readNullable = async (file: string | null) => (file === null ? undefined : readFile(file));
