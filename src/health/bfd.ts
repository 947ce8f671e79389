import { millis } from '../base/units.ts';
import type { BfdProbe } from '../model/check.ts';
import type { TrackerHealth } from '../model/tracking.ts';
import type { Followed } from './file.ts';
import { NO_CHECK_WEIGHT } from './weight.ts';

/** What a BFD session means for a server; null while nothing is known of the session, which changes nothing. */
export function judgeBfd({ session }: BfdProbe, health: TrackerHealth): Followed | null {
  if (health === 'unknown' || health === 'unusable') return null;
  const isUp = health === 'good';
  return {
    outcome: {
      verdict: isUp ? 'pass' : 'fail',
      result: isUp ? 'ok' : 'mismatch',
      latency: millis(0),
      detail: `BFD session ${session} is ${isUp ? 'up' : 'down'}`,
    },
    weight: NO_CHECK_WEIGHT,
  };
}
