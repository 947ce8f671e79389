import type { Clock } from '../base/clock.ts';
import { instant, wallTime } from '../base/units.ts';

/** CLOCK_MONOTONIC and the wall clock of this machine. */
export const systemClock: Clock = {
  now() {
    const [seconds, nanos] = process.hrtime();
    return instant(seconds * 1_000_000 + Math.floor(nanos / 1000));
  },
  wall: () => wallTime(Date.now()),
};
