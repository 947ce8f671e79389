/**
 * Every reason for which a received packet is refused (RFC 9568 §7.1, RFC 3768 §7.1). What needs no configuration
 * (a known version, type, length, checksum) is looked for first, then the others in this order. A refused packet
 * changes nothing but its counter and, at most, a log line.
 */
export const REFUSALS = [
  'ip_header',
  'destination',
  'ttl',
  'version',
  'type',
  'length',
  'checksum',
  'vrid',
  'source',
  'self',
  'owner',
  'count',
  'auth_type',
  'auth',
  'hmac_missing',
  'hmac_malformed',
  'hmac_stale',
  'hmac_unknown_key',
  'hmac_invalid',
  'hmac_replay',
  'interval',
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** Counts of one instance since the vrrp process started. */
export interface VrrpCounters {
  readonly advertsSent: number;
  readonly advertsReceived: number;
  readonly priorityZeroSent: number;
  readonly priorityZeroReceived: number;
  readonly becameMaster: number;
  readonly releasedMaster: number;
  readonly garpsSent: number;
  /** Unsolicited neighbour advertisements. */
  readonly nasSent: number;
  /** Accepted adverts whose address list was not ours. */
  readonly addressListMismatches: number;
  /** Accepted adverts whose interval was not ours (VRRPv3). */
  readonly intervalMismatches: number;
  readonly refused: Readonly<Record<Refusal, number>>;
}

export const noRefusals = (): Record<Refusal, number> =>
  Object.fromEntries(REFUSALS.map((refusal) => [refusal, 0])) as Record<Refusal, number>;

/**
 * Every reason for which a BFD packet is refused: those of RFC 5880 §6.8.6 in its order, and the TTL of RFC 5881 §5,
 * whose limit only the session tells.
 */
export const BFD_REFUSALS = [
  'version',
  'length',
  'truncated',
  'multiplier',
  'multipoint',
  'my_discriminator',
  'your_discriminator',
  'session',
  'ttl',
  'authentication',
] as const;
export type BfdRefusal = (typeof BFD_REFUSALS)[number];

/** Counts of one BFD session since it was configured. */
export interface BfdCounters {
  readonly sent: number;
  readonly received: number;
  /** Those that came from its neighbor, whether or not they were for it. */
  readonly refused: Readonly<Record<BfdRefusal, number>>;
}

export const noBfdRefusals = (): Record<BfdRefusal, number> =>
  Object.fromEntries(BFD_REFUSALS.map((refusal) => [refusal, 0])) as Record<BfdRefusal, number>;
