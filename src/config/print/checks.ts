import type { z } from 'zod';
import type { Ip } from '../../base/ip.ts';
import { type Millis, microsToMillis } from '../../base/units.ts';
import type { CheckConfig, ServerConfig } from '../../model/config.ts';
import type { DestKey } from '../../model/services.ts';
import { CHECK_DEFAULTS } from '../compose/check.ts';
import type { serviceSchema } from '../schema/services.ts';
import { millisUnless, mostCommon, unless } from './common.ts';

export type CheckText = NonNullable<z.input<typeof serviceSchema>['check']>;

export interface CheckTexts {
  /** For the service; undefined for none. */
  readonly shared: CheckText | undefined;
  /** For each server in their order; undefined where the service says it all. */
  readonly own: readonly (CheckText | 'none' | undefined)[];
}

/** What a check has where it says nothing itself. */
export interface CheckFallback {
  readonly interval: Millis;
  readonly timeout: Millis;
  readonly retry: number;
  readonly delayBeforeRetry: Millis;
  /** Null for the interval, whichever that is. */
  readonly warmup: Millis | null;
  /** Null for the server's own. */
  readonly address: Ip | null;
  readonly port: number | null;
}

export const CHECK_FALLBACK: CheckFallback = {
  interval: microsToMillis(CHECK_DEFAULTS.interval),
  timeout: microsToMillis(CHECK_DEFAULTS.timeout),
  retry: CHECK_DEFAULTS.retry,
  delayBeforeRetry: microsToMillis(CHECK_DEFAULTS.delayBeforeRetry),
  warmup: null,
  address: null,
  port: null,
};

interface Checked {
  readonly key: DestKey;
  readonly check: CheckConfig;
}

/**
 * The checks of a service's servers in few words: the timing that most of them have goes to the service, unless as
 * many servers are not checked at all, and so does a target that all of them have.
 */
export function writeChecks(servers: readonly ServerConfig[]): CheckTexts {
  const checked = servers.flatMap(({ key, check }) => (check === null ? [] : [{ key, check }]));
  const common = mostCommon(checked, timing);
  if (common === null || common.count <= servers.length - checked.length) {
    const own = servers.map(({ key, check }) =>
      check === null ? undefined : textOf({ key, check }, CHECK_FALLBACK),
    );
    return { shared: undefined, own };
  }
  const { check } = common.value;
  const warmup = check.warmup === check.interval ? null : check.warmup;
  const fallback: CheckFallback = { ...check, warmup, ...sharedTarget(checked) };
  const own = servers.map(({ key, check }) => {
    if (check === null) return 'none';
    const text = textOf({ key, check }, fallback);
    return Object.values(text).every((value, i) => i === 0 || value === undefined) ? undefined : text;
  });
  const shared = {
    ...textOf({ key: check.target, check }, CHECK_FALLBACK),
    connect_ip: fallback.address ?? undefined,
    connect_port: fallback.port ?? undefined,
  };
  return { shared, own };
}

const timing = ({ check }: Checked): string =>
  JSON.stringify([check.interval, check.timeout, check.retry, check.delayBeforeRetry, check.warmup]);

/** What every one of the checks connects to in place of the server's own. */
function sharedTarget(checked: readonly Checked[]): Pick<CheckFallback, 'address' | 'port'> {
  const target = checked[0]?.check.target;
  const shared = (of: keyof DestKey) =>
    checked.every(({ key, check }) => check.target[of] === target?.[of] && check.target[of] !== key[of]);
  return {
    address: target !== undefined && shared('address') ? target.address : null,
    port: target !== undefined && shared('port') ? target.port : null,
  };
}

/** The fields that differ from the fallback; `type` comes first. */
function textOf({ key, check }: Checked, fallback: CheckFallback): CheckText {
  return {
    type: check.type,
    interval: millisUnless(fallback.interval, check.interval),
    timeout: millisUnless(fallback.timeout, check.timeout),
    retry: unless(fallback.retry, check.retry),
    delay_before_retry: millisUnless(fallback.delayBeforeRetry, check.delayBeforeRetry),
    warmup: millisUnless(fallback.warmup ?? check.interval, check.warmup),
    connect_ip: unless(fallback.address ?? key.address, check.target.address),
    connect_port: unless(fallback.port ?? key.port, check.target.port),
  };
}
