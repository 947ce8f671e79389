import { type Millis, millis } from '../base/units.ts';
import type { ProbeKind } from '../model/check.ts';

/**
 * When a new checker first runs: after 1 s and a random part of its warmup, as keepalived does it, so that the
 * checks of one start or reload do not all fall together. `random` is in [0, 1).
 */
export const firstCheckDelay = (warmup: Millis, random: number): Millis =>
  millis(1000 + Math.floor(random * warmup));

/** From the end of a probe that took `took` to the next: the pause, which for commands counts from the last start. */
export const nextDelay = ({ type }: { readonly type: ProbeKind }, pause: Millis, took: Millis): Millis =>
  type === 'misc' ? millis(Math.max(0, pause - took)) : pause;
