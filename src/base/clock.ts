import type { Instant, WallTime } from './units.ts';

/** Where time comes from. The shell hands it in at the door; a pure function is only given its readings. */
export interface Clock {
  /** Monotonic, in microseconds; does not jump when the wall clock is set. */
  now(): Instant;
  wall(): WallTime;
}
