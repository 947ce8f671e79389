import { type Family, type Ip, ipFamily } from '../base/ip.ts';
import {
  BPF_ACCEPT,
  BPF_LONGEST,
  BPF_NETWORK_HEADER,
  BPF_REJECT,
  type BpfInstruction,
  demand,
  encodeBpf,
  loadByte,
  loadHeaderLength,
  loadIndexedByte,
  onlyIf,
  skip,
} from './bpf.ts';
import { acceptAddresses } from './bpf-addresses.ts';

/** Which adverts may concern us at all. */
export interface VrrpFilter {
  readonly vrids: readonly number[];
  /** Null where a peer may be behind a router. */
  readonly ttl: 255 | null;
  /** Null for anybody; those of the other family count for nothing. */
  readonly sources: readonly Ip[] | null;
}

/** The VRID is the second byte of an advert of any version. */
const VRID = 1;

/**
 * A socket filter for the raw VRRP socket of a family, whose data begins with the IPv4 header (RFC 791 §3.1), or after
 * the IPv6 header (RFC 8200 §3). Sources that make it too long for the kernel are left out of it: it may let through
 * more than it was asked for, never less.
 */
export function encodeVrrpFilter(family: Family, filter: VrrpFilter): Uint8Array {
  const at = OFFSETS[family];
  const head = [
    ...(filter.ttl === null ? [] : demand(loadByte(at.ttl), filter.ttl)),
    ...at.vrid,
    ...anyOf([...new Set(filter.vrids)]),
  ];
  const sources = filter.sources?.filter((address) => ipFamily(address) === family) ?? null;
  const tail = sources === null ? [BPF_ACCEPT] : acceptAddresses(at.source, [...new Set(sources)]);
  return encodeBpf([...head, ...(head.length + tail.length > BPF_LONGEST ? [BPF_ACCEPT] : tail)]);
}

const OFFSETS = {
  inet: { ttl: 8, source: 12, vrid: [loadHeaderLength(0), loadIndexedByte(VRID)] },
  inet6: { ttl: BPF_NETWORK_HEADER + 7, source: BPF_NETWORK_HEADER + 8, vrid: [loadByte(VRID)] },
} as const;

/** Goes on behind itself where what was loaded is one of these; rejects the rest. */
function anyOf(values: readonly number[]): readonly BpfInstruction[] {
  const tests = values.flatMap((value, i) => [onlyIf(value), skip(2 * (values.length - 1 - i) + 1)]);
  return [...tests, BPF_REJECT];
}
