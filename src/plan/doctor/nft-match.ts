import { inSubnet } from '../../base/in-subnet.ts';
import { compareIp, type Ip, ipFamily, parseIp } from '../../base/ip.ts';

/** A packet, as far as it is known beforehand. */
export interface Packet {
  /** The names and number of its protocol: `['112', 'vrrp']`. */
  readonly protocol: readonly string[];
  /** Where it comes in, and goes out; null for unknown or not at all. */
  readonly iif: string | null;
  readonly oif: string | null;
  /** `exact` is the address itself, `near` one of the same subnet, null nothing at all. */
  readonly source: { readonly exact: Ip } | { readonly near: Ip } | null;
  readonly destination: Ip | null;
  readonly family: 'ip' | 'ip6';
  /** What connection tracking may call it. */
  readonly states: readonly string[];
}

/** Whether a match holds for a packet; `maybe` where that depends on what is not known of it. */
export type Truth = 'yes' | 'no' | 'maybe';

/** Whether a `match` of a rule holds. Total. */
export function matches(match: unknown, packet: Packet): Truth {
  const { op, left, right } = isObject(match) ? match : {};
  const truth = holds(left, right, packet);
  if (op === '==' || op === 'in') return truth;
  if (op !== '!=') return 'maybe';
  return truth === 'maybe' ? 'maybe' : truth === 'yes' ? 'no' : 'yes';
}

/** The left side of a match: what it looks at. */
export const leftOf = (match: unknown): unknown => (isObject(match) ? match['left'] : undefined);

type Field =
  | 'protocol'
  | 'iif'
  | 'oif'
  | 'source'
  | 'destination'
  | 'nfproto'
  | 'pkttype'
  | 'state'
  | 'other';

/** What the left side of a match looks at; `other` for what is not known of the packet. */
export function fieldOf(left: unknown): Field {
  if (!isObject(left)) return 'other';
  const { meta, payload, ct } = left;
  if (isObject(meta)) return META[String(meta['key'])] ?? 'other';
  if (isObject(ct)) return ct['key'] === 'state' ? 'state' : 'other';
  return isObject(payload) ? (PAYLOAD[String(payload['field'])] ?? 'other') : 'other';
}

const META: Readonly<Record<string, Field>> = {
  l4proto: 'protocol',
  iifname: 'iif',
  iif: 'iif',
  oifname: 'oif',
  oif: 'oif',
  nfproto: 'nfproto',
  protocol: 'nfproto',
  pkttype: 'pkttype',
};
const PAYLOAD: Readonly<Record<string, Field>> = {
  protocol: 'protocol',
  nexthdr: 'protocol',
  saddr: 'source',
  daddr: 'destination',
};
/** Headers of other protocols than the packet's: a match on their fields asks for that protocol too. */
const TRANSPORTS: Readonly<Record<string, string>> = {
  tcp: '6',
  udp: '17',
  udplite: '136',
  sctp: '132',
  dccp: '33',
  icmp: '1',
  icmpv6: '58',
  esp: '50',
  ah: '51',
  comp: '108',
};

/** Whether what the left side looks at has a value of the right side. Total. */
export function holds(left: unknown, right: unknown, packet: Packet): Truth {
  const header = isObject(left) && isObject(left['payload']) ? String(left['payload']['protocol']) : null;
  const transport = header === null ? undefined : TRANSPORTS[header];
  if (transport !== undefined) return packet.protocol.includes(transport) ? 'maybe' : 'no';
  if ((header === 'ip' || header === 'ip6') && header !== packet.family) return 'no';
  return hasValue(fieldOf(left), right, packet);
}

function hasValue(field: Field, right: unknown, packet: Packet): Truth {
  switch (field) {
    case 'protocol':
      return isOneOf(packet.protocol, right);
    case 'iif':
      return packet.iif === null ? 'maybe' : isOneOf([packet.iif], right);
    case 'oif':
      return packet.oif === null ? 'maybe' : isOneOf([packet.oif], right);
    case 'nfproto':
      return isOneOf(packet.family === 'ip' ? ['ipv4', 'ip'] : ['ipv6', 'ip6'], right);
    case 'pkttype':
      if (packet.destination === null) return 'maybe';
      return isOneOf([isMulticast(packet.destination) ? 'multicast' : 'host'], right);
    case 'state': {
      const found = packet.states.map((state) => isOneOf([state], right));
      return found.every((one) => one === found[0]) ? (found[0] ?? 'maybe') : 'maybe';
    }
    case 'destination':
      return packet.destination === null ? 'maybe' : isOneOf([packet.destination], right);
    case 'source': {
      if (packet.source === null) return 'maybe';
      if ('exact' in packet.source) return isOneOf([packet.source.exact], right);
      // A neighbour of somebody in a subnet is most probably in it too; one that is not may be any other.
      return isOneOf([packet.source.near], right) === 'yes' ? 'yes' : 'maybe';
    }
    case 'other':
      return 'maybe';
  }
}

/** Whether a value, of which there may be several names, is what the right side of a match says. */
function isOneOf(names: readonly string[], right: unknown): Truth {
  if (typeof right === 'string' || typeof right === 'number') {
    const text = String(right);
    if (text.startsWith('@')) return 'maybe';
    if (text.endsWith('*')) return names.some((name) => name.startsWith(text.slice(0, -1))) ? 'yes' : 'no';
    return names.includes(text) ? 'yes' : 'no';
  }
  if (Array.isArray(right)) return anyOf(right.map((one) => isOneOf(names, one)));
  if (!isObject(right)) return 'maybe';
  const { set, range, prefix, elem } = right;
  if (Array.isArray(set)) return anyOf(set.map((one) => isOneOf(names, one)));
  if (isObject(elem)) return isOneOf(names, elem['val']);
  if (isObject(prefix)) return anyOf(names.map((name) => isWithin(name, prefix)));
  if (Array.isArray(range)) return anyOf(names.map((name) => isBetween(name, range)));
  return 'maybe';
}

const anyOf = (truths: readonly Truth[]): Truth =>
  truths.includes('yes') ? 'yes' : truths.includes('maybe') ? 'maybe' : 'no';

function isWithin(name: string, { addr, len }: Readonly<Record<string, unknown>>): Truth {
  const address = parseIp(name);
  const subnet = parseIp(String(addr));
  if (address === null || subnet === null || typeof len !== 'number') return 'maybe';
  return inSubnet(address, { address: subnet, prefix: len }) ? 'yes' : 'no';
}

function isBetween(name: string, [first, last]: readonly unknown[]): Truth {
  const [address, low, high] = [name, String(first), String(last)].map(parseIp);
  if (address && low && high) {
    if (ipFamily(address) !== ipFamily(low)) return 'no';
    return compareIp(low, address) <= 0 && compareIp(address, high) <= 0 ? 'yes' : 'no';
  }
  if (!/^\d+$/.test(name)) return 'no';
  return Number(first) <= Number(name) && Number(name) <= Number(last) ? 'yes' : 'no';
}

const isMulticast = (address: Ip): boolean => /^(22[4-9]|23\d)\.|^ff/.test(address);

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
