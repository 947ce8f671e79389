/**
 * What a frame is for a balancer of TCP, UDP and SCTP, read from the RFCs: slow, plain and without knowledge of the program,
 * whose parser is compared with it. Limits that are the program's own are at most two VLAN tags and six extension headers.
 */
export type Kind = 'pass' | 'malformed' | 'whole' | 'first' | 'later' | 'error';

export interface Seen {
  /** `error` is an ICMP error about a packet from the destination; its tuple is that packet's, turned round. */
  readonly kind: Kind;
  readonly family: 4 | 6;
  /** Of the Ethernet header with its tags. */
  readonly l2: number;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly tcpFlags: number;
  /** As it stands in the header: 2 bytes of IPv4, 4 of IPv6; empty where nothing is fragmented. */
  readonly fragmentId: Uint8Array;
  /** Of the IP packet. */
  readonly length: number;
  readonly trafficClass: number;
}

/** Nothing that could be balanced; nothing else of it counts. */
const PASS = null;
const NOTHING = new Uint8Array(0);

const TCP = 6;
const UDP = 17;
const SCTP = 132;
const ICMP = 1;
const ICMP6 = 58;
/** RFC 8200 §4 and RFC 4302: hop-by-hop options, routing, fragment, authentication, destination options. */
const EXTENSIONS: readonly number[] = [0, 43, 44, 51, 60];
const MOST_EXTENSIONS = 6;
/** RFC 9293 §3.1, RFC 768, RFC 9260 §3.1. */
const HEADERS: Readonly<Record<number, number>> = { [TCP]: 20, [UDP]: 8, [SCTP]: 12 };
/** RFC 792: a quoted packet has its header and 8 bytes. */
const QUOTED = 8;

const word = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
const isBalanced = (protocol: number): boolean => HEADERS[protocol] !== undefined;
const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.every((byte, i) => byte === b[i]);

/** What comes before it is known what it carries. */
interface Packet {
  readonly family: 4 | 6;
  readonly l2: number;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly length: number;
  readonly trafficClass: number;
}

/** Null for what is none of the program's business. */
export function read(frame: Uint8Array): Seen | null {
  // IEEE 802.3 and 802.1Q; 802.1ad has another number for its outer tag.
  let l2 = 14;
  if (frame.length < l2) return PASS;
  for (let tags = 0; tags < 2 && [0x8100, 0x88a8].includes(word(frame, l2 - 2)); tags++) l2 += 4;
  if (frame.length < l2) return PASS;
  const type = word(frame, l2 - 2);
  const rest = frame.subarray(l2);
  if (type === 0x0800) return readIp4(rest, l2);
  return type === 0x86dd ? readIp6(rest, l2) : PASS;
}

/** RFC 791 §3.1. */
function readIp4(bytes: Uint8Array, l2: number): Seen | null {
  if (bytes.length < 20 || (bytes[0] ?? 0) >> 4 !== 4) return PASS;
  const header = 4 * ((bytes[0] ?? 0) & 15);
  const length = word(bytes, 2);
  const packet: Packet = {
    family: 4,
    l2,
    source: bytes.subarray(12, 16),
    destination: bytes.subarray(16, 20),
    length,
    trafficClass: bytes[1] ?? 0,
  };
  if (header < 20 || length < header || length > bytes.length) return malformed(packet);
  const protocol = bytes[9] ?? 0;
  const offset = word(bytes, 6) & 0x1fff;
  const isFragment = offset > 0 || (word(bytes, 6) & 0x2000) > 0;
  const inside = bytes.subarray(header, length);
  if (protocol === ICMP) return isFragment ? PASS : readIcmp4(packet, inside);
  if (!isBalanced(protocol)) return PASS;
  const id = isFragment ? bytes.subarray(4, 6) : NOTHING;
  return offset > 0 ? later(packet, protocol, id) : readTransport(packet, protocol, inside, id);
}

/** RFC 8200 §3 and §4. */
function readIp6(bytes: Uint8Array, l2: number): Seen | null {
  if (bytes.length < 40 || (bytes[0] ?? 0) >> 4 !== 6) return PASS;
  const length = 40 + word(bytes, 4);
  const packet: Packet = {
    family: 6,
    l2,
    source: bytes.subarray(8, 24),
    destination: bytes.subarray(24, 40),
    length,
    trafficClass: (word(bytes, 0) >> 4) & 0xff,
  };
  if (length > bytes.length) return malformed(packet);
  const chain = follow(bytes.subarray(0, length), 40, bytes[6] ?? 0);
  if (chain.end === 'unreadable') return malformed(packet);
  // RFC 8200 §4.4: it has further nodes to visit, and this address is not its last one.
  if (chain.end === 'on the way') return PASS;
  const { protocol, at, fragment } = chain;
  const id = fragment === null || !fragment.isFragment ? NOTHING : fragment.id;
  if (protocol === ICMP6) {
    if (fragment?.isFragment) return PASS;
    return readIcmp6(packet, bytes.subarray(at, length));
  }
  // What comes after options in a later fragment cannot be known; all else is known to be balanced or not.
  if (fragment !== null && fragment.offset > 0)
    return isBalanced(protocol) || EXTENSIONS.includes(protocol) ? later(packet, protocol, id) : PASS;
  return isBalanced(protocol) ? readTransport(packet, protocol, bytes.subarray(at, length), id) : PASS;
}

interface Chain {
  readonly end: 'read' | 'unreadable' | 'on the way';
  readonly protocol: number;
  /** Where what it carries begins. */
  readonly at: number;
  readonly fragment: {
    readonly offset: number;
    readonly isFragment: boolean;
    readonly id: Uint8Array;
  } | null;
}

/** From header to header, each of which must be there as a whole. */
function follow(packet: Uint8Array, from: number, first: number): Chain {
  let at = from;
  let protocol = first;
  let fragment: Chain['fragment'] = null;
  const end = (how: Chain['end']): Chain => ({ end: how, protocol, at, fragment });
  for (let headers = 0; EXTENSIONS.includes(protocol); headers++) {
    if (headers === MOST_EXTENSIONS || packet.length < at + 8) return end('unreadable');
    const next = packet[at] ?? 0;
    const units = packet[at + 1] ?? 0;
    const length = protocol === 44 ? 8 : protocol === 51 ? 4 * (units + 2) : 8 * (units + 1);
    if (packet.length < at + length) return end('unreadable');
    if (protocol === 43 && (packet[at + 3] ?? 0) > 0) return end('on the way');
    if (protocol === 44) {
      // RFC 8200 §4.5 has one; whoever sends two means to deceive somebody.
      if (fragment !== null) return end('unreadable');
      const offset = word(packet, at + 2) & 0xfff8;
      const isMore = (word(packet, at + 2) & 1) === 1;
      fragment = { offset, isFragment: offset > 0 || isMore, id: packet.subarray(at + 4, at + 8) };
    }
    protocol = next;
    at += length;
    // RFC 8200 §4.5: the headers behind it are in the first fragment alone.
    if (fragment !== null && fragment.offset > 0) break;
  }
  return end('read');
}

function readTransport(packet: Packet, protocol: number, bytes: Uint8Array, id: Uint8Array): Seen {
  if (bytes.length < (HEADERS[protocol] ?? 0)) return malformed(packet);
  const ports = { sourcePort: word(bytes, 0), destinationPort: word(bytes, 2) };
  const tcpFlags = protocol === TCP ? (bytes[13] ?? 0) : 0;
  return seen(packet, {
    kind: id.length > 0 ? 'first' : 'whole',
    protocol,
    fragmentId: id,
    tcpFlags,
    ...ports,
  });
}

/** RFC 792: destination unreachable, time exceeded, parameter problem. */
function readIcmp4(packet: Packet, bytes: Uint8Array): Seen | null {
  if (bytes.length < 8 || ![3, 11, 12].includes(bytes[0] ?? 0)) return PASS;
  const inner = bytes.subarray(8);
  const header = 4 * ((inner[0] ?? 0) & 15);
  if (inner.length < 20 || (inner[0] ?? 0) >> 4 !== 4 || header < 20) return malformed(packet);
  if (!isSame(inner.subarray(12, 16), packet.destination)) return PASS;
  const protocol = inner[9] ?? 0;
  // Without ports nothing tells whose it is.
  if ((word(inner, 6) & 0x1fff) > 0 || !isBalanced(protocol)) return PASS;
  return readQuoted(packet, inner.subarray(16, 20), protocol, inner.subarray(header));
}

/** RFC 4443 §3: types 1 to 4. */
function readIcmp6(packet: Packet, bytes: Uint8Array): Seen | null {
  const type = bytes[0] ?? 0;
  if (bytes.length < 8 || type < 1 || type > 4) return PASS;
  const inner = bytes.subarray(8);
  if (inner.length < 40 || (inner[0] ?? 0) >> 4 !== 6) return malformed(packet);
  if (!isSame(inner.subarray(8, 24), packet.destination)) return PASS;
  const chain = follow(inner, 40, inner[6] ?? 0);
  if (chain.end === 'unreadable') return malformed(packet);
  const isLater = chain.fragment !== null && chain.fragment.offset > 0;
  if (chain.end === 'on the way' || isLater || !isBalanced(chain.protocol)) return PASS;
  return readQuoted(packet, inner.subarray(24, 40), chain.protocol, inner.subarray(chain.at));
}

function readQuoted(packet: Packet, client: Uint8Array, protocol: number, bytes: Uint8Array): Seen {
  if (bytes.length < QUOTED) return malformed(packet);
  const ports = { sourcePort: word(bytes, 2), destinationPort: word(bytes, 0) };
  return seen({ ...packet, source: client }, { kind: 'error', protocol, ...ports });
}

const later = (packet: Packet, protocol: number, fragmentId: Uint8Array): Seen =>
  seen(packet, { kind: 'later', protocol, fragmentId });

const malformed = (packet: Packet): Seen => seen(packet, { kind: 'malformed', protocol: 0 });

const seen = (packet: Packet, rest: Partial<Seen> & Pick<Seen, 'kind' | 'protocol'>): Seen => ({
  sourcePort: 0,
  destinationPort: 0,
  tcpFlags: 0,
  fragmentId: NOTHING,
  ...packet,
  ...rest,
});
