import { readFile, stat } from 'node:fs/promises';
import { isIP, type Socket } from 'node:net';
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { Ip } from '../base/ip.ts';
import { printable } from '../base/printable.ts';
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
    const strange = [
      holds(ca, authorities, /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/, 'certificate'),
      holds(config.certificate, cert, /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/, 'certificate'),
      holds(config.key, key, /-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'private key'),
    ].find((text) => text !== null);
    if (strange !== undefined) return err(`no TLS: ${strange}`);
    const context = createSecureContext({
      ...(authorities === undefined ? {} : { ca: authorities }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
    loaded.set(config, { versions, context });
    return ok(context);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const own = [config.certificate, config.key].filter((file) => file !== null).join(' and ');
    // What OpenSSL says names no file.
    return err(`no TLS: ${/^E[A-Z]+$/.test(code) || own === '' ? '' : `${own}: `}${message}`);
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

/** `address` is that of the server, `now` in milliseconds since 1970. */
export function judgeCertificate(
  stream: TLSSocket,
  config: TlsConfig,
  address: Ip,
  now: number,
): CertificateJudgement {
  const problem =
    config.verify && !stream.authorized
      ? `certificate: ${reasonOf(stream, config.serverName ?? address)}`
      : null;
  if (config.expiryWarning === null) return { problem, warning: null };
  const end = Date.parse(stream.getPeerCertificate().valid_to);
  return { problem, warning: Number.isNaN(end) ? null : expiry(end, now, config.expiryWarning) };
}

const UNKNOWN_ISSUER = 'none of the authorities that are believed has issued it';

/** The verdicts of OpenSSL that are met (X509_V_ERR_* in its x509_vfy.h). */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'it is signed by itself, and not one that is believed'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'the authority that its chain ends at is not one that is believed'],
  ['UNABLE_TO_GET_ISSUER_CERT', UNKNOWN_ISSUER],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNKNOWN_ISSUER],
  [
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    `${UNKNOWN_ISSUER}, or the server does not send the ones between (intermediates)`,
  ],
  ['CERT_HAS_EXPIRED', 'it has ended'],
  ['CERT_NOT_YET_VALID', 'it is not valid yet'],
  ['INVALID_PURPOSE', 'it is not for servers'],
  ['INVALID_CA', 'one in its chain is of no authority'],
]);

/** Why a certificate is not believed, with the code that says so. */
function reasonOf(stream: TLSSocket, name: string): string {
  // A string where it is the code of a verdict, whatever its type says.
  const error: unknown = stream.authorizationError;
  if (error instanceof Error) return error.message;
  const code = String(error);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = printable(stream.getPeerCertificate().subjectaltname ?? '').slice(0, LONGEST_NAMES);
    return `it is not for ${name}, but for ${names === '' ? 'no name at all' : names} (${code})`;
  }
  const words = REASONS.get(code);
  return words === undefined ? code : `${words} (${code})`;
}

const LONGEST_NAMES = 200;

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

/** Why a file is of no use as what it is to be, or null. Node takes authorities without any certificate, and believes nobody. */
function holds(
  file: string | null,
  text: Uint8Array | undefined,
  wanted: RegExp,
  what: string,
): string | null {
  if (file === null || text === undefined) return null;
  return wanted.test(Buffer.from(text).toString('latin1')) ? null : `${file} has no ${what} in PEM`;
}

const readNullable = async (file: string | null) => (file === null ? undefined : readFile(file));
