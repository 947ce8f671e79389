import { concatBytes } from '../../base/bytes.ts';
import { type Family, type Ip, ipBytes, ipFromBytes } from '../../base/ip.ts';
import { type Attr, attrNumber } from '../netlink.ts';
import { AF_INET, AF_INET6 } from './constants.ts';

/** union nf_inet_addr: 16 bytes, of which IPv4 uses the first 4. */
export function encodeInetAddr(address: Ip): Uint8Array {
  const bytes = ipBytes(address);
  return concatBytes([bytes, new Uint8Array(16 - bytes.length)]);
}

/** Null where there are too few bytes for the family. */
export function decodeInetAddr(family: Family, bytes: Uint8Array): Ip | null {
  const length = family === 'inet' ? 4 : 16;
  return bytes.length < length ? null : ipFromBytes(bytes.subarray(0, length));
}

export const familyNumber = (family: Family): number => (family === 'inet' ? AF_INET : AF_INET6);

/** Null for a family that IPVS does not know. */
export function decodeFamily(attribute: Attr): Family | null {
  switch (Number(attrNumber(attribute) ?? 0n)) {
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

/** The netmask attribute: for IPv4 the mask in network order, for IPv6 the prefix length in host order. */
export function encodeNetmask(family: Family, prefix: number): Uint8Array {
  if (family === 'inet6') return Uint8Array.of(prefix, 0, 0, 0);
  return Uint8Array.from({ length: 4 }, (_, i) => 0xff00 >> Math.min(8, Math.max(0, prefix - 8 * i)));
}

/** Null at a wrong length. A mask with holes counts as its leading ones; ipvsadm can set one, nothing else does. */
export function decodeNetmask(family: Family, bytes: Uint8Array): number | null {
  if (bytes.length !== 4) return null;
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  if (family === 'inet6') return a;
  return Math.clz32(~((a << 24) | (b << 16) | (c << 8) | d));
}
