import { centisToMicros, elapsed, type Instant, later, micros, seconds } from '../base/units.ts';
import type { AcceptedAdvert } from './accept.ts';
import type { Holding, MachineConfig, VrrpEffect } from './state.ts';

/** How long what is still under way to the former master is served: clients have heard of the new one by then. */
const LINGER = seconds(0.5);
/** Beyond the skew time of the slowest successor: for its loop and the wire. */
const MARGIN = seconds(0.25);
/** A stop waits no longer for a successor, however long the interval. */
export const LONGEST = seconds(3);

/**
 * How long a master that has resigned waits for a successor: the longest skew time that one may have (RFC 3768 §6.1: a
 * second; RFC 9568 §6.1: an interval), and a margin.
 */
export function handoverBound({ version, advertInterval }: MachineConfig) {
  const skew = version === 2 ? seconds(1) : centisToMicros(advertInterval);
  return micros(Math.min(LONGEST, skew + MARGIN));
}

/** Of a master that resigns: until a successor is heard, for `bound` at most. */
export const holdUntilHeard = (now: Instant, bound: ReturnType<typeof handoverBound>): Holding => ({
  until: later(now, bound),
  heardAt: null,
  isQuiet: false,
});

/** Of a master that yields to an advert. One that is alone does not prove that its sender serves. */
export const holdAgainst = (now: Instant, until: Instant): Holding => ({
  until,
  heardAt: now,
  isQuiet: false,
});

/** Who stops while it still holds addresses waits no longer than who stops as master: an interval may be 40.95 s. */
export function cutShort(holding: Holding, now: Instant): Holding {
  const longest = later(now, LONGEST);
  return holding.until > longest ? { ...holding, until: longest } : holding;
}

interface HoldingStep {
  readonly holding: Holding | null;
  readonly effects: readonly VrrpEffect[];
}

/** An advert of another master: the second of them, an interval after the first, proves that it serves. */
export function hearSuccessor(
  config: MachineConfig,
  holding: Holding | null,
  advert: AcceptedAdvert,
  now: Instant,
): HoldingStep {
  if (holding === null || holding.isQuiet || advert.priority === 0) return { holding, effects: [] };
  const { heardAt } = holding;
  const interval = Math.max(centisToMicros(advert.advertInterval), centisToMicros(config.advertInterval));
  // Whom the configuration does not name proves nothing by talking: until it announces the addresses, they are served.
  if (!advert.isExpected) {
    // Longer than Master_Down_Interval: when it falls silent we are master again.
    const until = later(now, micros((config.downTimerAdverts + 2) * interval));
    return { holding: { ...holding, until }, effects: [] };
  }
  // It may not have announced the addresses, or we have not heard that: hold on until it advertises again.
  if (heardAt === null) {
    const until = later(now, micros(Math.min(LONGEST, 2 * interval)));
    return { holding: { ...holding, heardAt: now, until }, effects: [] };
  }
  return elapsed(heardAt, now) * 2 >= centisToMicros(advert.advertInterval)
    ? quieten(now)
    : { holding, effects: [] };
}

/** Somebody else has announced the addresses, or answers for them. */
export function hearClaim(holding: Holding | null, now: Instant): HoldingStep {
  return holding === null || holding.isQuiet ? { holding, effects: [] } : quieten(now);
}

function quieten(now: Instant): HoldingStep {
  const holding: Holding = { until: later(now, LINGER), heardAt: now, isQuiet: true };
  return { holding, effects: [{ effect: 'quietAddresses' }] };
}

export function tickHolding(holding: Holding | null, now: Instant): HoldingStep {
  return holding !== null && now >= holding.until
    ? { holding: null, effects: [{ effect: 'removeAddresses' }] }
    : { holding, effects: [] };
}
