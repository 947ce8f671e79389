import { microsToMillis, seconds } from '../../base/units.ts';
import type { CheckConfig } from '../../model/config.ts';
import type { DestKey } from '../../model/services.ts';
import { mistake } from '../diagnostic.ts';
import type { WrittenCheck } from '../schema/services.ts';
import type { Say } from './say.ts';

/** keepalived's, for every checker that does not say otherwise. */
export const CHECK_DEFAULTS = {
  interval: seconds(60),
  timeout: seconds(5),
  retry: 1,
  delayBeforeRetry: seconds(1),
};

/** How a server is checked: its own fields before the service's, before the defaults. Null for not at all. */
export function composeCheck(
  service: WrittenCheck | undefined,
  server: WrittenCheck | 'none' | undefined,
  key: DestKey,
  say: Say,
): CheckConfig | null {
  if (server === 'none' || (server === undefined && service === undefined)) return null;
  const { connect_ip, connect_port, warmup, ...given }: Partial<WrittenCheck> = { ...service, ...server };
  const interval = given.interval ?? CHECK_DEFAULTS.interval;
  const target = { address: connect_ip ?? key.address, port: connect_port ?? key.port };
  if (target.port === 0) {
    say(['check'], mistake('missing_key', 'a server on all ports needs "connect_port" in its check'));
  }
  return {
    type: 'tcp',
    target,
    timeout: microsToMillis(given.timeout ?? CHECK_DEFAULTS.timeout),
    interval: microsToMillis(interval),
    retry: given.retry ?? CHECK_DEFAULTS.retry,
    delayBeforeRetry: microsToMillis(given.delay_before_retry ?? CHECK_DEFAULTS.delayBeforeRetry),
    warmup: microsToMillis(warmup ?? interval),
  };
}
