// What a client loses when a director is stopped on purpose and comes back, for all pairs of programs.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SPEECHES, type Speech } from '../bed/conf.ts';
import { Pair, type Seen } from '../bed/pair.ts';
import { KINDS, type Kind, missing } from '../bed/program.ts';
import { namedBy, wholeNumberOf } from '../report/options.ts';
import type { Progress, Report, Row, Target } from '../report/report.ts';
import { PRIORITIES } from './deaths.ts';
import { PACE } from './failover.ts';

const AFTER_MOVE = 500;

/** How the better director goes and comes back; keepalived knows nothing but stopping. */
const WAYS = {
  stop: {
    away: (pair: Pair) => pair.d1.terminate(),
    back: async (pair: Pair) => pair.d1.start(),
  },
  lbctl: {
    away: (pair: Pair) => pair.d1.order('failover', 'VI_51'),
    back: (pair: Pair) => pair.d1.order('failback', 'VI_51'),
  },
} as const;
type Way = keyof typeof WAYS;

interface Cell {
  readonly way: Way;
  readonly kinds: readonly [Kind, Kind];
  readonly away: readonly Seen[];
  readonly back: readonly Seen[];
}

const measure = (way: Way, kinds: readonly [Kind, Kind], speech: Speech, count: number): Promise<Cell> =>
  Pair.with({ kinds, speech, priorities: PRIORITIES, pace: PACE }, async (pair) => {
    const away: Seen[] = [];
    const back: Seen[] = [];
    while (away.length < count) {
      away.push(
        await pair.watch(async () => {
          await WAYS[way].away(pair);
          await pair.moves();
          await pair.releases();
          await sleep(AFTER_MOVE);
        }),
      );
      back.push(
        await pair.watch(async () => {
          await WAYS[way].back(pair);
          await pair.settles();
        }),
      );
    }
    return { way, kinds, away, back };
  });

const KEYS = ['lost', 'gap', 'both', 'late'] as const;

/** Who handed over to whom, and how; the program of a row is the one that was told to. */
function rowsOf({ way, kinds: [first, second], away, back }: Cell): readonly Row[] {
  const row = (name: string, seen: readonly Seen[]): Row => ({
    case: name,
    program: first,
    cells:
      seen.length > 0
        ? KEYS.map((key) => ({ rounds: seen.map((each) => each[key]) }))
        : KEYS.map((_, i) => (i === 0 ? (missing(first) ?? missing(second)) : null)),
  });
  return [
    row(`${way === 'stop' ? 'stop' : 'lbctl failover'}, to ${second}`, away),
    row(`${way === 'stop' ? 'return' : 'lbctl failback'}, from ${second}`, back),
  ];
}

/** Those of one case together. */
const inOrder = (rows: readonly Row[]): readonly Row[] => {
  const cases = [...new Set(rows.map((row) => row.case))];
  return cases.flatMap((name) => rows.filter((row) => row.case === name));
};

/** lbd loses nothing, and nobody waits for 10 ms, whoever is its peer. */
const targetsOf = (rows: readonly Row[]): readonly Target[] =>
  rows
    .filter(({ program }) => program === 'lbd')
    .flatMap((row) => [
      { case: row.case, program: 'lbd', column: 'lost', at: 'most', limit: 0 },
      { case: row.case, program: 'lbd', column: 'gap', at: 'most', limit: 10 },
    ]);

/** `--rounds` handovers and as many returns of each pair, 5 unless given; `--adverts`: how VRRP is spoken. */
export async function measureHandover(args: readonly string[], progress: Progress): Promise<Report> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      adverts: { type: 'string', default: 'v2 1 s' },
    },
  });
  const rounds = wholeNumberOf('rounds', values.rounds);
  const [speech] = namedBy('adverts', values.adverts, SPEECHES, ({ name }) => name);
  const cells: Cell[] = [];
  for (const first of KINDS) {
    for (const way of first === 'lbd' ? (['stop', 'lbctl'] as const) : (['stop'] as const)) {
      for (const second of KINDS) {
        const why = missing(first) ?? missing(second);
        progress(`${first} hands over to ${second} by ${way}, ${why ?? `${rounds} times`}`);
        cells.push(
          why === null
            ? await measure(way, [first, second], speech, rounds)
            : { way, kinds: [first, second], away: [], back: [] },
        );
      }
    }
  }
  const rows = inOrder(cells.flatMap(rowsOf));
  return {
    name: 'handover',
    measures:
      'What a client that asks every 0.5 ms loses when the better director is stopped on purpose and started again, for all four pairs of programs.',
    limits: 'The time that the machine takes from the prober: no gap is more exact than the prober was late.',
    tables: [
      {
        title: `The better director goes and comes back, adverts ${speech.name}`,
        columns: [
          { name: 'lost', unit: 'probes', better: 'less' },
          { name: 'gap', unit: 'ms', better: 'less' },
          { name: 'held by two', unit: 'ms', better: null },
          { name: 'prober late', unit: 'ms', better: null },
        ],
        rows,
        targets: targetsOf(rows),
      },
    ],
    details: cells,
  };
}
