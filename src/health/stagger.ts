import { type Millis, millis } from '../base/units.ts';
import type { ProbeKind } from '../model/check.ts';

/**
 * When a new checker first runs: after 1 s and a random part of its warmup, as keepalived does it, so that the
 * checks of one start or reload do not all fall together. `place` is in [0, 1).
 */
export const firstCheckDelay = (warmup: Millis, place: number): Millis =>
  millis(1000 + Math.floor(place * warmup));

/** The fractional part of the golden ratio. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * The place after `place` of a sequence in [0, 1) that is even wherever it ends: of 10,000 checks a second each 10 ms
 * get 100 or one more or less, where random places would give some of them 130.
 */
export const nextPlace = (place: number): number => (place + GOLDEN) % 1;

/** From the end of a probe that took `took` to the next: the pause, which for commands counts from the last start. */
export const nextDelay = ({ type }: { readonly type: ProbeKind }, pause: Millis, took: Millis): Millis =>
  type === 'misc' ? millis(Math.max(0, pause - took)) : pause;
