import { internetChecksum } from '../base/checksum.ts';
import { type Ip, ipBytes, ipFromBytes } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';

/**
 * An IPv4 datagram without its options (RFC 791 §3.1).
 *
 * ```
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------+-------+---------------+-------------------------------+
 * |Version|  IHL  |Type of Service|          Total Length         |
 * |         Identification        |Flags|      Fragment Offset    |
 * |  Time to Live |    Protocol   |         Header Checksum       |
 * |                       Source Address                          |
 * |                    Destination Address                        |
 * +---------------------------------------------------------------+
 * ```
 */
export interface Ipv4Datagram {
  readonly source: Ip;
  readonly destination: Ip;
  readonly ttl: number;
  readonly protocol: number;
  readonly tos: number;
  readonly payload: Uint8Array;
}

const HEADER = 20;

/**
 * Reads one datagram, cut to its total length: Ethernet pads short frames. Refuses fragments, whose ports and
 * checksums mean nothing alone. The header checksum is the kernel's business and is not looked at.
 */
export function decodeIpv4(bytes: Uint8Array): Result<Ipv4Datagram, 'ip_header'> {
  if (bytes.length < HEADER) return err('ip_header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint8(0) >> 4;
  const headerLength = (view.getUint8(0) & 0x0f) * 4;
  const totalLength = view.getUint16(2);
  const fragment = view.getUint16(6) & 0x3fff;
  if (version !== 4 || headerLength < HEADER || totalLength < headerLength) return err('ip_header');
  if (totalLength > bytes.length || fragment !== 0) return err('ip_header');
  return ok({
    source: ipFromBytes(bytes.subarray(12, 16)),
    destination: ipFromBytes(bytes.subarray(16, 20)),
    ttl: view.getUint8(8),
    protocol: view.getUint8(9),
    tos: view.getUint8(1),
    payload: bytes.subarray(headerLength, totalLength),
  });
}

/** A datagram with a 20-byte header, identification 0 (the kernel fills it in) and a correct checksum. */
export function encodeIpv4(datagram: Ipv4Datagram): Uint8Array {
  const bytes = new Uint8Array(HEADER + datagram.payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x45);
  view.setUint8(1, datagram.tos);
  view.setUint16(2, bytes.length);
  view.setUint8(8, datagram.ttl);
  view.setUint8(9, datagram.protocol);
  bytes.set(ipBytes(datagram.source), 12);
  bytes.set(ipBytes(datagram.destination), 16);
  view.setUint16(10, internetChecksum(bytes.subarray(0, HEADER)));
  bytes.set(datagram.payload, HEADER);
  return bytes;
}
