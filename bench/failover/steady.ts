// Adverts every 10 ms on a machine without a processor to spare; ours beside keepalived's.

import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { printConf, type Speech } from '../bed/conf.ts';
import { now } from '../bed/now.ts';
import { worst } from '../bed/numbers.ts';
import { Pair } from '../bed/pair.ts';
import { KINDS, type Kind } from '../bed/program.ts';
import { type Stall, Stalls } from '../bed/stalls.ts';
import { namedBy, numberOf } from '../report/options.ts';
import { figure, type Progress, type Report, type Row, type Table } from '../report/report.ts';

const SPEECH: Speech = { name: 'v3 10 ms', version: 3, interval: 0.01 };
const PRIORITIES = [250, 200] as const;
/** Only lbd has them: keepalived checks nothing where the kernel has no IPVS. */
const CHECKERS = 500;
const RELOAD_EVERY = 10_000;
const CUTS = 5;
/** Shorter times without a processor do not make three adverts of 10 ms late. Microseconds. */
const STALL = 8000;
/** What came so long before a takeover may be its reason. */
const BEFORE = 60_000;

/** The lower director took the address while the other one was well. */
interface FalseTakeover {
  /** Seconds after the begin of the load. */
  readonly at: number;
  /** The longest time that a processor stood still just before. Milliseconds. */
  readonly stall: number;
  /** What the program says of it. */
  readonly said: readonly string[];
}

interface Steadiness {
  readonly kind: Kind;
  readonly seconds: number;
  /** How often the address came to a director that had no reason to take it. */
  readonly moves: number;
  readonly takeovers: readonly FalseTakeover[];
  /** How often, and for how long at most, a processor stood still while there was load. Milliseconds. */
  readonly stalls: { readonly count: number; readonly worst: number };
  readonly reloads: number;
  /** The longest time without an answer after each cut of the master's link, the load gone. Milliseconds. */
  readonly gaps: readonly number[];
}

const servers = Array.from(
  { length: CHECKERS },
  (_, i) => `  real_server 127.1.${i >> 8}.${i & 255} 9 {\n    TCP_CHECK { connect_timeout 1 }\n  }\n`,
);
const checked = (lines: readonly string[]) =>
  `virtual_server 10.98.0.1 80 {\n  delay_loop 1\n  protocol TCP\n${lines.join('')}}\n`;

/** What a director reads: in every second reload the last of the servers is missing. */
function conf(pair: Pair, kind: Kind, priority: number, round: number): string {
  const vrrp = printConf([{ vrid: 51, address: `${pair.lab.vip}/24`, speech: SPEECH, priority }]);
  return kind === 'keepalived' ? vrrp : `${vrrp}${checked(servers.slice(round % 2))}`;
}

async function measure(kind: Kind, seconds: number, progress: Progress): Promise<Steadiness> {
  const pair = await Pair.build({ kinds: [kind, kind], speech: SPEECH, priorities: PRIORITIES });
  const configure = (round: number) => {
    pair.d1.configure(conf(pair, kind, PRIORITIES[0], round));
    pair.d2.configure(conf(pair, kind, PRIORITIES[1], round));
  };
  try {
    configure(0);
    pair.d1.start();
    pair.d2.start();
    await pair.settles();
    // They end by themselves if this process is killed.
    const busy = ['timeout', [String(seconds + 60), 'sh', '-c', 'while :; do :; done']] as const;
    const load = Array.from({ length: 2 * availableParallelism() }, () =>
      pair.lab.host('client').spawn(...busy),
    );
    let reloads = 0;
    const stalls = await Stalls.start(pair.lab.host('client'), STALL);
    const from = now();
    const { moves } = await pair.watch(async () => {
      for (let left = seconds * 1000; left > 0; left -= RELOAD_EVERY) {
        progress(`${kind}: load for another ${left / 1000} s`);
        await sleep(Math.min(left, RELOAD_EVERY));
        configure(++reloads);
        pair.d1.reload();
        pair.d2.reload();
      }
    });
    const takeovers = falseTakeovers(pair, stalls.seen, from);
    await stalls.stop();
    for (const child of load) child.kill('SIGTERM');
    await pair.settles();
    progress(`${kind}: cuts the link ${CUTS} times`);
    const gaps: number[] = [];
    while (gaps.length < CUTS) {
      await sleep((10 * (gaps.length + 0.5)) / CUTS);
      const { gap } = await pair.watch(async () => {
        await pair.lab.cutLink('d1');
        await pair.moves();
        await sleep(500);
      });
      gaps.push(gap);
      await pair.lab.restoreLink('d1');
      await pair.settles();
    }
    const stood = { count: stalls.seen.length, worst: worst([0, ...stalls.seen.map(lengthOf)]) };
    return { kind, seconds, moves, takeovers, stalls: stood, reloads, gaps };
  } finally {
    await pair.lab.close();
  }
}

const lengthOf = ({ from, to }: Stall): number => (to - from) / 1000;

function falseTakeovers(pair: Pair, stalls: readonly Stall[], from: number): readonly FalseTakeover[] {
  const times = pair.watches[1].history.filter(({ at, count }) => at > from && count > 0).map(({ at }) => at);
  const said = pair.d2.log.split('\n').filter((line) => /→ MASTER|Entering MASTER/.test(line));
  return times.map((at, i) => ({
    at: (at - from) / 1e6,
    stall: worst([0, ...stalls.filter((each) => each.to > at - BEFORE && each.from < at).map(lengthOf)]),
    said: said.slice(i - times.length).slice(0, 1),
  }));
}

const caseOf = ({ seconds }: Steadiness): string => `${seconds} s of load`;
const OWN_FAULT = 'takeovers without a stall';

const rowOf = (seen: Steadiness): Row => ({
  case: caseOf(seen),
  program: seen.kind,
  cells: [
    figure(seen.moves),
    figure(seen.takeovers.filter(({ stall }) => stall === 0).length),
    { rounds: seen.gaps },
    figure(seen.stalls.count),
    figure(seen.stalls.worst),
    figure(seen.reloads),
  ],
});

/** Each takeover, what came before it, and what the program says of it. */
const takeoversOf = (all: readonly Steadiness[]): Table => ({
  title: 'Takeovers while the master was well',
  columns: [
    { name: 'longest stall just before', unit: 'ms', better: null },
    { name: 'its reason', unit: '', better: null },
  ],
  rows: all.flatMap(({ kind, takeovers }) =>
    takeovers.map(({ at, stall, said }) => ({
      case: `after ${at.toFixed(1)} s`,
      program: kind,
      cells: [figure(stall), said.join('')],
    })),
  ),
});

/** `--seconds`: how long the load lasts, 600 unless given. `--program`: lbd or keepalived alone. */
export async function measureSteadiness(args: readonly string[], progress: Progress): Promise<Report> {
  const { values } = parseArgs({
    args: [...args],
    options: { seconds: { type: 'string', default: '600' }, program: { type: 'string' } },
  });
  const seconds = numberOf('seconds', values.seconds);
  const kinds = namedBy('program', values.program, KINDS, (kind) => kind);
  const seen: Steadiness[] = [];
  for (const kind of kinds) seen.push(await measure(kind, seconds, progress));
  const takeovers = takeoversOf(seen);
  return {
    name: 'steady',
    measures: `How often the address moves for no reason with adverts every 10 ms, twice as many busy loops as processors, a reload every 10 s and, for lbd, ${CHECKERS} checks a second; then what a client waits after a cut link.`,
    limits:
      'Stalls of the whole machine: 8 ms or more in which even the program of the highest priority did not run. A takeover without one is the fault of the program.',
    tables: [
      {
        title: 'The address under load, and after the load',
        columns: [
          { name: 'false moves', unit: '', better: 'less' },
          { name: OWN_FAULT, unit: '', better: 'less' },
          { name: 'gap of a cut link', unit: 'ms', better: 'less' },
          { name: 'stalls', unit: '', better: null },
          { name: 'longest stall', unit: 'ms', better: null },
          { name: 'reloads', unit: '', better: null },
        ],
        rows: seen.map(rowOf),
        targets: seen
          .filter(({ kind }) => kind === 'lbd')
          .map((each) => ({ case: caseOf(each), program: 'lbd', column: OWN_FAULT, at: 'most', limit: 0 })),
      },
      ...(takeovers.rows.length > 0 ? [takeovers] : []),
    ],
    details: seen,
  };
}
