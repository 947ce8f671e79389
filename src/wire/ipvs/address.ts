import { type Family, type Ip, ipBytes, ipFamily, ipFromBytes } from '../../base/ip.ts';
import { type Attr, attrNumber } from '../netlink.ts';
import type { NetlinkWriter } from '../netlink-writer.ts';
import { AF_INET, AF_INET6 } from './constants.ts';

const DOT = 0x2e;
const ZERO = 0x30;

/** union nf_inet_addr: 16 bytes, of which IPv4 uses the first 4. */
export function writeInetAddr(writer: NetlinkWriter, type: number, address: Ip): void {
  writer.words(type, 4);
  if (ipFamily(address) === 'inet') {
    writer.word(ip4Word(address));
    for (let i = 0; i < 3; i++) writer.word(0);
    return;
  }
  const bytes = ipBytes(address);
  for (let at = 0; at < 16; at += 4) {
    writer.word(word(bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0, bytes[at + 3] ?? 0));
  }
}

const word = (a: number, b: number, c: number, d: number): number => a | (b << 8) | (c << 16) | (d << 24);

/** The bytes of an IPv4 address, which is canonical text, without an object on the way. */
export function ip4Word(address: Ip): number {
  let whole = 0;
  let part = 0;
  let shift = 0;
  for (let i = 0; i < address.length; i++) {
    const code = address.charCodeAt(i);
    if (code === DOT) {
      whole |= part << shift;
      shift += 8;
      part = 0;
    } else part = part * 10 + code - ZERO;
  }
  return whole | (part << shift);
}

/** Null where there are too few bytes for the family. */
export function decodeInetAddr(family: Family, bytes: Uint8Array): Ip | null {
  const length = family === 'inet' ? 4 : 16;
  return bytes.length < length ? null : ipFromBytes(bytes.subarray(0, length));
}

export const familyNumber = (family: Family): number => (family === 'inet' ? AF_INET : AF_INET6);

export const decodeFamily = (attribute: Attr): Family | null => familyOf(Number(attrNumber(attribute) ?? 0n));

/** Null for a family that IPVS does not know. */
export function familyOf(number: number | null): Family | null {
  switch (number) {
    case AF_INET:
      return 'inet';
    case AF_INET6:
      return 'inet6';
    default:
      return null;
  }
}

/** A port in network order; null at another length. */
export function decodePort(bytes: Uint8Array): number | null {
  return bytes.length === 2 ? ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0) : null;
}

/** The netmask: for IPv4 the mask in network order, for IPv6 the prefix length in host order. */
export function netmaskWord(family: Family, prefix: number): number {
  if (family === 'inet6') return prefix;
  const octet = (i: number): number => (0xff00 >> Math.min(8, Math.max(0, prefix - 8 * i))) & 0xff;
  return word(octet(0), octet(1), octet(2), octet(3));
}

/** Null at a wrong length. A mask with holes counts as its leading ones; ipvsadm can set one, nothing else does. */
export function decodeNetmask(family: Family, bytes: Uint8Array): number | null {
  if (bytes.length !== 4) return null;
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  if (family === 'inet6') return a;
  return Math.clz32(~((a << 24) | (b << 16) | (c << 8) | d));
}
