import { bigEndian, concatBytes } from '../../src/base/bytes.ts';
import { internetChecksum } from '../../src/base/checksum.ts';
import { type Ip, ipBytes } from '../../src/base/ip.ts';
import { type Mac, macBytes } from '../../src/base/mac.ts';

/** Frames for tests, layer by layer: each takes what is inside. Numbers are in network order on the wire. */
export const be16 = (n: number): Uint8Array => bigEndian(n, 2);
export const be32 = (n: number): Uint8Array => bigEndian(n, 4);

export interface EthernetFields {
  readonly destination: Mac;
  readonly source: Mac;
  /** VLAN identifiers, the outer one first. */
  readonly tags?: readonly number[];
}

export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_IPV6 = 0x86dd;

export function ethernet({ destination, source, tags = [] }: EthernetFields, inside: Uint8Array): Uint8Array {
  const version = (inside[0] ?? 0) >> 4;
  return concatBytes([
    macBytes(destination),
    macBytes(source),
    ...tags.flatMap((id) => [be16(0x8100), be16(id)]),
    be16(version === 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4),
    inside,
  ]);
}

export interface Ipv4Fields {
  readonly source: Ip;
  readonly destination: Ip;
  readonly protocol: number;
  readonly options?: Uint8Array;
  readonly id?: number;
  /** Flags and offset: 0x2000 is more fragments. */
  readonly fragment?: number;
  readonly tos?: number;
  /** In place of the true one. */
  readonly length?: number;
}

export function ipv4(fields: Ipv4Fields, inside: Uint8Array): Uint8Array {
  const {
    source,
    destination,
    protocol,
    options = new Uint8Array(0),
    id = 0,
    fragment = 0,
    tos = 0,
  } = fields;
  const words = 5 + options.length / 4;
  const header = concatBytes([
    Uint8Array.of(0x40 | words, tos),
    be16(fields.length ?? 4 * words + inside.length),
    be16(id),
    be16(fragment),
    Uint8Array.of(64, protocol, 0, 0),
    ipBytes(source),
    ipBytes(destination),
    options,
  ]);
  header.set(be16(internetChecksum(header)), 10);
  return concatBytes([header, inside]);
}

export interface Ipv6Fields {
  readonly source: Ip;
  readonly destination: Ip;
  /** What `inside` begins with. */
  readonly next: number;
  readonly trafficClass?: number;
}

export function ipv6(
  { source, destination, next, trafficClass = 0 }: Ipv6Fields,
  inside: Uint8Array,
): Uint8Array {
  return concatBytes([
    be32((6 << 28) | (trafficClass << 20)),
    be16(inside.length),
    Uint8Array.of(next, 64),
    ipBytes(source),
    ipBytes(destination),
    inside,
  ]);
}

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const ACK = 16;

export function tcp(
  source: number,
  destination: number,
  flags: number,
  data = new Uint8Array(0),
): Uint8Array {
  return concatBytes([
    be16(source),
    be16(destination),
    be32(1),
    be32(0),
    Uint8Array.of(0x50, flags),
    be16(1024),
    be32(0),
    data,
  ]);
}

export function udp(source: number, destination: number, data = new Uint8Array(0)): Uint8Array {
  return concatBytes([be16(source), be16(destination), be16(8 + data.length), be16(0), data]);
}

export function sctp(source: number, destination: number): Uint8Array {
  return concatBytes([be16(source), be16(destination), be32(1), be32(0)]);
}

/** An ICMP or ICMPv6 message; its checksum is left out, which nobody here reads. */
export function icmp(type: number, code: number, inside: Uint8Array): Uint8Array {
  return concatBytes([Uint8Array.of(type, code, 0, 0), be32(0), inside]);
}

/** An extension header of IPv6 with so many bytes in all, a multiple of 8. */
export function extension(next: number, length: number, inside: Uint8Array): Uint8Array {
  return concatBytes([Uint8Array.of(next, length / 8 - 1), new Uint8Array(length - 2), inside]);
}

export function fragmentHeader(
  next: number,
  offset: number,
  more: boolean,
  id: number,
  inside: Uint8Array,
): Uint8Array {
  return concatBytes([Uint8Array.of(next, 0), be16(offset | (more ? 1 : 0)), be32(id), inside]);
}
