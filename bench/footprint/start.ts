import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../test/support/eventually.ts';
import { Hearing } from '../bed/frames.ts';
import { now } from '../bed/now.ts';
import { KINDS, type Kind } from '../bed/program.ts';
import type { Figures, Progress, Row, Table } from '../report/report.ts';
import { type Bed, instances, logOf, OWNER, SPEECHES } from './bed.ts';
import { memoryOf, processesOf } from './processes.ts';

const LIMIT = 60_000;
/** What a process grows by in its first seconds is part of what it takes. Milliseconds. */
const SETTLING = 5000;
const VRID = 14 + 20 + 1;

/** What one start took, milliseconds from exec, and what there was in memory afterwards, megabytes. */
interface Start {
  readonly first: number;
  readonly all: number;
  /** Null for a program that does not say it. */
  readonly ready: number | null;
  readonly memory: number;
}

async function startOnce(bed: Bed, kind: Kind, count: number): Promise<Start> {
  const [speech] = SPEECHES;
  if (speech === undefined) throw new Error('no speech');
  const program = bed.program(kind, 'd1', OWNER, count, speech);
  const said = logOf(program).length;
  const hearing = await Hearing.start(bed.lab.host('client'), 'vrrp');
  const wall = Date.now();
  const from = now();
  program.start();
  const firsts = () => {
    const seen = new Map<number, number>();
    for (const { at, frame } of hearing.heard) {
      const vrid = frame[VRID] ?? 0;
      if (!seen.has(vrid)) seen.set(vrid, (at - from) / 1000);
    }
    return [...seen.values()];
  };
  await eventually(`${kind} has advertised ${count}`, LIMIT, () => firsts().length === count, 100);
  const heard = firsts();
  const ready = () => readyIn(logOf(program).slice(said));
  if (kind === 'lbd') await eventually('lbd is ready', LIMIT, () => ready() !== null, 100);
  await sleep(SETTLING);
  const memory = processesOf(program.pid).reduce((sum, { pid }) => sum + memoryOf(pid).pss, 0);
  const at = ready();
  await program.terminate();
  await hearing.stop();
  return {
    first: Math.min(...heard),
    all: Math.max(...heard),
    ready: at === null ? null : at - wall,
    memory,
  };
}

/** When lbd said that it is ready, by the time of day. Milliseconds. */
function readyIn(log: string): number | null {
  const time = /"time":"([^"]+)","event":"ready"/.exec(log)?.[1];
  return time === undefined ? null : Date.parse(time);
}

/** A Node that does nothing, from exec to its end: what every program in JavaScript begins with. Milliseconds. */
async function emptyNode(bed: Bed): Promise<number> {
  const from = now();
  await bed.lab.host('d1').exec(process.execPath, ['-e', '0']);
  return (now() - from) / 1000;
}

/** From exec to the first advert, to that of the last virtual router, to ready; and the memory then. */
export async function measureStart(
  bed: Bed,
  counts: readonly number[],
  rounds: number,
  progress: Progress,
): Promise<Table> {
  const rows: Row[] = [];
  for (const count of counts) {
    const seen: Record<Kind, Start[]> = { lbd: [], keepalived: [] };
    const empty: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      progress(`start of ${instances(count)}, round ${round} of ${rounds}`);
      for (const kind of KINDS) seen[kind].push(await startOnce(bed, kind, count));
      empty.push(await emptyNode(bed));
    }
    for (const kind of KINDS) rows.push(rowOf(instances(count), kind, seen[kind]));
    rows.push({
      case: instances(count),
      program: 'node -e 0',
      cells: [{ rounds: empty }, null, null, null],
    });
  }
  const most = { at: 'most', program: 'lbd' } as const;
  return {
    title: 'Start of the only director, owner of the addresses',
    columns: [
      { name: 'first advert', unit: 'ms', better: 'less' },
      { name: 'adverts of all', unit: 'ms', better: 'less' },
      { name: 'ready', unit: 'ms', better: 'less' },
      { name: 'memory (PSS)', unit: 'MB', better: 'less' },
    ],
    rows,
    targets: counts.map((count) => ({ ...most, case: instances(count), column: 'first advert', limit: 500 })),
  };
}

const rowOf = (name: string, program: string, starts: readonly Start[]): Row => ({
  case: name,
  program,
  cells: [
    figures(starts.map(({ first }) => first)),
    figures(starts.map(({ all }) => all)),
    figures(starts.map(({ ready }) => ready)),
    figures(starts.map(({ memory }) => memory)),
  ],
});

function figures(values: readonly (number | null)[]): Figures | null {
  const rounds = values.filter((value) => value !== null);
  return rounds.length === 0 ? null : { rounds };
}
