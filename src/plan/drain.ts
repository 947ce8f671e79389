import { earliest, elapsed, type Instant, later, seconds } from '../base/units.ts';
import {
  type DesiredService,
  type Dest,
  type DestKey,
  destKey,
  type ObservedDest,
  type ObservedService,
} from '../model/services.ts';
import { DestIndex } from './dest-index.ts';

/** Two readings without an active connection lie at least so far apart. */
const QUIET = seconds(1);
/** A handshake under way counts as inactive; so long it may take to become a connection. */
const LEAST = seconds(2);
/** How often a server is looked at that is being drained. */
const PACE = seconds(1);

/** A real server that is not wanted any more and keeps its connections for a while. */
export interface Drain {
  readonly since: Instant;
  /** It ends then, whatever happens. */
  readonly until: Instant;
  /** The first of the latest readings without an active connection; null after one with some. */
  readonly idleSince: Instant | null;
  /** Why its time is over; it is remembered until the kernel has let go of the server. */
  readonly over: 'idle' | 'timeout' | null;
}

/** By destKey. */
export type Drains = ReadonlyMap<string, Drain>;

export interface DrainInput {
  /** What the service should be but for drains; null where it should not be. */
  readonly wanted: DesiredService | null;
  /** The service as the kernel has it now; null where it has none. */
  readonly observed: ObservedService | null;
  /** With the servers that are not drained but taken out at once: those of the configuration. */
  readonly configured: DesiredService | null;
  /** When the drain of a server ends at the latest that began at `since`. */
  endsAt(server: DestKey, since: Instant): Instant;
}

export interface DrainStep {
  /** The service with its draining servers, at weight 0; null where it is to be removed. */
  readonly desired: DesiredService | null;
  readonly drains: Drains;
  /** When to read the service again; null where nothing is drained. */
  readonly wakeAt: Instant | null;
  readonly begun: readonly Drained[];
  readonly draining: readonly ObservedDest[];
  readonly finished: readonly Drained[];
}

export interface Drained {
  readonly dest: ObservedDest;
  readonly drain: Drain;
}

/**
 * What becomes of the servers of a service that the kernel has and the configuration has not, after a reading at
 * `now`. They get weight 0 at once, and are removed when they have had no active connection in two readings at least
 * 1 s apart, at least 2 s after the begin, or when `endsAt` has come. Those for which it has come before the begin are
 * removed at once, and count as finished too. A service that is not wanted stays as long as one of its servers is drained.
 *
 * Weight 0 does not turn away clients whom persistence still sends to the server, unless the sysctl
 * net.ipv4.vs.expire_quiescent_template is set: such a drain may last until `endsAt`.
 */
export function stepDrain(input: DrainInput, drained: Drains, now: Instant): DrainStep {
  const leaving = leavingOf(input);
  const drains = new Map<string, Drain>();
  const begun: Drained[] = [];
  const draining: ObservedDest[] = [];
  const finished: Drained[] = [];
  let wakeAt: Instant | null = null;
  for (const dest of leaving) {
    const name = destKey(dest.key);
    const known = drained.get(name);
    const until = input.endsAt(dest.key, known?.since ?? now);
    const before: Drain = { since: now, idleSince: null, over: null, ...known, until };
    const drain = stepOne(before, dest, now);
    drains.set(name, drain);
    if (drain.over !== null) {
      if (known === undefined || known.over === null) finished.push({ dest, drain });
      continue;
    }
    if (known === undefined) begun.push({ dest, drain });
    draining.push(dest);
    wakeAt = earliest(wakeAt, earliest(later(now, PACE), until));
  }
  return { desired: withDrained(input, draining), drains, wakeAt, begun, draining, finished };
}

function leavingOf({ wanted, observed, configured }: DrainInput): readonly ObservedDest[] {
  if (observed === null || observed.dests.length === 0) return [];
  const kept = new DestIndex(wanted?.dests);
  const unwanted = observed.dests.filter(({ key }) => !kept.has(key));
  if (unwanted.length === 0) return [];
  const names = new DestIndex(configured?.dests);
  return unwanted.filter(({ key }) => !names.has(key));
}

function stepOne(drain: Drain, { activeConns }: ObservedDest, now: Instant): Drain {
  if (drain.over !== null) return drain;
  const idleSince = activeConns > 0 ? null : (drain.idleSince ?? now);
  const isIdle = idleSince !== null && elapsed(idleSince, now) >= QUIET && elapsed(drain.since, now) >= LEAST;
  const over = isIdle ? 'idle' : drain.until <= now ? 'timeout' : null;
  return { ...drain, idleSince, over };
}

function withDrained({ wanted, observed }: DrainInput, draining: readonly Dest[]): DesiredService | null {
  if (draining.length === 0) return wanted;
  const service = wanted ?? observed;
  if (service === null) return null;
  const dests = draining.map(({ key, attrs }) => ({ key, attrs: { ...attrs, weight: 0 } }));
  return { key: service.key, attrs: service.attrs, dests: [...(wanted?.dests ?? []), ...dests] };
}
