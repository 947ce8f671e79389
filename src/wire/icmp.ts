import { bigEndian, concatBytes, dataView } from '../base/bytes.ts';
import { internetChecksum } from '../base/checksum.ts';
import { type Family, type Ip, ipFromBytes } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';

export const ICMP_PROTOCOL: Readonly<Record<Family, number>> = { inet: 1, inet6: 58 };

/** Types of RFC 792 and RFC 4443 §4, §3.1. */
export const ICMP_TYPES = {
  inet: { request: 8, reply: 0, unreachable: 3 },
  inet6: { request: 128, reply: 129, unreachable: 1 },
} as const;

/** What an echo request carries, and its reply brings back. */
export interface Echo {
  /** 0–65535: whose it is. */
  readonly identifier: number;
  /** 0–65535: which it is. */
  readonly sequence: number;
  readonly data: Uint8Array;
}

/** What comes back for an echo request. */
export type IcmpAnswer =
  | ({ readonly kind: 'reply' } & Echo)
  /** It did not get there; the router, or host, that says so quotes its beginning. */
  | {
      readonly kind: 'unreachable';
      readonly code: number;
      readonly destination: Ip;
      readonly identifier: number;
      readonly sequence: number;
    };

/** `other`: a message that answers no echo request. */
export type IcmpWireError = 'truncated' | 'checksum' | 'other';

const HEADER = 8;
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;

/**
 * ```
 *  1 type   1 code 0   2 checksum   2 identifier   2 sequence   data
 * ```
 *
 * The checksum of ICMPv6, which covers addresses, is left 0: the kernel fills it in (RFC 3542 §3.1).
 */
export function encodeEchoRequest(family: Family, { identifier, sequence, data }: Echo): Uint8Array {
  const head = Uint8Array.of(ICMP_TYPES[family].request, 0, 0, 0);
  const bytes = concatBytes([head, bigEndian(identifier, 2), bigEndian(sequence, 2), data]);
  if (family === 'inet') bytes.set(bigEndian(internetChecksum(bytes), 2), 2);
  return bytes;
}

/**
 * Reads an ICMP message from its type on. The checksum of ICMPv6 is the kernel's business; that of ICMP is not, because
 * raw sockets are given a message before it is verified.
 */
export function decodeIcmpAnswer(family: Family, bytes: Uint8Array): Result<IcmpAnswer, IcmpWireError> {
  if (bytes.length < HEADER) return err('truncated');
  const view = dataView(bytes);
  const types = ICMP_TYPES[family];
  const type = view.getUint8(0);
  if (type !== types.reply && type !== types.unreachable) return err('other');
  if (family === 'inet' && internetChecksum(bytes) !== 0) return err('checksum');
  if (type === types.unreachable) return decodeQuote(family, view.getUint8(1), bytes.subarray(HEADER));
  const [identifier, sequence] = [view.getUint16(4), view.getUint16(6)];
  return ok({ kind: 'reply', identifier, sequence, data: bytes.slice(HEADER) });
}

/** Of the datagram that did not get there at least its IP header and 8 bytes are quoted (RFC 792, RFC 4443 §2.4 c). */
function decodeQuote(
  family: Family,
  code: number,
  quote: Uint8Array,
): Result<Extract<IcmpAnswer, { kind: 'unreachable' }>, IcmpWireError> {
  const header = family === 'inet' ? ((quote[0] ?? 0) & 0x0f) * 4 : IPV6_HEADER;
  if (header < IPV4_HEADER || quote.length < header + HEADER) return err('truncated');
  const view = dataView(quote);
  const [version, protocol, destination] =
    family === 'inet' ? [4, quote[9], quote.subarray(16, 20)] : [6, quote[6], quote.subarray(24, 40)];
  if (view.getUint8(0) >> 4 !== version || protocol !== ICMP_PROTOCOL[family]) return err('other');
  if (view.getUint8(header) !== ICMP_TYPES[family].request) return err('other');
  return ok({
    kind: 'unreachable',
    code,
    destination: ipFromBytes(destination),
    identifier: view.getUint16(header + 4),
    sequence: view.getUint16(header + 6),
  });
}

/** RFC 792, RFC 1812 §5.2.7.1; RFC 4443 §3.1. */
const UNREACHABLE: Readonly<Record<Family, Readonly<Record<number, string>>>> = {
  inet: {
    0: 'network unreachable',
    1: 'host unreachable',
    2: 'protocol unreachable',
    3: 'port unreachable',
    9: 'administratively prohibited',
    10: 'administratively prohibited',
    13: 'administratively prohibited',
  },
  inet6: {
    0: 'no route',
    1: 'administratively prohibited',
    3: 'address unreachable',
    4: 'port unreachable',
    5: 'administratively prohibited',
    6: 'no route',
  },
};

/** The code of an unreachable message in words. */
export const printUnreachable = (family: Family, code: number): string =>
  UNREACHABLE[family][code] ?? `unreachable (code ${code})`;
