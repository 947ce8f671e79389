import { type Family, type Ip, ipBytes, ipFromBytes } from '../../base/ip.ts';

/** A field of the kind `address`: IPv4 uses its first 4 bytes. */
export function encodeAddress(address: Ip | null): Uint8Array {
  const bytes = new Uint8Array(16);
  if (address !== null) bytes.set(ipBytes(address));
  return bytes;
}

/** Reads a field of the kind `address` at `offset`. */
export function decodeAddress(family: Family, bytes: Uint8Array, offset: number): Ip {
  return ipFromBytes(bytes.subarray(offset, offset + (family === 'inet' ? 4 : 16)));
}

export const familyNumber = (family: Family): 4 | 6 => (family === 'inet' ? 4 : 6);

export const familyOf = (version: number): Family => (version === 4 ? 'inet' : 'inet6');
