import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../test/support/root.ts';
import type { Speech } from '../bed/conf.ts';
import { now } from '../bed/now.ts';
import { KINDS, type Kind, type Program } from '../bed/program.ts';
import type { Progress, Row, Table } from '../report/report.ts';
import { type Bed, instances, logOf, MOST, SPEECHES } from './bed.ts';
import { type Process, processesOf, processorTimeOf } from './processes.ts';

const FLOOR = 'sendmmsg in C';
/** A program that has not found its roles by then is measured all the same: it is not stable. Milliseconds. */
const LIMIT = 20_000;
/** From the last change on, so that what is compiled has been compiled. */
const SETTLING = 4000;
/** Two looks at the log. */
const LOOK = 200;

const STATE: Readonly<Record<Kind, RegExp>> = {
  lbd: /"event":"vrrp_state"/g,
  keepalived: /Entering (?:MASTER|BACKUP|FAULT) STATE/g,
};
const MASTER: Readonly<Record<Kind, RegExp>> = {
  lbd: /"to":"MASTER"/g,
  keepalived: /Entering MASTER STATE/g,
};

/** Shares of one processor, in percent, and how often an instance changed its state meanwhile. */
interface Idle {
  readonly master: number;
  readonly backup: number;
  readonly transitions: number;
}

/** Used by these in a window, percent of one processor. */
async function shareOf(groups: readonly (readonly Process[])[], seconds: number): Promise<readonly number[]> {
  const before = groups.map(processorTimeOf);
  const from = now();
  await sleep(seconds * 1000);
  const lasted = (now() - from) / 1000;
  return groups.map((group, i) => (100 * (processorTimeOf(group) - (before[i] ?? 0))) / lasted);
}

async function idleOnce(bed: Bed, kind: Kind, count: number, speech: Speech, seconds: number): Promise<Idle> {
  const programs = [
    bed.program(kind, 'd1', 200, count, speech),
    bed.program(kind, 'd2', 100, count, speech),
  ] as const;
  const said = programs.map((one) => logOf(one).length);
  const logs = () => programs.map((one, i) => logOf(one).slice(said[i] ?? 0));
  const [d1, d2] = programs;
  d1.start();
  d2.start();
  try {
    await settle(() => logs().join('\n'), kind, count);
    const before = countIn(logs(), STATE[kind]);
    const [master = 0, backup = 0] = await shareOf([processesOf(d1.pid), processesOf(d2.pid)], seconds);
    return { master, backup, transitions: countIn(logs(), STATE[kind]) - before };
  } finally {
    await Promise.all([end(d1), end(d2)]);
  }
}

const end = (program: Program) => program.kill();
const countIn = (logs: readonly string[], what: RegExp) =>
  logs.reduce((sum, log) => sum + (log.match(what)?.length ?? 0), 0);

/** Until the log has told of all masters and then of nothing more for a while. */
async function settle(log: () => string, kind: Kind, count: number): Promise<void> {
  const limit = Date.now() + LIMIT;
  let changes = -1;
  let quietSince = Date.now();
  while (Date.now() < limit) {
    const seen = countIn([log()], STATE[kind]);
    if (seen !== changes || countIn([log()], MASTER[kind]) < count) {
      changes = seen;
      quietSince = Date.now();
    } else if (Date.now() - quietSince >= SETTLING) return;
    await sleep(LOOK);
  }
}

/** The loop in C on d1, percent of one processor. */
async function floorOnce(bed: Bed, program: string, count: number, speech: Speech, seconds: number) {
  const d1 = bed.lab.host('d1');
  const child: ChildProcess = d1.spawn(program, [
    d1.device,
    d1.address,
    String(count),
    String(speech.interval * 1e6),
  ]);
  if (child.stdout === null || child.pid === undefined) throw new Error('the loop in C did not start');
  await once(child.stdout, 'data');
  const [share = 0] = await shareOf([[{ pid: child.pid, role: 'main' }]], seconds);
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  await ended;
  return share;
}

function compile(bed: Bed): string {
  const program = path.join(bed.lab.directory, 'adverts');
  execFileSync('cc', ['-O2', '-o', program, path.join(root, 'bench/footprint/adverts.c')]);
  return program;
}

/** What a pair that has nothing to do takes of the processors: the master, the backup, and the least that a master needs. */
export async function measureIdle(
  bed: Bed,
  counts: readonly number[],
  rounds: number,
  seconds: number,
  progress: Progress,
): Promise<Table> {
  const loop = compile(bed);
  const rows: Row[] = [];
  const cases = counts.flatMap((count) => SPEECHES.map((speech) => ({ count, speech })));
  for (const { count, speech } of cases) {
    const name = caseOf(count, speech);
    const seen: Record<Kind, Idle[]> = { lbd: [], keepalived: [] };
    const floor: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      progress(`idle with ${name}, round ${round} of ${rounds}`);
      for (const kind of KINDS) seen[kind].push(await idleOnce(bed, kind, count, speech, seconds));
      floor.push(await floorOnce(bed, loop, count, speech, seconds));
    }
    for (const kind of KINDS) {
      const of = (what: keyof Idle) => ({ rounds: seen[kind].map((one) => one[what]) });
      rows.push({ case: name, program: kind, cells: [of('master'), of('backup'), of('transitions')] });
    }
    rows.push({ case: name, program: FLOOR, cells: [{ rounds: floor }, null, null] });
  }
  const lbd = { program: 'lbd', at: 'most' } as const;
  const [, middle, fast] = SPEECHES;
  if (middle === undefined || fast === undefined) throw new Error('no speech');
  return {
    title: 'An idle pair',
    columns: [
      { name: 'master', unit: '% of a processor', better: 'less' },
      { name: 'backup', unit: '% of a processor', better: 'less' },
      { name: 'changes of state', unit: '', better: 'less' },
    ],
    rows,
    targets: !counts.includes(MOST)
      ? []
      : [
          { ...lbd, case: caseOf(MOST, middle), column: 'master', limit: 1, of: 'keepalived' },
          { ...lbd, case: caseOf(MOST, middle), column: 'backup', limit: 1, of: 'keepalived' },
          { ...lbd, case: caseOf(MOST, fast), column: 'master', limit: 10 },
          { ...lbd, case: caseOf(MOST, fast), column: 'changes of state', limit: 0 },
        ],
  };
}

const caseOf = (count: number, { name }: Speech) => `${instances(count)}, ${name}`;
