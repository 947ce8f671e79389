import { type Ip, ipBytes, ipFamily, ipFromBytes, parseIp } from '../base/ip.ts';

/** The length of a netmask such as `255.255.255.0`, or null. */
export function maskLength(text: string): number | null {
  const mask = parseIp(text);
  if (mask === null || ipFamily(mask) !== 'inet') return null;
  const bits = [...ipBytes(mask)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return /^1*0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : null;
}

/** The address of a subnet with all host bits set (`+`) or clear (`-`). */
export function subnetAddress(of: { address: Ip; prefix: number }, hostBits: '+' | '-'): Ip {
  const bytes = ipBytes(of.address);
  for (let bit = of.prefix; bit < 32; bit++) {
    const place = bit >> 3;
    const one = 0x80 >> (bit & 7);
    bytes[place] = hostBits === '+' ? (bytes[place] ?? 0) | one : (bytes[place] ?? 0) & ~one;
  }
  return ipFromBytes(bytes);
}
