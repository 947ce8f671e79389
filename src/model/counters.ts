/**
 * Every reason for which a received packet is refused, in the order in which they are looked for
 * (RFC 9568 §7.1, RFC 3768 §7.1). A refused packet changes nothing but its counter and, at most, a log line.
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
  'self',
  'owner',
  'count',
  'auth_type',
  'auth',
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
  /** Accepted adverts whose address list was not ours. */
  readonly addressListMismatches: number;
  readonly refused: Readonly<Record<Refusal, number>>;
}

export const noRefusals = (): Record<Refusal, number> =>
  Object.fromEntries(REFUSALS.map((refusal) => [refusal, 0])) as Record<Refusal, number>;
