import type { Millis } from '../base/units.ts';

/**
 * What a probe says of a server: it is well, it is not, or nothing can be said, because it was this machine that
 * lacked something.
 */
export type Verdict = 'pass' | 'fail' | 'unknown';

/** What a probe saw. */
export type ProbeResult = 'connected' | 'refused' | 'timeout' | 'unreachable' | 'reset' | 'error';

export interface ProbeOutcome {
  readonly verdict: Verdict;
  readonly result: ProbeResult;
  /** From the start of the probe to its result. */
  readonly latency: Millis;
  /** The result for people, as the end of "the server is down: …". */
  readonly detail: string;
}
