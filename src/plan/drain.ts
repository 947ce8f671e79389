import {
  earliest,
  elapsed,
  type Instant,
  later,
  type Millis,
  millisToMicros,
  seconds,
} from '../base/units.ts';
import {
  type DesiredService,
  type Dest,
  destKey,
  type ObservedDest,
  type ObservedService,
} from '../model/services.ts';

/** Two readings without an active connection lie at least so far apart. */
const QUIET = seconds(1);
/** A handshake under way counts as inactive; so long it may take to become a connection. */
const LEAST = seconds(2);
/** How often a server is looked at that is being drained. */
const PACE = seconds(1);

/** A real server that has left the configuration and keeps its connections for a while. */
export interface Drain {
  readonly since: Instant;
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
  /** Servers that are not drained but taken out at once: those of the configuration, by destKey. */
  readonly configured: ReadonlySet<string>;
  readonly timeout: Millis;
}

export interface DrainStep {
  /** The service with its draining servers, at weight 0; null where it is to be removed. */
  readonly desired: DesiredService | null;
  readonly drains: Drains;
  /** When to read the service again; null where nothing is drained. */
  readonly wakeAt: Instant | null;
  readonly begun: readonly ObservedDest[];
  readonly draining: readonly ObservedDest[];
  readonly finished: readonly { readonly dest: ObservedDest; readonly drain: Drain }[];
}

/**
 * What becomes of the servers of a service that the kernel has and the configuration has not, after a reading at
 * `now`. They get weight 0 at once, and are removed when they have had no active connection in two readings at least
 * 1 s apart, at least 2 s after the begin, or when `timeout` has passed. With `timeout` 0 they are removed at once. A
 * service that is not wanted stays as long as one of its servers is drained.
 *
 * Weight 0 does not turn away clients whom persistence still sends to the server, unless the sysctl
 * net.ipv4.vs.expire_quiescent_template is set: such a drain may last until `timeout`.
 */
export function stepDrain(input: DrainInput, before: Drains, now: Instant): DrainStep {
  const { wanted, observed, configured, timeout } = input;
  const kept = new Set(wanted?.dests.map((dest) => destKey(dest.key)));
  const leaving = (observed?.dests ?? []).filter(({ key }) => {
    const name = destKey(key);
    return !kept.has(name) && !configured.has(name);
  });
  const drains = new Map<string, Drain>();
  const begun: ObservedDest[] = [];
  const draining: ObservedDest[] = [];
  const finished: { dest: ObservedDest; drain: Drain }[] = [];
  let wakeAt: Instant | null = null;
  for (const dest of leaving) {
    const name = destKey(dest.key);
    const known = before.get(name);
    if (known === undefined && timeout === 0) continue;
    const drain = stepOne(known ?? { since: now, idleSince: null, over: null }, dest, timeout, now);
    drains.set(name, drain);
    if (drain.over !== null) {
      if (known?.over === null) finished.push({ dest, drain });
      continue;
    }
    if (known === undefined) begun.push(dest);
    draining.push(dest);
    wakeAt = earliest(wakeAt, earliest(later(now, PACE), endOf(drain, timeout)));
  }
  return { desired: withDrained(input, draining), drains, wakeAt, begun, draining, finished };
}

/** When a drain ends whatever happens. */
export const endOf = ({ since }: Drain, timeout: Millis): Instant => later(since, millisToMicros(timeout));

function stepOne(drain: Drain, { activeConns }: ObservedDest, timeout: Millis, now: Instant): Drain {
  if (drain.over !== null) return drain;
  const idleSince = activeConns > 0 ? null : (drain.idleSince ?? now);
  const isIdle = idleSince !== null && elapsed(idleSince, now) >= QUIET && elapsed(drain.since, now) >= LEAST;
  const over = isIdle ? 'idle' : endOf(drain, timeout) <= now ? 'timeout' : null;
  return { since: drain.since, idleSince, over };
}

function withDrained({ wanted, observed }: DrainInput, draining: readonly Dest[]): DesiredService | null {
  if (draining.length === 0) return wanted;
  const service = wanted ?? observed;
  if (service === null) return null;
  const dests = draining.map(({ key, attrs }) => ({ key, attrs: { ...attrs, weight: 0 } }));
  return { key: service.key, attrs: service.attrs, dests: [...(wanted?.dests ?? []), ...dests] };
}
