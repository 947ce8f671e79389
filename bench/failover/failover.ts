// npm run bench -- failover: what a client loses when the master dies, and when it comes back; ours beside keepalived's.

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SPEECHES, type Speech } from '../bed/conf.ts';
import { median, printNumber, printTable, worst } from '../bed/numbers.ts';
import { Pair, type Seen } from '../bed/pair.ts';
import { KINDS, type Kind } from '../bed/program.ts';
import { save } from '../bed/save.ts';
import { DEATHS, type Death } from './deaths.ts';

const PRIORITIES = [250, 200] as const;
/** How long two holders are watched for after a kill, when nothing may end it. Milliseconds. */
const AFTER_DEATH = 5000;
/** What is watched after the address has moved, the announcements and all. Milliseconds. */
const AFTER_MOVE = 500;

interface Run {
  readonly death: Seen;
  readonly comeBack: Seen;
}

interface Cell {
  readonly speech: string;
  readonly death: string;
  readonly kind: Kind;
  readonly runs: readonly Run[];
}

/** One death, `phase` milliseconds after everything has become quiet. */
async function once(pair: Pair, death: Death, phase: number): Promise<Run> {
  await sleep(phase);
  const died = await pair.watch(async () => {
    const end = sleep(death.name === 'kill -9' ? AFTER_DEATH : 0);
    await death.die(pair);
    await pair.moves();
    await sleep(AFTER_MOVE);
    await end;
  });
  const comeBack = await pair.watch(async () => {
    await death.comeBack(pair);
    await pair.settles();
  });
  return { death: died, comeBack };
}

const measure = (kind: Kind, speech: Speech, death: Death, runs: number): Promise<Cell> =>
  Pair.with({ kinds: [kind, kind], speech, priorities: PRIORITIES }, async (pair) => {
    const seen: Run[] = [];
    while (seen.length < runs) {
      // Deaths are spread over the time between two adverts, which is part of what clients wait.
      const phase = (speech.interval * 1000 * (seen.length + 0.5)) / runs;
      seen.push(await once(pair, death, phase));
      await pair.settles();
    }
    return { speech: speech.name, death: death.name, kind, runs: seen };
  });

const HEADING = [
  'adverts',
  'death',
  'program',
  'lost',
  'gap ms',
  'both ms',
  'dup',
  'return: lost',
  'gap ms',
  'both ms',
  'prober late ms',
];

/** Median and worst. */
const two = (values: readonly number[]) => `${printNumber(median(values))} / ${printNumber(worst(values))}`;

function row({ speech, death, kind, runs }: Cell): readonly string[] {
  const at = (of: 'death' | 'comeBack', key: keyof Seen) => runs.map((run) => run[of][key]);
  const late = Math.max(...at('death', 'late'), ...at('comeBack', 'late'));
  return [
    speech,
    death,
    kind,
    two(at('death', 'lost')),
    two(at('death', 'gap')),
    two(at('death', 'both')),
    String(worst(at('death', 'duplicates'))),
    two(at('comeBack', 'lost')),
    two(at('comeBack', 'gap')),
    two(at('comeBack', 'both')),
    printNumber(late),
  ];
}

/** Measures everything, or what `--adverts` and `--death` name. */
export async function measureFailover(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '5' },
      adverts: { type: 'string' },
      death: { type: 'string' },
    },
  });
  const cells: Cell[] = [];
  for (const speech of SPEECHES.filter(({ name }) => name === (values.adverts ?? name))) {
    for (const death of DEATHS.filter(({ name }) => name === (values.death ?? name))) {
      for (const kind of KINDS) {
        const cell = await measure(kind, speech, death, Number(values.runs));
        cells.push(cell);
        process.stderr.write(`${row(cell).join(' | ')}\n`);
      }
    }
  }
  process.stdout.write(
    `${values.runs} runs: median / worst; probes every 2 ms\n${printTable([HEADING, ...cells.map(row)])}`,
  );
  process.stdout.write(`${save('failover', cells)}\n`);
}
