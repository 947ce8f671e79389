import type { Vote } from '../health/quorum.ts';
import { effectiveWeight } from '../health/weight.ts';
import { subjectOf } from '../model/check.ts';
import type { ServerConfig } from '../model/config.ts';
import { isOut, orderedWeight, type ServerOrder } from '../model/orders.ts';
import type { LastCheck, OrderStatus, ServerCheck, ServerHealth, ServerStatus } from '../model/status.ts';
import type { RunnerState } from './check-runner.ts';
import type { SlowStart } from './check-slow-start.ts';

/** The configured weight with what its checks make of it, and then an order. */
export const weightOf = (
  { attrs }: ServerConfig,
  runners: readonly RunnerState[],
  order: ServerOrder | null,
): number =>
  orderedWeight(
    order,
    effectiveWeight(
      attrs.weight,
      runners.map(({ weight }) => weight),
    ),
  );

/** What it brings to the quorum: nothing while an order has it out; its whole weight while that rises. */
export const voteOf = (
  {
    config,
    runners,
    health,
  }: { config: ServerConfig; runners: readonly RunnerState[]; health: ServerHealth },
  order: ServerOrder | null,
): Vote => ({ health, weight: isOut(order) ? 0 : weightOf(config, runners, order) });

/** `whole` is its weight but for a slow start. */
export const showServer = (
  {
    config,
    runners,
    health,
    since,
    slowStart,
  }: {
    readonly config: ServerConfig;
    readonly runners: readonly RunnerState[];
    readonly health: ServerHealth;
    readonly since: ServerStatus['since'];
    readonly slowStart: SlowStart | null;
  },
  whole: number,
  order: OrderStatus | null,
): ServerStatus => ({
  key: config.key,
  forward: config.attrs.forward,
  configuredWeight: config.attrs.weight,
  effectiveWeight: slowStart?.weigh(whole) ?? whole,
  health,
  since,
  lastCheck: lastOf(runners, health),
  checks: runners.map(
    ({ config: check, state, last, nextAt }): ServerCheck => ({
      type: check.type,
      of: subjectOf(check),
      health: state.health,
      failures: state.failures,
      retry: check.retry,
      successes: state.successes,
      rise: check.rise,
      last,
      nextAt,
    }),
  ),
  draining: null,
  order,
  slowStart: slowStart?.show() ?? null,
  byHand: null,
});

/** While a server is down, the last of the checks that say so. */
function lastOf(runners: readonly RunnerState[], health: ServerHealth): LastCheck | null {
  const telling = health === 'down' ? runners.filter(({ state }) => state.health === 'down') : runners;
  return telling.reduce<LastCheck | null>(
    (latest, { last }) => (last !== null && (latest === null || last.at >= latest.at) ? last : latest),
    null,
  );
}
