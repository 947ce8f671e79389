import { concatBytes, dataView } from '../base/bytes.ts';
import { type Ip, ipBytes } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';

/** RFC 2338 §5.3.6; RFC 3768 removed types 1 and 2 but the field is still sent and compared. */
export const AUTH_TYPES = { none: 0, pass: 1, ah: 2 } as const;

/** The authentication data of a simple text password: its first 8 bytes, zero-padded (RFC 2338 §5.3.6.2). */
export function passwordData(password: string): Uint8Array {
  return Uint8Array.from({ length: 8 }, (_, i) => password.charCodeAt(i) || 0);
}

export const SIGNATURE_LENGTH = 28;
const TYPE_HMAC_SHA256_128 = 1;
const MAC = 12;

/**
 * The trailer of a signed advert (draft-cassen-vrrp-auth-hmac). It follows the message inside the IP datagram.
 *
 * ```
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+-------------------------------+
 * |   Type = 1    |    Key ID     |         Reserved = 0          |
 * |                 Seconds since 1970-01-01 UTC                  |
 * |    Fraction (1/65536 s)       |            Counter            |
 * |        HMAC-SHA-256, the first 16 of its 32 bytes             |
 * |                            . . .                              |
 * +---------------------------------------------------------------+
 * ```
 */
export interface Signature {
  readonly keyId: number;
  /** Seconds, fraction and counter as one number of 64 bits. */
  readonly sequence: bigint;
  /** 16 bytes. */
  readonly mac: Uint8Array;
}

/** Reads a trailer of 28 bytes. */
export function decodeSignature(trailer: Uint8Array): Result<Signature, 'malformed'> {
  if (trailer.length !== SIGNATURE_LENGTH) return err('malformed');
  const view = dataView(trailer);
  if (view.getUint8(0) !== TYPE_HMAC_SHA256_128 || view.getUint16(2) !== 0) return err('malformed');
  return ok({ keyId: view.getUint8(1), sequence: view.getBigUint64(4), mac: trailer.slice(MAC) });
}

export function encodeSignature({ keyId, sequence, mac }: Signature): Uint8Array {
  const trailer = new Uint8Array(SIGNATURE_LENGTH);
  const view = dataView(trailer);
  view.setUint8(0, TYPE_HMAC_SHA256_128);
  view.setUint8(1, keyId);
  view.setBigUint64(4, sequence);
  trailer.set(mac, MAC);
  return trailer;
}

/**
 * What the HMAC is made over: a pseudo-header of the family (4 or 6), the version and VRID of the message, and the
 * source padded to 16 bytes; the message without its checksum; the trailer without its HMAC. The destination is not in
 * it, so that one signature serves every peer.
 */
export function signedBytes(source: Ip, pdu: Uint8Array, trailer: Uint8Array): Uint8Array {
  const address = ipBytes(source);
  const pseudo = new Uint8Array(20);
  pseudo.set([address.length === 4 ? 4 : 6, (pdu[0] ?? 0) >> 4, pdu[1] ?? 0]);
  pseudo.set(address, 4);
  const message = pdu.slice();
  message.fill(0, 6, 8);
  const unsigned = trailer.slice();
  unsigned.fill(0, MAC);
  return concatBytes([pseudo, message, unsigned]);
}
