import { type Millis, millis } from '../base/units.ts';

/**
 * When a new checker first runs: after 1 s and a random part of its warmup, as keepalived does it, so that the
 * checks of one start or reload do not all fall together. `random` is in [0, 1).
 */
export const firstCheckDelay = (warmup: Millis, random: number): Millis =>
  millis(1000 + Math.floor(random * warmup));
