import { err, ok } from '../../base/result.ts';
import { mistake } from '../diagnostic.ts';
import type { Parse } from './line.ts';
import { number } from './values.ts';

/** linux/rtnetlink.h, RTAX_LOCK: a bit per metric that path MTU discovery and the like may not change. */
export const RTAX_LOCK = 1;

interface Metric {
  /** RTAX_*, linux/rtnetlink.h. */
  readonly id: number;
  readonly parse: Parse<number>;
  readonly print: (value: number) => string;
}

const MOST = 0xffff_ffff;
const plain = (id: number, least = 1, most = MOST): Metric => ({
  id,
  parse: number(least, most),
  print: String,
});

/** A time: a bare number is in the kernel's unit, of which a millisecond has `perMillisecond` (ip-route(8), rtt). */
const time = (id: number, perMillisecond: number): Metric => ({
  id,
  parse: (text) => {
    const [, digits, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(s|secs?|ms|msecs?)?$/.exec(text) ?? [];
    const factor = unit === undefined ? 1 : perMillisecond * (unit.startsWith('m') ? 1 : 1000);
    const value = Math.round(Number(digits) * factor);
    return digits !== undefined && value >= 1 && value <= MOST
      ? ok(value)
      : err(mistake('bad_value', `"${text.slice(0, 60)}" is no time such as 200ms or 1s`));
  },
  print: (value) => (value % perMillisecond === 0 ? `${value / perMillisecond}ms` : String(value)),
});

/** linux/rtnetlink.h, RTAX_FEATURE_ECN: the only one that routes still carry. */
const ECN = 1;
const features: Metric = {
  id: 12,
  parse: (text) =>
    text === 'ecn'
      ? ok(ECN)
      : err(
          mistake('unknown_value', `"${text.slice(0, 60)}" is no feature of a route`, { allowed: ['ecn'] }),
        ),
  print: () => 'ecn',
};

/** The metrics of a route by the words of ip-route(8). */
export const METRICS: Readonly<Record<string, Metric>> = {
  mtu: plain(2, 68),
  window: plain(3),
  rtt: time(4, 8),
  rttvar: time(5, 4),
  ssthresh: plain(6),
  cwnd: plain(7),
  advmss: plain(8),
  reordering: plain(9, 1, 300),
  hoplimit: plain(10, 0, 255),
  initcwnd: plain(11),
  features,
  rto_min: time(13, 1),
  initrwnd: plain(14),
  quickack: plain(15, 0, 1),
  fastopen_no_cookie: plain(17, 0, 1),
};
