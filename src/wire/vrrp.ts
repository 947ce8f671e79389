import { dataView } from '../base/bytes.ts';
import { type Family, type Ip, ipBytes, ipFamily, ipFromBytes } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type Centis, centis } from '../base/units.ts';
import type { Datagram } from './datagram.ts';
import { SIGNATURE_LENGTH } from './vrrp-auth.ts';
import { type ChecksumForm, checksumFormOf } from './vrrp-checksum.ts';

export {
  PRIORITY_OWNER,
  PRIORITY_RESIGN,
  VRRP_GROUP4,
  VRRP_GROUP6,
  VRRP_PROTOCOL,
  VRRP_TOS,
  VRRP_TTL,
} from './vrrp-numbers.ts';

/** The only type there is (RFC 9568 §5.2.2). */
export const TYPE_ADVERTISEMENT = 1;
const FIXED = 8;
const AUTH_DATA = 8;

/**
 * A VRRP version 2 advertisement (RFC 3768 §5.1). The authentication data is always there, zero when unused; but not
 * over IPv6, which the RFC does not have and keepalived 2.2.7 does.
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
export interface AdvertV2 {
  readonly version: 2;
  readonly vrid: number;
  readonly priority: number;
  /** As on the wire: 0, 1, 2, or whatever else was sent. */
  readonly authType: number;
  /** Whole seconds, 0–255. */
  readonly advertInterval: number;
  /** All of the family of the datagram. */
  readonly addresses: readonly Ip[];
  /** 8 bytes; none over IPv6. */
  readonly authData: Uint8Array;
}

/**
 * A VRRP version 3 advertisement (RFC 9568 §5.1). Addresses have 4 or 16 bytes, as the IP header says: nothing in the
 * message tells them apart. The reserved bits are 0 when sent and ignored when received (§5.2.6).
 *
 * ```
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------+-------+---------------+---------------+---------------+
 * |Version| Type  | Virtual Rtr ID|   Priority    |  IPvX Addr #  |
 * | Rsvd  |  Max Advertise Int    |          Checksum             |
 * |                        IPvX Address(es)                       |
 * +---------------------------------------------------------------+
 * ```
 */
export interface AdvertV3 {
  readonly version: 3;
  readonly vrid: number;
  readonly priority: number;
  /** 0–4095. */
  readonly maxAdvertInterval: Centis;
  /** All of the family of the datagram. */
  readonly addresses: readonly Ip[];
}

export type Advert = AdvertV2 | AdvertV3;

/** An advert with the bytes that a signature covers. */
export interface DecodedAdvert {
  readonly advert: Advert;
  readonly checksumForm: ChecksumForm;
  /** The message without what follows it. */
  readonly pdu: Uint8Array;
  /** The 28 bytes that follow it when it is signed, unverified; null for none. */
  readonly trailer: Uint8Array | null;
}

export type WireError = 'version' | 'type' | 'length' | 'checksum';

/** Reads the VRRP part of a datagram: exactly one message, or one with a signature behind it. */
export function decodeAdvert(datagram: Datagram): Result<DecodedAdvert, WireError> {
  const { payload } = datagram;
  if (payload.length < 1) return err('length');
  const view = dataView(payload);
  const version = view.getUint8(0) >> 4;
  // RFC 9568 §7.1, RFC 3768 §7.1: the version comes first, so that another one is not called malformed.
  if (version !== 2 && version !== 3) return err('version');
  if ((view.getUint8(0) & 0x0f) !== TYPE_ADVERTISEMENT) return err('type');
  if (payload.length < FIXED) return err('length');
  const family = ipFamily(datagram.source);
  const length = pduLength(version, family, view.getUint8(3));
  if (payload.length !== length && payload.length !== length + SIGNATURE_LENGTH) return err('length');
  const pdu = payload.subarray(0, length);
  const trailer = payload.length === length ? null : payload.subarray(length);
  const checksumForm = checksumFormOf(datagram, pdu, trailer);
  if (checksumForm === null) return err('checksum');
  const common = {
    vrid: view.getUint8(1),
    priority: view.getUint8(2),
    addresses: decodeAddresses(pdu, family),
  };
  const advert: Advert =
    version === 2
      ? {
          version,
          ...common,
          authType: view.getUint8(4),
          advertInterval: view.getUint8(5),
          authData: pdu.slice(length - authSize(version, family)),
        }
      : { version, ...common, maxAdvertInterval: centis(view.getUint16(4) & 0x0fff) };
  return ok({ advert, checksumForm, pdu, trailer });
}

/** The Virtual Rtr ID of a message that may be broken otherwise; null when it is too short to have one. */
export function peekVrid(bytes: Uint8Array): number | null {
  return bytes.length >= 2 ? (bytes[1] ?? null) : null;
}

/**
 * The message with a checksum of 0, which is what signatures cover; `encodeChecksum` fills it in. Throws RangeError
 * for more than 255 addresses and for an interval beyond its field.
 */
export function encodeAdvert(advert: Advert, family: Family): Uint8Array {
  const count = advert.addresses.length;
  if (count > 255) throw new RangeError(`an advertisement holds at most 255 addresses, not ${count}`);
  const pdu = new Uint8Array(pduLength(advert.version, family, count));
  const view = dataView(pdu);
  view.setUint8(0, (advert.version << 4) | TYPE_ADVERTISEMENT);
  view.setUint8(1, advert.vrid);
  view.setUint8(2, advert.priority);
  view.setUint8(3, count);
  if (advert.version === 2) {
    view.setUint8(4, advert.authType);
    view.setUint8(5, within(advert.advertInterval, 0xff));
    const authData = advert.authData.subarray(0, authSize(advert.version, family));
    pdu.set(authData, pdu.length - authData.length);
  } else {
    view.setUint16(4, within(advert.maxAdvertInterval, 0x0fff));
  }
  const size = addressSize(family);
  for (const [i, address] of advert.addresses.entries()) pdu.set(ipBytes(address), FIXED + size * i);
  return pdu;
}

const authSize = (version: 2 | 3, family: Family): number =>
  version === 2 && family === 'inet' ? AUTH_DATA : 0;

const addressSize = (family: Family): number => (family === 'inet' ? 4 : 16);

/** The length of a message without a signature. Bytes. */
export function pduLength(version: 2 | 3, family: Family, count: number): number {
  return FIXED + addressSize(family) * count + authSize(version, family);
}

function decodeAddresses(pdu: Uint8Array, family: Family): Ip[] {
  const size = addressSize(family);
  return Array.from({ length: pdu[3] ?? 0 }, (_, i) =>
    ipFromBytes(pdu.subarray(FIXED + size * i, FIXED + size * (i + 1))),
  );
}

function within(value: number, limit: number): number {
  if (value < 0 || value > limit) throw new RangeError(`an advertisement interval of ${value} does not fit`);
  return value;
}
