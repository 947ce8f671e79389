import { millis } from '../base/units.ts';
import type { FileProbe } from '../model/check.ts';
import { fileContribution } from '../model/file-contribution.ts';
import type { ProbeOutcome } from '../model/probe.ts';
import { type CheckWeight, NO_CHECK_WEIGHT } from './weight.ts';

/** What is known at once, because somebody else looks. */
export interface Followed {
  readonly outcome: ProbeOutcome;
  readonly weight: CheckWeight;
}

/** keepalived's arithmetic is done in 32 bits, whose least number is the fault. */
const LIMIT = 2 ** 31;

/**
 * What the number in a tracked file means for a server: it is out, or its weight changes by the number times the weight
 * of the check. A missing file says 0.
 */
export function judgeFile({ tracker, weight, isReversed }: FileProbe, value: number): Followed {
  const adds = fileContribution({ weight, reverse: isReversed }, value, LIMIT);
  return {
    outcome: {
      verdict: adds === null ? 'fail' : 'pass',
      result: adds === null ? 'mismatch' : 'ok',
      latency: millis(0),
      detail: `file ${tracker} says ${value}`,
    },
    weight: adds === null ? NO_CHECK_WEIGHT : { sets: null, adds },
  };
}
