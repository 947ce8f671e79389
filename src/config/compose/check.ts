import { type Micros, micros, microsToMillis, seconds } from '../../base/units.ts';
import type { CheckConfig, CheckTiming } from '../../model/check.ts';
import type { DestKey } from '../../model/services.ts';
import { mistake, warning } from '../diagnostic.ts';
import {
  type CheckKey,
  type CheckType,
  KEYS_OF,
  REQUEST_WORDS,
  type WrittenCheck,
  type WrittenChecks,
} from '../schema/checks.ts';
import { composeProbe, type Followable } from './probe.ts';
import { type Say, under } from './say.ts';

interface Defaults {
  readonly retry: number;
  /** Null for the interval. */
  readonly timeout: Micros | null;
  readonly delayBeforeRetry: Micros | null;
}

export const CHECK_INTERVAL = seconds(60);
const USUAL: Defaults = { retry: 1, timeout: seconds(5), delayBeforeRetry: seconds(1) };
/** keepalived acts on what these follow without waiting for more of it. */
const AT_ONCE: Defaults = { ...USUAL, retry: 0 };

/** A timeout of more of them than these was hardly meant. */
const MOST_INTERVALS = 60;
/** A check costs its server a connection. Milliseconds. */
const UNUSUALLY_OFTEN = 20;

/** keepalived's. */
export const CHECK_DEFAULTS: Readonly<Record<CheckType, Defaults>> = {
  tcp: USUAL,
  http: { ...USUAL, delayBeforeRetry: seconds(3) },
  https: { ...USUAL, delayBeforeRetry: seconds(3) },
  smtp: USUAL,
  dns: { ...USUAL, retry: 3, delayBeforeRetry: null },
  udp: USUAL,
  ping: USUAL,
  misc: { ...USUAL, retry: 0, timeout: null },
  file: AT_ONCE,
  bfd: AT_ONCE,
};

/**
 * How a server is checked: as its service is where it says nothing itself. A check of its own takes what it leaves out
 * from the service's, where that is one of the same type; a list stands by itself. `sayService` takes paths below the
 * service, `say` paths below the server.
 */
export function composeChecks(
  service: WrittenChecks | undefined,
  server: WrittenChecks | 'none' | undefined,
  key: DestKey,
  followable: Followable,
  sayService: Say,
  say: Say,
): readonly CheckConfig[] {
  if (server === 'none') return [];
  const own = server ?? service ?? [];
  const at = under(server === undefined ? sayService : say, 'check');
  const placed = Array.isArray(own)
    ? own.map((check: WrittenCheck, i: number) => ({ check, say: under(at, i) }))
    : [{ check: completed(service, server, own as WrittenCheck), say: at }];
  return placed.map(({ check, say: sayHere }) =>
    composeCheck(check, key, followable, sayHere, under(say, 'check')),
  );
}

/** What a server's check is with the service's around it. */
function completed(
  service: WrittenChecks | undefined,
  server: WrittenChecks | undefined,
  own: WrittenCheck,
): WrittenCheck {
  if (server === undefined || service === undefined || Array.isArray(service)) return own;
  const around = service as WrittenCheck;
  if (around.type !== own.type) return own;
  const isOneRequest = REQUEST_WORDS.some((word) => own[word] !== undefined);
  const dropped: readonly CheckKey[] =
    own.urls === undefined ? (isOneRequest ? ['urls'] : []) : REQUEST_WORDS;
  const kept = Object.entries(around).filter(([word]) => !dropped.includes(word as CheckKey));
  return { ...(Object.fromEntries(kept) as WrittenCheck), ...own };
}

function composeCheck(
  written: WrittenCheck,
  key: DestKey,
  followable: Followable,
  say: Say,
  sayServer: Say,
): CheckConfig {
  const { type } = written;
  const taken = KEYS_OF[type];
  for (const word of Object.keys(written) as CheckKey[]) {
    if (word === 'type' || taken.has(word) || written[word] === undefined) continue;
    const takers = (Object.keys(KEYS_OF) as CheckType[]).filter((each) => KEYS_OF[each].has(word));
    say(
      [word],
      mistake('conflicting_keys', `"${word}" is for ${takers.join(', ')}, not for a check by ${type}`),
    );
  }
  const timing = timingOf(written);
  if (written.timeout !== undefined && timing.timeout > MOST_INTERVALS * timing.interval) {
    const text = `this is more than ${MOST_INTERVALS} times the interval: a server that is silent is found out no sooner`;
    say(['timeout'], warning('value_unusual', text));
  }
  if (written.interval !== undefined && timing.interval < UNUSUALLY_OFTEN) {
    const text = `this asks every server ${Math.round(1000 / timing.interval)} times a second`;
    say(['interval'], warning('value_unusual', text));
  }
  return composeProbe(timing, written, key, followable, say, sayServer);
}

function timingOf(written: WrittenCheck): CheckTiming {
  const usual = CHECK_DEFAULTS[written.type];
  const interval = written.interval ?? CHECK_INTERVAL;
  const isTold = written.type === 'file' || written.type === 'bfd';
  return {
    interval: microsToMillis(interval),
    timeout: microsToMillis(written.timeout ?? usual.timeout ?? interval),
    retry: written.retry ?? usual.retry,
    delayBeforeRetry: microsToMillis(written.delay_before_retry ?? usual.delayBeforeRetry ?? interval),
    rise: written.rise ?? 1,
    warmup: microsToMillis(isTold ? micros(0) : (written.warmup ?? interval)),
    alpha: written.alpha ?? false,
  };
}
