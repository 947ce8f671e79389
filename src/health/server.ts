import type { CheckConfig, ServerConfig } from '../model/config.ts';
import { destKey, type ObservedService } from '../model/services.ts';
import { type CheckState, freshCheck } from './check.ts';

/**
 * Where a server's health begins that has not been probed yet, given its service as the kernel has it; undefined
 * where the kernel has none. Null for a server without a check.
 *
 * A service that is in the kernel was left there by an earlier process, which took out the servers that it found
 * down: those must prove themselves first. With no service there, all servers are in from the first moment.
 */
export function initialState(server: ServerConfig, observed: ObservedService | undefined): CheckState | null {
  if (server.check === null) return null;
  const name = destKey(server.key);
  const missing = observed !== undefined && !observed.dests.some((dest) => destKey(dest.key) === name);
  return freshCheck(missing ? 'down' : 'up');
}

/**
 * The state with which a server goes on under a new configuration. An unchanged check goes on as it was. A changed
 * one keeps the health but counts as not run, so that its first failure is enough.
 */
export function carriedState(
  state: CheckState | null,
  before: CheckConfig | null,
  after: CheckConfig | null,
): CheckState | null {
  if (after === null) return null;
  if (state === null || before === null) return freshCheck('up');
  return sameCheck(before, after) ? state : freshCheck(state.health);
}

export function sameCheck(a: CheckConfig | null, b: CheckConfig | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    destKey(a.target) === destKey(b.target) &&
    a.type === b.type &&
    a.timeout === b.timeout &&
    a.interval === b.interval &&
    a.retry === b.retry &&
    a.delayBeforeRetry === b.delayBeforeRetry &&
    a.warmup === b.warmup
  );
}
