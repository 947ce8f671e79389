import type { CheckConfig } from '../model/check.ts';
import type { Verdict } from '../model/probe.ts';
import type { CheckState } from './check.ts';

/** How far a check of several requests has come. */
export interface Turn {
  /** Place of the request that comes next. */
  readonly at: number;
  /** Requests in a row that were well while the server is down. */
  readonly passed: number;
}

export const FIRST_TURN: Turn = { at: 0, passed: 0 };

/**
 * What is asked this time. A check by HTTP makes one of its requests a turn, as keepalived does; with `fastRecovery` a
 * server that is down is asked for all of them at once. Every other check is made as it is.
 */
export function checkOfTurn(check: CheckConfig, { health }: CheckState, { at }: Turn): CheckConfig {
  if (check.type !== 'http' || check.requests.length <= 1 || isWhole(check, health)) return check;
  const request = check.requests[at];
  if (request === undefined) throw new Error(`there is no request ${at}`);
  return { ...check, requests: [request] };
}

/**
 * What one turn means for the whole check, and which comes next. A request that fails is made again. A server that is
 * down is well once all requests were, one after the other from the one that had failed; until then a turn says nothing.
 */
export function stepTurn(
  check: CheckConfig,
  { health }: CheckState,
  turn: Turn,
  verdict: Verdict,
): { readonly turn: Turn; readonly verdict: Verdict } {
  if (check.type !== 'http' || check.requests.length <= 1 || isWhole(check, health)) return { turn, verdict };
  if (verdict === 'unknown') return { turn, verdict };
  if (verdict === 'fail') return { turn: { ...turn, passed: 0 }, verdict };
  const at = (turn.at + 1) % check.requests.length;
  if (health === 'up') return { turn: { at, passed: 0 }, verdict };
  const passed = turn.passed + 1;
  return passed < check.requests.length
    ? { turn: { at, passed }, verdict: 'unknown' }
    : { turn: { at, passed: 0 }, verdict };
}

const isWhole = (check: CheckConfig, health: CheckState['health']): boolean =>
  check.type === 'http' && check.fastRecovery && health === 'down';
