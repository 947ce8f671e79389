// npm run bench -- handover: what a client loses when a director is stopped on purpose and comes back, for all pairs of programs.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SPEECHES, type Speech } from '../bed/conf.ts';
import { median, printNumber, printTable, worst } from '../bed/numbers.ts';
import { Pair, type Seen } from '../bed/pair.ts';
import { KINDS, type Kind } from '../bed/program.ts';
import { save } from '../bed/save.ts';

const PRIORITIES = [250, 200] as const;
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
  Pair.with({ kinds, speech, priorities: PRIORITIES }, async (pair) => {
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

function rows({ way, kinds: [first, second], away, back }: Cell): readonly (readonly string[])[] {
  const row = (from: Kind, to: Kind, how: string, seen: readonly Seen[]) => {
    const lost = seen.map((one) => one.lost);
    const gap = seen.map((one) => one.gap);
    return [
      `${from} → ${to}`,
      how,
      lost.join(' '),
      `${printNumber(median(gap))} / ${printNumber(worst(gap))}`,
      printNumber(Math.max(...seen.map((one) => one.late))),
    ];
  };
  return [
    row(first, second, way === 'stop' ? 'stop' : 'lbctl failover', away),
    row(second, first, way === 'stop' ? 'return' : 'lbctl failback', back),
  ];
}

/** Measures `--count` handovers and as many returns of each pair. */
export async function measureHandover(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      count: { type: 'string', default: '5' },
      adverts: { type: 'string', default: 'v2 1 s' },
    },
  });
  const speech = SPEECHES.find(({ name }) => name === values.adverts);
  if (speech === undefined)
    throw new Error(`--adverts is one of ${SPEECHES.map(({ name }) => name).join(', ')}`);
  const cells: Cell[] = [];
  for (const first of KINDS) {
    for (const way of first === 'lbd' ? (['stop', 'lbctl'] as const) : (['stop'] as const)) {
      for (const second of KINDS) {
        cells.push(await measure(way, [first, second], speech, Number(values.count)));
      }
    }
  }
  const heading = [
    'master → new master',
    'by',
    'lost probes of each',
    'gap ms: median / worst',
    'prober late ms',
  ];
  process.stdout.write(`${values.count} of each, ${speech.name}, probes every 2 ms\n`);
  process.stdout.write(printTable([heading, ...cells.flatMap(rows)]));
  process.stdout.write(`${save('handover', cells)}\n`);
}
