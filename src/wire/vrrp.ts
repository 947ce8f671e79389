import { internetChecksum } from '../base/checksum.ts';
import { type Ip, ipBytes, ipFromBytes } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';

export const VRRP_PROTOCOL = 112;
/** RFC 3768 §5.2.2. */
export const VRRP_GROUP4 = '224.0.0.18' as Ip;
/** RFC 3768 §5.2.3. */
export const VRRP_TTL = 255;
/** Internetwork control, the precedence of routing protocols (RFC 791 §3.1). */
export const VRRP_TOS = 0xc0;
/** Priority of a master that resigns (RFC 3768 §5.3.4). */
export const PRIORITY_RESIGN = 0;
/** Priority of the router that owns the addresses (RFC 3768 §5.3.4). */
export const PRIORITY_OWNER = 255;

/** RFC 2338 §5.3.6; RFC 3768 removed types 1 and 2 but the field is still sent and compared. */
export const AUTH_TYPES = { none: 0, pass: 1, ah: 2 } as const;

const TYPE_ADVERTISEMENT = 1;
const FIXED = 8;
const AUTH_DATA = 8;

/**
 * A VRRP version 2 advertisement (RFC 3768 §5.1). The authentication data is always there, zero when unused,
 * and the checksum covers the whole message with no pseudo-header.
 *
 * ```
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------+-------+---------------+---------------+---------------+
 * |Version| Type  | Virtual Rtr ID|   Priority    | Count IP Addrs|
 * |   Auth Type   |   Adver Int   |          Checksum             |
 * |                         IP Address (1)                        |
 * |                            . . .                              |
 * |                         IP Address (n)                        |
 * |                     Authentication Data (1)                   |
 * |                     Authentication Data (2)                   |
 * +---------------------------------------------------------------+
 * ```
 */
export interface Advert {
  readonly version: 2;
  readonly vrid: number;
  readonly priority: number;
  /** As on the wire: 0, 1, 2, or whatever else was sent. */
  readonly authType: number;
  /** Whole seconds, 0–255. */
  readonly advertInterval: number;
  readonly addresses: readonly Ip[];
  /** 8 bytes. */
  readonly authData: Uint8Array;
}

export type WireError = 'version' | 'type' | 'length' | 'checksum';

/** Reads the VRRP part of a datagram. Only the exact length is accepted. */
export function decodeAdvert(bytes: Uint8Array): Result<Advert, WireError> {
  if (bytes.length < 1) return err('length');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // RFC 3768 §7.1: the version comes first, so that the other version is not called malformed.
  if (view.getUint8(0) >> 4 !== 2) return err('version');
  if ((view.getUint8(0) & 0x0f) !== TYPE_ADVERTISEMENT) return err('type');
  if (bytes.length < FIXED + AUTH_DATA) return err('length');
  const count = view.getUint8(3);
  if (bytes.length !== FIXED + 4 * count + AUTH_DATA) return err('length');
  if (internetChecksum(bytes) !== 0) return err('checksum');
  const addresses: Ip[] = [];
  for (let i = 0; i < count; i++)
    addresses.push(ipFromBytes(bytes.subarray(FIXED + 4 * i, FIXED + 4 * i + 4)));
  return ok({
    version: 2,
    vrid: view.getUint8(1),
    priority: view.getUint8(2),
    authType: view.getUint8(4),
    advertInterval: view.getUint8(5),
    addresses,
    authData: bytes.slice(FIXED + 4 * count),
  });
}

/** The Virtual Rtr ID of a message that may be broken otherwise; null when it is too short to have one. */
export function peekVrid(bytes: Uint8Array): number | null {
  return bytes.length >= 2 ? (bytes[1] ?? null) : null;
}

/** The message with its checksum. `addresses` holds at most 255 IPv4 addresses. */
export function encodeAdvert(advert: Advert): Uint8Array {
  const count = advert.addresses.length;
  if (count > 255) throw new RangeError(`an advertisement holds at most 255 addresses, not ${count}`);
  const bytes = new Uint8Array(FIXED + 4 * count + AUTH_DATA);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, (advert.version << 4) | TYPE_ADVERTISEMENT);
  view.setUint8(1, advert.vrid);
  view.setUint8(2, advert.priority);
  view.setUint8(3, count);
  view.setUint8(4, advert.authType);
  view.setUint8(5, advert.advertInterval);
  for (const [i, address] of advert.addresses.entries()) bytes.set(ipBytes(address), FIXED + 4 * i);
  bytes.set(advert.authData.subarray(0, AUTH_DATA), FIXED + 4 * count);
  view.setUint16(6, internetChecksum(bytes));
  return bytes;
}

/** The authentication data of a simple text password: its first 8 bytes, zero-padded (RFC 2338 §5.3.6.2). */
export function passwordData(password: string): Uint8Array {
  return Uint8Array.from({ length: AUTH_DATA }, (_, i) => password.charCodeAt(i) || 0);
}
