import { type Ip, ipBytes, ipFamily, ipFromBytes, parseIp } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { mistake, type Problem } from './diagnostic.ts';
import { hostAddress } from './schema/scalars.ts';

/** Addresses one after the other. */
export interface AddressRange {
  readonly first: Ip;
  /** At least 1. */
  readonly count: number;
}

const LONGEST_QUOTE = 60;

/** `A`, `A-N` with the last part of an address, `A-B`, or `A/LEN`. */
export function parseAddressRange(text: string): Result<AddressRange, Problem> {
  const [, from = '', sign = '', to = ''] = /^([^/-]*)([/-]?)(.*)$/s.exec(text) ?? [];
  const address = hostAddress.safeParse(from);
  if (!address.success) {
    const [issue] = address.error.issues;
    const given = issue?.code === 'custom' ? (issue.params?.['problem'] as Problem | undefined) : undefined;
    return err(given ?? mistake('bad_value', `"${text.slice(0, LONGEST_QUOTE)}" is not an IP address`));
  }
  const first = address.data;
  if (sign === '') return ok({ first, count: 1 });
  const bits = ipFamily(first) === 'inet' ? 32 : 128;
  const shown = `"${text.slice(0, LONGEST_QUOTE)}"`;
  if (sign === '/') {
    const prefix = /^\d{1,3}$/.test(to) ? Number(to) : -1;
    if (prefix < 0 || prefix > bits) {
      return err(mistake('bad_value', `${shown} has no prefix length behind its /`));
    }
    return ok({ first: networkOf(first, prefix), count: 2 ** (bits - prefix) });
  }
  const last = /[.:]/.test(to) ? parseIp(to) : withLastPart(first, to);
  const count = last === null ? 0 : distance(first, last) + 1;
  return count >= 1
    ? ok({ first, count })
    : err(mistake('bad_value', `${shown} is no range: write ${first}-N with a higher last part`));
}

/** `A`, or `A-N` where the last part alone tells the last from the first. */
export function printAddressRange({ first, count }: AddressRange): string {
  if (count === 1) return first;
  const bytes = ipBytes(first);
  return ipFamily(first) === 'inet'
    ? `${first}-${(bytes[3] ?? 0) + count - 1}`
    : `${first}-${(lastPart(bytes) + count - 1).toString(16)}`;
}

/** Neighbours that follow each other put together, as far as printAddressRange can say them. */
export function joinAddresses<Of>(
  items: readonly { readonly address: Ip; readonly of: Of }[],
): readonly (AddressRange & { readonly of: Of })[] {
  const joined: { first: Ip; count: number; of: Of }[] = [];
  let last: Ip | null = null;
  for (const { address, of } of items) {
    const run = joined.at(-1);
    const follows = last !== null && distance(last, address) === 1 && lastPart(ipBytes(address)) > 0;
    if (run !== undefined && follows && run.of === of) run.count++;
    else joined.push({ first: address, count: 1, of });
    last = address;
  }
  return joined;
}

export function* eachAddress({ first, count }: AddressRange): Generator<Ip> {
  const bytes = ipBytes(first);
  for (let i = 0; i < count; i++) {
    yield ipFromBytes(bytes);
    for (let at = bytes.length - 1; at >= 0; at--) {
      bytes[at] = ((bytes[at] ?? 0) + 1) & 255;
      if (bytes[at] !== 0) break;
    }
  }
}

/** Decimal in IPv4 and hex in IPv6. */
function withLastPart(first: Ip, part: string): Ip | null {
  const isIpv4 = ipFamily(first) === 'inet';
  if (!(isIpv4 ? /^\d{1,3}$/ : /^[\da-f]{1,4}$/i).test(part)) return null;
  const value = Number.parseInt(part, isIpv4 ? 10 : 16);
  const bytes = ipBytes(first);
  if (isIpv4) {
    if (value > 255) return null;
    bytes[3] = value;
  } else {
    bytes[14] = value >> 8;
    bytes[15] = value & 255;
  }
  return ipFromBytes(bytes);
}

const lastPart = (bytes: Uint8Array): number =>
  bytes.length === 4 ? (bytes[3] ?? 0) : ((bytes[14] ?? 0) << 8) | (bytes[15] ?? 0);

function networkOf(address: Ip, prefix: number): Ip {
  const bytes = ipBytes(address).map((byte, i) => {
    const kept = Math.max(0, Math.min(8, prefix - 8 * i));
    return byte & (0xff << (8 - kept));
  });
  return ipFromBytes(bytes);
}

/** From the first to the last; negative if that is before it, or of another family. */
function distance(first: Ip, last: Ip): number {
  const from = ipBytes(first);
  const to = ipBytes(last);
  if (from.length !== to.length) return -1;
  return to.reduce((sum, byte, i) => sum * 256 + byte - (from[i] ?? 0), 0);
}
