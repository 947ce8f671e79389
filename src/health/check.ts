import { never } from '../base/never.ts';
import type { Millis } from '../base/units.ts';
import type { CheckTiming } from '../model/check.ts';
import type { Verdict } from '../model/probe.ts';

export type CheckPolicy = Pick<CheckTiming, 'interval' | 'retry' | 'delayBeforeRetry' | 'rise'>;

export interface CheckState {
  readonly health: 'up' | 'down';
  /** Failures in a row that have not taken the server out yet; 0 while down. */
  readonly failures: number;
  /** Successes in a row that have not brought it back yet; 0 while up. */
  readonly successes: number;
  /** False until the first probe that said something. */
  readonly hasRun: boolean;
}

export interface CheckStep {
  readonly state: CheckState;
  /** The new health where this outcome changed it. */
  readonly changed: 'up' | 'down' | null;
  /** From the end of this probe to the start of the next. */
  readonly next: Millis;
}

const FRESH_UP: CheckState = { health: 'up', failures: 0, successes: 0, hasRun: false };
const FRESH_DOWN: CheckState = { ...FRESH_UP, health: 'down' };
/** What thousands of checks are in at a time is one object. */
const UP: CheckState = { ...FRESH_UP, hasRun: true };
const DOWN: CheckState = { ...FRESH_DOWN, hasRun: true };

export const freshCheck = (health: CheckState['health']): CheckState =>
  health === 'up' ? FRESH_UP : FRESH_DOWN;

/**
 * The state after one more probe, with keepalived's hysteresis for every kind of checker:
 * - up → down takes `retry + 1` failures in a row, `delayBeforeRetry` apart;
 * - except that a failure of the very first probe is enough: nothing good is known of the server yet;
 * - down → up takes `rise` successes in a row; until then it is probed every `interval`.
 *
 * An outcome that says nothing changes nothing.
 */
export function stepCheck(policy: CheckPolicy, state: CheckState, verdict: Verdict): CheckStep {
  switch (verdict) {
    case 'pass':
      return stepSuccess(policy, state);
    case 'fail':
      return stepFailure(policy, state);
    case 'unknown':
      return { state, changed: null, next: state.failures > 0 ? policy.delayBeforeRetry : policy.interval };
    default:
      return never(verdict);
  }
}

function stepSuccess({ interval, rise }: CheckPolicy, state: CheckState): CheckStep {
  const successes = state.successes + 1;
  if (state.health === 'down' && successes < rise) {
    return { state: { ...state, successes, hasRun: true }, changed: null, next: interval };
  }
  return {
    state: UP,
    changed: state.health === 'down' ? 'up' : null,
    next: interval,
  };
}

function stepFailure(policy: CheckPolicy, state: CheckState): CheckStep {
  if (state.health === 'down') return { state: DOWN, changed: null, next: policy.interval };
  const failures = state.failures + 1;
  if (!state.hasRun || failures > policy.retry)
    return { state: DOWN, changed: 'down', next: policy.interval };
  return { state: { ...state, failures }, changed: null, next: policy.delayBeforeRetry };
}
