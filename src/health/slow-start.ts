import { type Micros, type Millis, millis, millisToMicros, seconds } from '../base/units.ts';

/** What a server begins with: enough for its checks and caches to see what clients want. */
const FIRST_SHARE = 0.1;
/** The kernel is not changed more often for one server. */
const PACE = seconds(1);

/** The share of its weight that a server has so long after its recovery: from 0.1 to 1, linearly over `over`. */
export function slowShare(since: Micros, over: Millis): number {
  const whole = millisToMicros(over);
  return since >= whole ? 1 : FIRST_SHARE + (1 - FIRST_SHARE) * (Math.max(0, since) / whole);
}

/** A share of a weight, whole and at least 1; 0 of 0. */
export const shareOf = (weight: number, share: number): number =>
  // Sums of tenths end a little below the whole numbers that they mean.
  weight === 0 ? 0 : Math.max(1, Math.floor(weight * share + 1e-9));

/**
 * From a moment so long after the recovery to that at which the share gives `weight` another whole one, or to the end;
 * at least 1 s. Null where the end has come.
 */
export function nextStep(weight: number, since: Micros, over: Millis): Millis | null {
  const whole = millisToMicros(over);
  if (since >= whole) return null;
  const next = shareOf(weight, slowShare(since, over)) + 1;
  const at = weight === 0 ? 1 : (next / weight - FIRST_SHARE) / (1 - FIRST_SHARE);
  const step = Math.min(1, at) * whole - since;
  return millis(Math.ceil(Math.max(PACE, Math.round(step)) / 1000));
}
