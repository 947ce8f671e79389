import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { printConf, type Speech } from '../bed/conf.ts';
import { Hearing } from '../bed/frames.ts';
import { holdingBetween } from '../bed/holding.ts';
import { now } from '../bed/now.ts';
import { worst } from '../bed/numbers.ts';
import { Pair } from '../bed/pair.ts';
import { type Stall, Stalls } from '../bed/stalls.ts';
import type { Progress } from '../report/report.ts';
import type { Contender } from './contenders.ts';
import { spacingOf } from './spacing.ts';

const PRIORITIES = [250, 200] as const;
/** Of lbd alone: keepalived checks nothing where the kernel has no IPVS. */
export const CHECKERS = 500;
const RELOAD_EVERY = 10_000;
/** Shorter times without a processor do not make three adverts of 10 ms late. Microseconds. */
const STALL = 8000;
/** What came so many intervals before a takeover may be its reason … */
const BEFORE = 6;
/** … if it lasted for so many. */
const REASON = 0.8;

/** The lower director took the address while the other one was well. */
interface FalseTakeover {
  /** Seconds after the begin of the load. */
  readonly at: number;
  /** The longest time that a processor stood still just before. Milliseconds; 0 where that is no reason. */
  readonly stall: number;
  /** What the program says of it. */
  readonly said: string;
}

/** One program under load for a while. Times are milliseconds. */
export interface Steadiness {
  /** How often the address came to a director that did not hold it. */
  readonly moves: number;
  readonly takeovers: readonly FalseTakeover[];
  /** Between two adverts of the master where the other director gets them. */
  readonly spacing: { readonly p999: number; readonly longest: number };
  /** How often, and for how long at most, a processor stood still while there was load. */
  readonly stalls: { readonly count: number; readonly longest: number };
  readonly reloads: number;
}

const servers = Array.from(
  { length: CHECKERS },
  (_, i) => `  real_server 127.1.${i >> 8}.${i & 255} 9 {\n    TCP_CHECK { connect_timeout 1 }\n  }\n`,
);
const checked = (lines: readonly string[]) =>
  `virtual_server 10.98.0.1 80 {\n  delay_loop 1\n  protocol TCP\n${lines.join('')}}\n`;

/** What two directors do with busy loops, reloads and checks beside them; d1 is well all the time. */
export async function seeUnderLoad(
  { name, kind, globals, isReloaded }: Contender,
  speech: Speech,
  seconds: number,
  progress: Progress,
): Promise<Steadiness> {
  const pair = await Pair.build({ kinds: [kind, kind], speech, priorities: PRIORITIES });
  /** In every second reload the last of the servers is missing. */
  const configure = (round: number) => {
    for (const [i, director] of [pair.d1, pair.d2].entries()) {
      const priority = PRIORITIES[i] ?? 0;
      const vrrp = printConf([{ vrid: 51, address: `${pair.lab.vip}/24`, speech, priority }]);
      director.configure(`${globals}${vrrp}${kind === 'lbd' ? checked(servers.slice(round % 2)) : ''}`);
    }
  };
  try {
    configure(0);
    pair.d1.start();
    pair.d2.start();
    await pair.settles();
    const client = pair.lab.host('client');
    // They end by themselves if this process is killed.
    const busy = ['timeout', [String(seconds + 60), 'sh', '-c', 'while :; do :; done']] as const;
    for (let i = 0; i < 2 * availableParallelism(); i++) client.spawn(...busy);
    const stalls = await Stalls.start(client, STALL);
    const hearing = await Hearing.start(pair.lab.host('d2'), 'vrrp');
    let reloads = 0;
    const from = now();
    for (let left = seconds * 1000; left > 0; left -= RELOAD_EVERY) {
      progress(`${speech.name}, ${name}: load for another ${left / 1000} s`);
      await sleep(Math.min(left, RELOAD_EVERY));
      if (!isReloaded()) continue;
      configure(++reloads);
      pair.d1.reload();
      pair.d2.reload();
    }
    const to = now();
    await hearing.stop();
    await stalls.stop();
    const histories = pair.watches.map(({ history }) => history);
    return {
      moves: holdingBetween(histories, from, to).moves,
      takeovers: falseTakeovers(pair, stalls.seen, from, speech.interval * 1e6),
      spacing: spacingOf(hearing.heard, pair.lab.host('d1').address),
      stalls: { count: stalls.seen.length, longest: worst([0, ...stalls.seen.map(lengthOf)]) },
      reloads,
    };
  } finally {
    await pair.lab.close();
  }
}

const lengthOf = ({ from, to }: Stall): number => (to - from) / 1000;

/** `interval` in microseconds. */
function falseTakeovers(
  pair: Pair,
  stalls: readonly Stall[],
  from: number,
  interval: number,
): readonly FalseTakeover[] {
  const times = pair.watches[1].history.filter(({ at, count }) => at > from && count > 0).map(({ at }) => at);
  const said = pair.d2.log.split('\n').filter((line) => /→ MASTER|Entering MASTER/.test(line));
  const reasons = stalls.filter((each) => each.to - each.from >= REASON * interval);
  return times.map((at, i) => ({
    at: (at - from) / 1e6,
    stall: worst([
      0,
      ...reasons.filter((each) => each.to > at - BEFORE * interval && each.from < at).map(lengthOf),
    ]),
    said: said.slice(i - times.length)[0] ?? '',
  }));
}
