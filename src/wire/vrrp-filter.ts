import { type Family, type Ip, ipFamily } from '../base/ip.ts';
import {
  add,
  addIndex,
  BPF_ACCEPT,
  BPF_LONGEST,
  BPF_NETWORK_HEADER,
  BPF_RANDOM,
  BPF_REJECT,
  type BpfInstruction,
  demand,
  encodeBpf,
  loadByte,
  loadHeaderLength,
  loadIndexedByte,
  loadLength,
  loadWord,
  onlyAbove,
  onlyIf,
  setIndex,
  shiftLeft,
  skip,
  subtractIndex,
  toIndex,
} from './bpf.ts';
import { acceptAddresses } from './bpf-addresses.ts';
import { pduLength, TYPE_ADVERTISEMENT } from './vrrp.ts';
import { SIGNATURE_LENGTH } from './vrrp-auth.ts';

/** Which adverts may concern us at all. */
export interface VrrpFilter {
  readonly vrids: readonly number[];
  readonly versions: readonly (2 | 3)[];
  /** Null where a peer may be behind a router. */
  readonly ttl: 255 | null;
  /** Who passes freely; those of the other family count for nothing. */
  readonly sources: readonly Ip[];
  /** Of everybody else's one in this many passes, taken at random; null for none. */
  readonly othersOneIn: number | null;
}

/** The offsets in an advert of any version. */
const VRID = 1;
const COUNT = 3;

/**
 * A socket filter for the raw VRRP socket of a family, whose data begins with the IPv4 header (RFC 791 §3.1), or after
 * the IPv6 header (RFC 8200 §3). What gets through has the length that its version and its count of addresses ask for,
 * with or without a signature; checksums are not looked at. Where the sources make it too long for the kernel,
 * everybody passes freely: it may let through more than it was asked for, never less.
 */
export function encodeVrrpFilter(family: Family, filter: VrrpFilter): Uint8Array {
  const at = OFFSETS[family];
  const head = [
    ...(filter.ttl === null ? [] : demand(loadByte(at.ttl), filter.ttl)),
    at.message,
    loadIndexedByte(VRID),
    ...anyOf([...new Set(filter.vrids)]),
    ...anyShape(family, [...new Set(filter.versions)]),
  ];
  const sources = filter.sources.filter((address) => ipFamily(address) === family);
  const tail = acceptAddresses(at.source, [...new Set(sources)], oneIn(filter.othersOneIn));
  return encodeBpf([...head, ...(head.length + tail.length > BPF_LONGEST ? [BPF_ACCEPT] : tail)]);
}

/** `message` has the index register point to the advert. */
const OFFSETS = {
  inet: { ttl: 8, source: 12, message: loadHeaderLength(0) },
  inet6: { ttl: BPF_NETWORK_HEADER + 7, source: BPF_NETWORK_HEADER + 8, message: setIndex(0) },
} as const;

/** Goes on behind itself where what was loaded is one of these; rejects the rest. */
function anyOf(values: readonly number[]): readonly BpfInstruction[] {
  const tests = values.flatMap((value, i) => [onlyIf(value), skip(2 * (values.length - 1 - i) + 1)]);
  return [...tests, BPF_REJECT];
}

/** Goes on behind itself with an advert of one of these versions that has the right length; rejects the rest. */
function anyShape(family: Family, [version, ...others]: readonly (2 | 3)[]): readonly BpfInstruction[] {
  if (version === undefined) return [BPF_REJECT];
  const right = rightLength(family, version);
  const rest = anyShape(family, others);
  const first = (version << 4) | TYPE_ADVERTISEMENT;
  const head = [loadIndexedByte(0), onlyIf(first), skip(1), skip(right.length + 1)];
  return [...head, ...right, skip(rest.length), ...rest];
}

function rightLength(family: Family, version: 2 | 3): readonly BpfInstruction[] {
  const none = pduLength(version, family, 0);
  const addressBits = Math.log2(pduLength(version, family, 1) - none);
  const whole = [loadIndexedByte(COUNT), shiftLeft(addressBits), add(none), addIndex, toIndex];
  return [...whole, loadLength, subtractIndex, ...anyOf([0, SIGNATURE_LENGTH])];
}

/** Accepts so much of what comes here. */
function oneIn(many: number | null): readonly BpfInstruction[] {
  if (many === null) return [BPF_REJECT];
  if (many <= 1) return [BPF_ACCEPT];
  return [loadWord(BPF_RANDOM), onlyAbove(Math.floor(2 ** 32 / many) - 1), BPF_REJECT, BPF_ACCEPT];
}
