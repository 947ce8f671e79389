import type { TrackScriptConfig } from '../model/tracking.ts';

export type RiseFallPolicy = Pick<TrackScriptConfig, 'rise' | 'fall' | 'initFail'>;

/** Where a track script stands: bad while `count` is below `rise`; 0 ≤ count < rise + fall. */
export interface RiseFall {
  readonly count: number;
  readonly health: 'good' | 'bad' | 'unknown';
}

/** Before the first result. One success is enough then, and one failure too; `initFail` asks for all successes. */
export const startRiseFall = ({ rise, initFail }: RiseFallPolicy): RiseFall =>
  initFail ? { count: 0, health: 'bad' } : { count: rise - 1, health: 'unknown' };

/**
 * keepalived's one counter: `rise` successes in a row make a bad script good, `fall` failures in a row make a good one
 * bad, and a result that confirms what is believed starts the other count again.
 */
export function stepRiseFall({ rise, fall }: RiseFallPolicy, before: RiseFall, success: boolean): RiseFall {
  const most = rise + fall - 1;
  const { count } = before;
  const next = success ? (count < rise - 1 ? count + 1 : most) : count > rise ? count - 1 : 0;
  return { count: next, health: next >= rise ? 'good' : 'bad' };
}
