import { effectiveWeight } from '../health/weight.ts';
import { subjectOf } from '../model/check.ts';
import type { ServerConfig } from '../model/config.ts';
import type { LastCheck, ServerCheck, ServerHealth, ServerStatus } from '../model/status.ts';
import type { CheckRunner } from './check-runner.ts';

/** The configured weight with what its checks make of it. */
export const weightOf = ({ attrs }: ServerConfig, runners: readonly CheckRunner[]): number =>
  effectiveWeight(
    attrs.weight,
    runners.map(({ weight }) => weight),
  );

export const showServer = ({
  config,
  runners,
  health,
  since,
}: {
  readonly config: ServerConfig;
  readonly runners: readonly CheckRunner[];
  readonly health: ServerHealth;
  readonly since: ServerStatus['since'];
}): ServerStatus => ({
  key: config.key,
  forward: config.attrs.forward,
  configuredWeight: config.attrs.weight,
  effectiveWeight: weightOf(config, runners),
  health,
  since,
  lastCheck: lastOf(runners, health),
  checks: runners.map(
    ({ config: check, state, last }): ServerCheck => ({
      type: check.type,
      of: subjectOf(check),
      health: state.health,
      failures: state.failures,
      last,
    }),
  ),
  draining: null,
  byHand: null,
});

/** While a server is down, the last of the checks that say so. */
function lastOf(runners: readonly CheckRunner[], health: ServerHealth): LastCheck | null {
  const telling = health === 'down' ? runners.filter(({ state }) => state.health === 'down') : runners;
  return telling.reduce<LastCheck | null>(
    (latest, { last }) => (last !== null && (latest === null || last.at >= latest.at) ? last : latest),
    null,
  );
}
