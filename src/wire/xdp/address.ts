import { type Family, type Ip, ipBytes, ipFamily, ipFromBytes } from '../../base/ip.ts';

/** A field of the kind `address`: IPv4 uses its first 4 bytes. */
export function encodeAddress(address: Ip | null): Uint8Array {
  const bytes = new Uint8Array(16);
  if (address !== null) putAddress(bytes, 0, address);
  return bytes;
}

const DOT = 0x2e;
const ZERO = 0x30;

/** Writes an address into a field of the kind `address` at `offset`, which is zero. */
export function putAddress(bytes: Uint8Array, offset: number, address: Ip): void {
  if (ipFamily(address) === 'inet6') {
    bytes.set(ipBytes(address), offset);
    return;
  }
  let at = offset;
  let part = 0;
  for (let i = 0; i < address.length; i++) {
    const code = address.charCodeAt(i);
    if (code === DOT) {
      bytes[at++] = part;
      part = 0;
    } else part = part * 10 + code - ZERO;
  }
  bytes[at] = part;
}

/** Reads a field of the kind `address` at `offset`. */
export function decodeAddress(family: Family, bytes: Uint8Array, offset: number): Ip {
  if (family === 'inet')
    return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}` as Ip;
  return ipFromBytes(bytes.subarray(offset, offset + 16));
}

export const familyNumber = (family: Family): 4 | 6 => (family === 'inet' ? 4 : 6);

export const familyOf = (version: number): Family => (version === 4 ? 'inet' : 'inet6');
