import { struct } from './struct.ts';

/**
 * What the XDP program and this process share. `native/bpf/layout.h` is made of this file by `npm run gen`. Another
 * layout of what is pinned needs another version: maps of another one are not adopted.
 */
export const LAYOUT_VERSION = 2;

/** The values of `service.scheduler`. */
export const SCHEDULERS = { rr: 1, wrr: 2, lc: 3, wlc: 4, mh: 5, sh: 6 } as const;

/** The values of `server.method`: `ip4` is IP in IPv4, `ip6` IP in IPv6, whatever is inside. */
export const METHODS = { none: 0, dr: 1, ip4: 2, ip6: 3, gue4: 4, gue6: 5 } as const;

/** Bits of `service.flags`. `source_hash`: the hash is of the client's address alone. */
export const SERVICE_FLAGS = {
  used: 1,
  owned: 2,
  one_packet: 4,
  persistent: 8,
  source_hash: 16,
} as const;

/** Bits of `server.flags`. `used`: its flows go on. `reachable`: its path is known. `available`: it gets new ones. */
export const SERVER_FLAGS = { used: 1, reachable: 2, available: 4 } as const;

/** Bits of `interface.flags`. `virtual_mac`: frames to the virtual router MACs of VRRP are for this machine too. */
export const INTERFACE_FLAGS = { used: 1, virtual_mac: 2 } as const;

/** The values of `server.state`. A slot is `retired` while flows may still name the server that was in it. */
export const SERVER_STATES = { free: 0, in: 1, out: 2, retired: 3 } as const;

/** States of flows. `none` is an entry that is empty, or being written. */
export const FLOW_STATES = {
  none: 0,
  syn: 1,
  established: 2,
  fin: 3,
  udp: 4,
  sctp: 5,
  persist: 6,
  fragment: 7,
} as const;

/**
 * What is counted apart from packets that were forwarded; the first ones are reasons to drop.
 * - `malformed`: it is for a service's address and its headers cannot be read;
 * - `fragment_unknown`: a later fragment of a packet whose first has not been seen;
 * - `no_server`: the service has none;
 * - `server_unreachable`: its MAC address is not known;
 * - `too_big`: it does not fit into the tunnel, and the sender could not be told;
 * - `no_headroom`: the driver left too little room for the outer headers;
 * - `too_big_told`: it does not fit into the tunnel, and the sender was told;
 * - `not_stored`: a flow that found its bucket full, or came after NEW_FLOWS others, and was answered by its hash.
 */
export const COUNTERS = {
  malformed: 0,
  fragment_unknown: 1,
  no_server: 2,
  server_unreachable: 3,
  too_big: 4,
  no_headroom: 5,
  too_big_told: 6,
  not_stored: 7,
} as const;

/** Clock of `flow.expires` and of all timeouts: 2^30 ns of CLOCK_MONOTONIC_COARSE, so that a shift gives it. */
export const TICK_SHIFT = 30;

/** The protocol of a service key that says of an address whether it is held here: 1, else 0. Its port is 0. */
export const ADDRESS_PROTOCOL = 0;

export const CONFIG = struct('config', [
  ['version', 'u32'],
  /** Services whose address is not held here: where there are any, flows are looked up after services. */
  ['unowned', 'u32'],
  /** Services of port 0. */
  ['any_port', 'u32'],
  /** NEW_FLOWS, unless a measurement wants another limit. */
  ['new_flows', 'u32'],
  /** How often `service_keys` was changed; a hint of another time is none. */
  ['key_changes', 'u32'],
  ['pad', 'u32'],
  /** The low half of the count of jiffies when the program read the clock last << 32 | what it read. */
  ['clock', 'u64'],
  ['keys', 'u64', 5],
  ['timeouts', 'u32', 8],
]);

/** At the remainder of its ifindex by the number of entries. */
export const INTERFACE = struct('interface', [
  ['ifindex', 'u32'],
  ['mac', 'mac'],
  ['flags', 'u16'],
  ['pad', 'u32'],
]);

/**
 * Where the program found a service last, at a hash of its destination: (`key_changes` at that time + 1) << 32 | its
 * slot. A look-up in `service_keys` reads three lines of memory that are far away with thousands of services.
 */
export const HINT = struct('hint', [['word', 'u64']]);

/** `port` 0 is every port. */
export const SERVICE_KEY = struct('service_key', [
  ['address', 'address'],
  ['port', 'be16'],
  ['protocol', 'u8'],
  /** 4 or 6. */
  ['family', 'u8'],
]);

export const SERVICE = struct('service', [
  /** Offset << 32 | size, in words. */
  ['ring', 'u64'],
  ['scheduler', 'u8'],
  ['family', 'u8'],
  ['flags', 'u16'],
  /** Ticks. */
  ['persist_timeout', 'u32'],
  ['persist_mask', 'address'],
  ['address', 'address'],
  ['port', 'be16'],
  ['protocol', 'u8'],
  /** Bit n - 1 for flag n of ipvsadm -b. */
  ['scheduler_flags', 'u8'],
  ['ring_of', 'u32'],
  /** Seconds; 0 for none. */
  ['persist_seconds', 'u32'],
  ['persist_prefix', 'u8'],
  ['pad', 'u8', 3],
  // The second cache line, which every choice of rr writes to.
  /** Choices of rr and wrr so far. */
  ['counter', 'u64'],
  /** What former servers of it counted. */
  ['folded_conns', 'u64'],
  ['folded_packets', 'u64'],
  ['folded_bytes', 'u64'],
  ['end_pad', 'u64', 4],
]);

export const SERVER = struct('server', [
  ['destination_mac', 'mac'],
  ['source_mac', 'mac'],
  ['ifindex', 'u32'],
  ['method', 'u8'],
  ['flags', 'u8'],
  /** Of the interface. */
  ['mtu', 'u16'],
  ['weight', 'u32'],
  ['outer_source', 'address'],
  ['outer_destination', 'address'],
  ['tunnel_port', 'be16'],
  ['hot_pad', 'u16'],
  ['service', 'u32'],
  // From here on, the program reads nothing.
  ['address', 'address'],
  ['port', 'be16'],
  /** 4 or 6. */
  ['family', 'u8'],
  ['state', 'u8'],
  ['upper_threshold', 'u32'],
  ['lower_threshold', 'u32'],
  ['configured_weight', 'u32'],
  ['is_configured', 'u8'],
  ['forward', 'u8'],
  ['tunnel_type', 'u8'],
  ['tunnel_checksum', 'u8'],
  ['pad', 'u32', 7],
]);

/** `word` is server | state << 24 | expires << 32, and is only ever changed whole. */
export const FLOW = struct('flow', [
  ['tag', 'u64'],
  ['word', 'u64'],
]);

/** Flows of a bucket, which is a cache line. */
export const FLOW_WAYS = 4;

/**
 * The highest byte of the tag of each entry, those of a bucket in a word, so that most packets of no flow are known by
 * it without a look at the bucket. It is written before the entry and stays when the flow has gone.
 */
export const MARKS = struct('marks', [['bucket', 'u32', 16]]);

/**
 * How many TCP connections each processor stores in a tick at most. Those beyond it are answered by their hash, as
 * where a bucket is full: a flood neither fills the table at once nor has every packet write to it.
 */
export const NEW_FLOWS = 1 << 17;

/** What a processor has stored: new connections in a tick, those included that found no room. */
export const STORED = struct('stored', [
  ['tick', 'u32'],
  ['connections', 'u32'],
  ['pad', 'u64', 7],
]);

/** Connections of a server, as ipvsadm -l shows them. */
export const CONNS = struct('conns', [
  ['active', 'u32'],
  ['inactive', 'u32'],
]);

/** What a server was sent on one processor, at processor * (entries of `servers`) + server. */
export const TRAFFIC = struct('traffic', [
  ['conns', 'u64'],
  ['packets', 'u64'],
  ['bytes', 'u64'],
  ['pad', 'u64'],
]);

/**
 * A part of `rings`, as slots of servers. The kernel rounds values up to 8 bytes, so that single words would have gaps.
 */
export const RING_WORDS = struct('ring_words', [['server', 'u32', 16]]);

/** COUNTERS of one processor. */
export const COUNTED = struct('counted', [['of', 'u64', 16]]);

/** What the program is told when it is loaded, and is constant to it. */
export const CONSTANTS = struct('constants', [
  /** Buckets of `flows`, a power of two, less one. */
  ['flow_mask', 'u32'],
  /** Entries of `servers`. */
  ['servers', 'u32'],
]);

export interface XdpMap {
  readonly type: 'array' | 'hash';
  /** The C type of the value. */
  readonly value: string;
  readonly valueSize: number;
  /** What it is made for where the loader does not say otherwise. */
  readonly entries: number;
}

const array = (value: { name: string; size: number }, entries: number): XdpMap => ({
  type: 'array',
  value: `struct ${value.name}`,
  valueSize: value.size,
  entries,
});

/** Arrays can be mapped into memory. `service_keys` gives the slot of a service by SERVICE_KEY. */
export const MAPS = {
  config: array(CONFIG, 1),
  interfaces: array(INTERFACE, 1024),
  service_keys: { type: 'hash', value: '__u32', valueSize: 4, entries: 8192 },
  hints: array(HINT, 1 << 15),
  services: array(SERVICE, 4096),
  servers: array(SERVER, 16_384),
  rings: array(RING_WORDS, 1 << 18),
  conns: array(CONNS, 16_384),
  flows: array({ name: 'flow_bucket', size: FLOW_WAYS * FLOW.size }, 1 << 18),
  marks: array(MARKS, 1 << 14),
  /** For every possible processor. */
  stored: array(STORED, 1),
  traffic: array(TRAFFIC, 16_384),
  counters: array(COUNTED, 1),
} as const satisfies Readonly<Record<string, XdpMap>>;

export type XdpMapName = keyof typeof MAPS;
