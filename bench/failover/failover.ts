// What a client loses when the master dies, and when it comes back; ours beside keepalived's.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SPEECHES, type Speech } from '../bed/conf.ts';
import { Pair, type Seen } from '../bed/pair.ts';
import { KINDS, type Kind } from '../bed/program.ts';
import { namedBy, numberOf } from '../report/options.ts';
import type { Figures, Progress, Report, Row, Table, Target } from '../report/report.ts';
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
  readonly case: string;
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

const caseOf = (speech: Speech, death: Death): string => `${death.name}, ${speech.name}`;

const measure = (kind: Kind, speech: Speech, death: Death, runs: number): Promise<Cell> =>
  Pair.with({ kinds: [kind, kind], speech, priorities: PRIORITIES }, async (pair) => {
    const seen: Run[] = [];
    while (seen.length < runs) {
      // Deaths are spread over the time between two adverts, which is part of what clients wait.
      const phase = (speech.interval * 1000 * (seen.length + 0.5)) / runs;
      seen.push(await once(pair, death, phase));
      await pair.settles();
    }
    return { case: caseOf(speech, death), death: death.name, kind, runs: seen };
  });

/** A director that comes back on purpose holds the address beside the other one for a while. */
const columnsOf = (when: keyof Run): Table['columns'] => [
  { name: 'lost', unit: 'probes', better: 'less' },
  { name: 'gap', unit: 'ms', better: 'less' },
  { name: 'held by two', unit: 'ms', better: when === 'death' ? 'less' : null },
  { name: 'answered twice', unit: 'probes', better: 'less' },
  { name: 'prober late', unit: 'ms', better: null },
];

function rowOf(cell: Cell, when: keyof Run): Row {
  const at = (key: keyof Seen): Figures => ({ rounds: cell.runs.map((run) => run[when][key]) });
  const cells = [at('lost'), at('gap'), at('both'), at('duplicates'), at('late')];
  return { case: cell.case, program: cell.kind, cells };
}

/** A planned stop and a return cost nothing; nobody waits longer than with keepalived; two holders end by themselves. */
const TARGETS_OF_DEATHS: Readonly<Record<string, Omit<Target, 'case' | 'program'>>> = {
  SIGTERM: { column: 'lost', at: 'most', limit: 0 },
  'link cut': { column: 'gap', at: 'most', limit: 1, of: 'keepalived' },
  'kill -9': { column: 'held by two', at: 'most', limit: 2000 },
};

function targetsOf(cells: readonly Cell[], when: keyof Run): readonly Target[] {
  const own = cells.filter(({ kind }) => kind === 'lbd');
  return own.flatMap((cell) => {
    const target =
      when === 'death' ? TARGETS_OF_DEATHS[cell.death] : ({ column: 'lost', at: 'most', limit: 0 } as const);
    return target === undefined ? [] : [{ case: cell.case, program: 'lbd', ...target }];
  });
}

const tableOf = (title: string, cells: readonly Cell[], when: keyof Run): Table => ({
  title,
  columns: columnsOf(when),
  rows: cells.map((cell) => rowOf(cell, when)),
  targets: targetsOf(cells, when),
});

/** Measures everything, or what `--adverts` and `--death` name; each `--runs` times, 5 unless given. */
export async function measureFailover(args: readonly string[], progress: Progress): Promise<Report> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '5' },
      adverts: { type: 'string' },
      death: { type: 'string' },
    },
  });
  const runs = numberOf('runs', values.runs);
  const deaths = namedBy('death', values.death, DEATHS, ({ name }) => name);
  const speeches = namedBy('adverts', values.adverts, SPEECHES, ({ name }) => name);
  const cells: Cell[] = [];
  for (const death of deaths) {
    for (const speech of speeches) {
      for (const kind of KINDS) {
        progress(`${caseOf(speech, death)}: ${kind}, ${runs} times`);
        cells.push(await measure(kind, speech, death, runs));
      }
    }
  }
  return {
    name: 'failover',
    measures:
      'What a client that asks every 2 ms loses when the master is stopped, loses its link, or has all its processes killed, and when it comes back; keepalived with the same file.',
    limits:
      'The time that the machine takes from the prober: no gap is more exact than the prober was late. After kill -9 two holders are watched for 5 s, so a value just below is one that never ended.',
    tables: [tableOf('The master dies', cells, 'death'), tableOf('It comes back', cells, 'comeBack')],
    details: cells,
  };
}
