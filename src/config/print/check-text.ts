import type { z } from 'zod';
import { microsToMillis, millis } from '../../base/units.ts';
import type { CheckConfig, HttpProbe, HttpRequest, Reach, UdpProbe } from '../../model/check.ts';
import type { DestKey } from '../../model/services.ts';
import { CHECK_DEFAULTS, CHECK_INTERVAL } from '../compose/check.ts';
import { nameOf, USUAL_STATUS } from '../compose/http.ts';
import { HELO, MOST_REPLY } from '../compose/probe.ts';
import { type CheckKey, type CheckType, type checkSchema, KEYS_OF } from '../schema/checks.ts';
import { millisUnless, unless } from './common.ts';

export type CheckText = z.input<typeof checkSchema>;
type RequestText = NonNullable<CheckText['urls']>[number];

/** No duration is this one. */
const NEVER = millis(-1);

export const typeOf = (check: CheckConfig): CheckType =>
  check.type === 'http' && check.tls !== null ? 'https' : check.type;

/** A check of the server with this key, without what reading would fill in. */
export const checkText = (check: CheckConfig, key: DestKey): CheckText => said(check, key, false);

/** The same with what reading would fill in, as far as there is a word for it. */
export const fullCheckText = (check: CheckConfig, key: DestKey): CheckText => said(check, key, true);

/** `type` comes first. */
function said(check: CheckConfig, key: DestKey, isFull: boolean): CheckText {
  const type = typeOf(check);
  const words = { type, ...timing(check, isFull), ...reach(check, key, isFull), ...asked(check, isFull) };
  const kept = Object.entries(words).filter(
    ([word, value]) => value !== undefined && (word === 'type' || KEYS_OF[type].has(word as CheckKey)),
  );
  return Object.fromEntries(kept) as CheckText;
}

/** The value, unless it is the usual one and need not be said. */
const when = <T>(isFull: boolean, fallback: T, value: T): T | undefined =>
  isFull ? value : unless(fallback, value);

function timing(check: CheckConfig, isFull: boolean): Partial<CheckText> {
  const { timeout, delayBeforeRetry, retry } = CHECK_DEFAULTS[typeOf(check)];
  const { interval } = check;
  const time = (fallback: typeof interval, value: typeof interval) =>
    millisUnless(isFull ? NEVER : fallback, value);
  return {
    interval: time(microsToMillis(CHECK_INTERVAL), interval),
    timeout: time(timeout === null ? interval : microsToMillis(timeout), check.timeout),
    retry: when(isFull, retry, check.retry),
    rise: when(isFull, 1, check.rise),
    delay_before_retry: time(
      delayBeforeRetry === null ? interval : microsToMillis(delayBeforeRetry),
      check.delayBeforeRetry,
    ),
    warmup: time(interval, check.warmup),
    alpha: when(isFull, false, check.alpha),
  };
}

function reach(check: CheckConfig, key: DestKey, isFull: boolean): Partial<CheckText> {
  if (!('target' in check)) return {};
  const { target, source }: Reach = check;
  return {
    connect_ip: when(isFull, key.address, target.address),
    connect_port: target.port === 0 ? undefined : when(isFull, key.port, target.port),
    bind_ip: source.address ?? undefined,
    bind_port: source.port ?? undefined,
    bind_if: source.interface ?? undefined,
    fwmark: source.fwmark ?? undefined,
  };
}

function asked(check: CheckConfig, isFull: boolean): Partial<CheckText> {
  switch (check.type) {
    case 'http':
      return http(check, isFull);
    case 'smtp':
      return { helo: when(isFull, HELO, check.helo) };
    case 'dns':
      return { query_type: when(isFull, 'SOA', check.question), name: when(isFull, '.', check.name) };
    case 'udp':
      return udp(check, isFull);
    case 'misc': {
      const { argv, user, group } = check.command;
      const dynamic = when(isFull, false, check.isDynamic);
      return { command: [...argv], user: user ?? undefined, group: group ?? undefined, dynamic };
    }
    case 'file':
      return { tracker: check.tracker, weight: check.weight, reverse: check.isReversed };
    case 'bfd':
      return { session: check.session };
    default:
      return {};
  }
}

function http(check: HttpProbe, isFull: boolean): Partial<CheckText> {
  const { tls, requests } = check;
  const [only, ...others] = requests;
  const sni =
    tls === null || tls.serverName === nameOf(requests) ? undefined : (tls.serverName ?? (false as const));
  return {
    ...(only === undefined || others.length > 0
      ? { urls: requests.map((request) => requestText(request, isFull)) }
      : requestText(only, isFull)),
    version: when(isFull, '1.1', check.version),
    fast_recovery: when(isFull, false, check.fastRecovery),
    ...(tls === null
      ? {}
      : {
          sni: sni ?? (isFull ? (tls.serverName ?? (false as const)) : undefined),
          verify: when(isFull, false, tls.verify),
          ca: tls.ca ?? undefined,
          certificate: tls.certificate ?? undefined,
          key: tls.key ?? undefined,
          expiry_warning: tls.expiryWarning === null ? undefined : millisUnless(NEVER, tls.expiryWarning),
        }),
  };
}

function requestText({ method, path, host, headers, expect }: HttpRequest, isFull: boolean): RequestText {
  const { status, digest, body } = expect;
  const isUsual = JSON.stringify(status) === JSON.stringify(USUAL_STATUS);
  return {
    path: when(isFull, '/', path),
    host: host ?? undefined,
    method: when(isFull, 'GET', method),
    headers: headers.length === 0 ? undefined : Object.fromEntries(headers),
    status:
      isUsual && !isFull ? undefined : status.map(([from, to]) => (from === to ? from : `${from}-${to}`)),
    digest: digest ?? undefined,
    ...(body === null
      ? {}
      : {
          [body.isNegated ? 'no_match' : 'match']: body.pattern,
          match_flags: when(isFull, '', body.flags),
          match_from: body.from ?? undefined,
          match_to: body.to ?? undefined,
        }),
  };
}

const udp = ({ payload, reply }: UdpProbe, isFull: boolean): Partial<CheckText> => ({
  payload: when(isFull, '', hexText(payload)),
  ...(reply === null
    ? {}
    : {
        reply: hexText(reply.bytes, reply.mask),
        min_reply_length: when(isFull, 0, reply.least),
        max_reply_length: when(isFull, MOST_REPLY, reply.most),
      }),
});

/** Two digits a byte; X for a digit whose bits do not count. */
export const hexText = (bytes: Uint8Array, mask?: Uint8Array): string =>
  Array.from(bytes, (byte, i) => {
    const [high = '', low = ''] = byte.toString(16).padStart(2, '0');
    const counts = mask?.[i] ?? 0xff;
    return `${counts & 0xf0 ? high : 'X'}${counts & 0x0f ? low : 'X'}`;
  }).join('');
