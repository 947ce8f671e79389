// What a client loses when the master dies, and when it comes back; ours beside keepalived's.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { eventually } from '../../test/support/eventually.ts';
import { HEARTBEAT, SPEECHES, type Speech } from '../bed/conf.ts';
import { Hearing } from '../bed/frames.ts';
import { now } from '../bed/now.ts';
import { Pair, type Seen } from '../bed/pair.ts';
import { KINDS, type Kind, missing } from '../bed/program.ts';
import { namedBy, wholeNumberOf } from '../report/options.ts';
import type { Column, Progress, Report, Row, Table, Target } from '../report/report.ts';
import { DEATHS, type Death, PRIORITIES } from './deaths.ts';
import { floorOf } from './floor.ts';

/** Microseconds from one probe to the next. */
export const PACE = 500;
/** How long two holders are watched for after a kill, when nothing may end it. Milliseconds. */
const AFTER_DEATH = 5000;
/** What is watched after the address has moved, the announcements and all. Milliseconds. */
const AFTER_MOVE = 500;

/** The silence of a path that has come up so recently is nobody's death, by the program's rule. Milliseconds. */
const STEADY = 1200;

interface Run {
  readonly death: Seen;
  /** From the death until the other director holds the address. Milliseconds. */
  readonly takenOver: number;
  readonly comeBack: Seen;
}

interface Cell {
  readonly death: Death;
  readonly speech: Speech;
  readonly kind: Kind;
  readonly runs: readonly Run[];
}

/** One death, `phase` milliseconds after an advert. */
async function once(pair: Pair, hearing: Hearing, death: Death, phase: number): Promise<Run> {
  let from = 0;
  const died = await pair.watch(async () => {
    const { length } = hearing.heard;
    await eventually('an advert', AFTER_DEATH, () => hearing.heard.length > length, 1);
    await sleep(phase);
    from = now();
    const end = sleep(death.leavesAddress ? AFTER_DEATH : 0);
    await death.die(pair);
    await pair.moves();
    await sleep(AFTER_MOVE);
    await end;
  });
  const comeBack = await pair.watch(async () => {
    await death.comeBack(pair);
    await pair.settles();
  });
  const takenOver = ((pair.watches[1].reached(1, from) ?? Number.NaN) - from) / 1000;
  return { death: died, takenOver, comeBack };
}

/** What keepalived has too, and heartbeats, which only matter where nobody says that the master is gone. */
const ALL = [...SPEECHES, HEARTBEAT];
const isMeasured = (death: Death, { heartbeat }: Speech) => heartbeat === undefined || death.isSilent;
const kindsOf = ({ heartbeat }: Speech): readonly Kind[] => (heartbeat === undefined ? KINDS : ['lbd']);

const caseOf = (speech: Speech, death: Death): string => `${death.name}, ${speech.name}`;

const measure = (kind: Kind, speech: Speech, death: Death, runs: number): Promise<Cell> =>
  Pair.with(
    { kinds: [kind, kind], speech, priorities: PRIORITIES, pace: PACE, stream: true },
    async (pair) => {
      const hearing = await Hearing.start(pair.lab.host('client'), 'vrrp');
      const seen: Run[] = [];
      while (seen.length < runs) {
        // Deaths are spread over the time between two adverts, which is part of what clients wait.
        if (speech.heartbeat !== undefined) await sleep(STEADY);
        const phase = (speech.interval * 1000 * (seen.length + 0.5)) / runs;
        seen.push(await once(pair, hearing, death, phase));
        await pair.settles();
      }
      await hearing.stop();
      return { death, speech, kind, runs: seen };
    },
  );

type When = 'death' | 'comeBack';

interface Shown extends Column {
  readonly of: (run: Run, when: When) => number;
}

const LOST: Shown = { name: 'lost', unit: 'probes', better: 'less', of: (run, when) => run[when].lost };
const GAP: Shown = { name: 'gap', unit: 'ms', better: 'less', of: (run, when) => run[when].gap };
const TAKEN_OVER: Shown = { name: 'taken over after', unit: 'ms', better: null, of: (run) => run.takenOver };
const BOTH: Shown = { name: 'held by two', unit: 'ms', better: 'less', of: (run, when) => run[when].both };
const STREAM: readonly Shown[] = [
  { name: 'gap of the stream', unit: 'ms', better: 'less', of: (run, when) => run[when].streamGap },
  { name: 'numbers lost', unit: '', better: 'less', of: (run, when) => run[when].streamLost },
];
const LATE: Shown = { name: 'prober late', unit: 'ms', better: null, of: (run, when) => run[when].late };

/** A director that comes back on purpose holds the address beside the other one for a while. */
const COLUMNS: Readonly<Record<When, readonly Shown[]>> = {
  death: [LOST, GAP, ...STREAM, TAKEN_OVER, BOTH, LATE],
  comeBack: [LOST, GAP, ...STREAM, { ...BOTH, better: null }, LATE],
};

const cellsOf = ({ kind, runs }: Cell, when: When): Row['cells'] =>
  COLUMNS[when].map(({ of }, i): Row['cells'][number] => {
    if (runs.length > 0) return { rounds: runs.map((run) => of(run, when)) };
    return i === 0 ? missing(kind) : null;
  });

/** The row of what the protocol has the other director wait. */
function floorRow(name: string, death: Death, speech: Speech): readonly Row[] {
  const floor = floorOf(death, speech);
  if (floor === null) return [];
  // Who dies without its address going leaves clients with somebody who answers.
  const shown = death.leavesAddress ? [TAKEN_OVER] : [GAP, TAKEN_OVER];
  const cells = COLUMNS.death.map((column) => (shown.includes(column) ? { rounds: floor.waits } : null));
  return [{ case: name, program: floor.name, cells }];
}

const target = ({ name }: Column, limit: number, of?: Kind) => ({
  column: name,
  at: 'most' as const,
  limit,
  ...(of === undefined ? {} : { of }),
});

/** Who goes on purpose costs nothing; nobody waits longer than with keepalived; two holders end by themselves. */
function targetsOf(
  { isSilent, leavesAddress }: Death,
  { interval, heartbeat }: Speech,
): readonly Omit<Target, 'case' | 'program'>[] {
  if (!isSilent) return [target(LOST, 0), target(GAP, 10)];
  if (leavesAddress) return [target(BOTH, 2000)];
  if (heartbeat !== undefined) return [target(GAP, 5)];
  return [interval === 0.01 ? target(GAP, 35) : target(GAP, 1, 'keepalived')];
}

function tableOf(title: string, cells: readonly Cell[], when: When): Table {
  const cases = [...new Set(cells.map(({ speech, death }) => caseOf(speech, death)))];
  return {
    title,
    columns: COLUMNS[when].map(({ of: _, ...column }) => column),
    rows: cases.flatMap((name) => {
      const own = cells.filter(({ speech, death }) => caseOf(speech, death) === name);
      const [cell] = own;
      return [
        ...own.map((each) => ({ case: name, program: each.kind, cells: cellsOf(each, when) })),
        ...(when === 'death' && cell !== undefined ? floorRow(name, cell.death, cell.speech) : []),
      ];
    }),
    targets: cells
      .filter(({ kind }) => kind === 'lbd')
      .flatMap(({ speech, death }) =>
        (when === 'death' ? targetsOf(death, speech) : [target(LOST, 0)]).map((each) => ({
          case: caseOf(speech, death),
          program: 'lbd',
          ...each,
        })),
      ),
  };
}

/** Measures everything, or what `--adverts` and `--death` name; each `--rounds` times, 5 unless given. */
export async function measureFailover(args: readonly string[], progress: Progress): Promise<Report> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      adverts: { type: 'string' },
      death: { type: 'string' },
    },
  });
  const rounds = wholeNumberOf('rounds', values.rounds);
  const deaths = namedBy('death', values.death, DEATHS, ({ name }) => name);
  const speeches = namedBy('adverts', values.adverts, ALL, ({ name }) => name);
  const cells: Cell[] = [];
  for (const death of deaths) {
    for (const speech of speeches.filter((one) => isMeasured(death, one))) {
      for (const kind of kindsOf(speech)) {
        progress(`${caseOf(speech, death)}: ${kind}, ${missing(kind) ?? `${rounds} times`}`);
        cells.push(
          missing(kind) === null
            ? await measure(kind, speech, death, rounds)
            : { death, speech, kind, runs: [] },
        );
      }
    }
  }
  return {
    name: 'failover',
    measures:
      'What a client that asks every 0.5 ms loses, and how long a stream of numbers over one TCP connection stands still, when the master hands over as it is told to, is stopped, loses its link, or has all its processes killed or stopped (a hang), and when it comes back; keepalived with the same file.',
    limits:
      'The time that the machine takes from the prober: no gap is more exact than the prober was late. After kill -9 and a hang two holders are watched for 5 s, so a value just below is one that never ended. A stream that lost a segment waits for TCP to send it again: 200 ms, then twice as long each time.',
    tables: [tableOf('The master dies', cells, 'death'), tableOf('It comes back', cells, 'comeBack')],
    details: cells,
  };
}
