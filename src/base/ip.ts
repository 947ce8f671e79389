import ipaddr from 'ipaddr.js';

declare const ip: unique symbol;

/** An IPv4 or IPv6 address in its canonical text: dotted quad, or RFC 5952. Equal addresses are equal strings. */
export type Ip = string & { readonly [ip]: true };
export type Family = 'inet' | 'inet6';

/** Four decimal parts without leading zeros: the canonical text. */
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** Reads an address; IPv4 only as four decimal parts. Null when it is not one. */
export function parseIp(text: string): Ip | null {
  if (IPV4.test(text)) return text as Ip;
  if (text.includes('%') || !ipaddr.IPv6.isValid(text)) return null;
  return printIpv6(ipaddr.IPv6.parse(text));
}

/** The canonical address of 4 or 16 bytes in network order. Throws RangeError on any other length. */
export function ipFromBytes(bytes: Uint8Array): Ip {
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}` as Ip;
  if (bytes.length === 16) return printIpv6(new ipaddr.IPv6([...bytes]));
  throw new RangeError(`an address has 4 or 16 bytes, not ${bytes.length}`);
}

const DOT = 0x2e;
const COLON = 0x3a;
const ZERO = 0x30;

/** 4 or 16 bytes in network order. Of IPv4 in the time that a packet of a flood has: the text is canonical. */
export function ipBytes(address: Ip): Uint8Array {
  if (address.includes(':')) return Uint8Array.from(ipaddr.IPv6.parse(address).toByteArray());
  const bytes = new Uint8Array(4);
  let at = 0;
  for (let i = 0; i < address.length; i++) {
    const code = address.charCodeAt(i);
    if (code === DOT) at++;
    else bytes[at] = (bytes[at] ?? 0) * 10 + code - ZERO;
  }
  return bytes;
}

/** In the time that one of 100,000 servers has: a first group of IPv6 has four digits at most. */
export function ipFamily(address: Ip): Family {
  for (let i = 0; i < 5; i++) if (address.charCodeAt(i) === COLON) return 'inet6';
  return 'inet';
}

/** Orders by family (IPv4 first), then by address as an unsigned number in network order. */
export function compareIp(a: Ip, b: Ip): number {
  const left = ipBytes(a);
  const right = ipBytes(b);
  if (left.length !== right.length) return left.length - right.length;
  for (let i = 0; i < left.length; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** `10.0.0.1:80`, `[2001:db8::80]:80`. */
export function printEndpoint(address: Ip, port: number): string {
  return ipFamily(address) === 'inet6' ? `[${address}]:${port}` : `${address}:${port}`;
}

// inet_ntop writes IPv4-mapped addresses with a dotted tail, as RFC 5952 §5 recommends; ipaddr.js does not.
function printIpv6(address: ipaddr.IPv6): Ip {
  if (address.isIPv4MappedAddress()) return `::ffff:${address.toIPv4Address().toString()}` as Ip;
  return address.toRFC5952String() as Ip;
}
