// How often the address moves for no reason on a machine without a processor to spare; ours beside keepalived's.
import { parseArgs } from 'node:util';
import { SPEECHES, type Speech } from '../bed/conf.ts';
import { missing } from '../bed/program.ts';
import { namedBy, numberOf, wholeNumberOf } from '../report/options.ts';
import { figure, type Progress, type Report, type Row, type Table } from '../report/report.ts';
import { CONTENDERS, type Contender } from './contenders.ts';
import { CHECKERS, type Steadiness, seeUnderLoad } from './under-load.ts';

interface Cell {
  readonly speech: Speech;
  readonly contender: Contender;
  readonly rounds: Steadiness[];
}

const MOVES = 'moves';
const OWN_FAULT = 'takeovers without a stall';

const rowOf = ({ speech, contender, rounds }: Cell): Row => {
  if (rounds.length === 0)
    return { case: speech.name, program: contender.name, cells: [missing(contender.kind)] };
  const of = (read: (seen: Steadiness) => number) => ({ rounds: rounds.map(read) });
  return {
    case: speech.name,
    program: contender.name,
    cells: [
      of(({ moves }) => moves),
      of(({ takeovers }) => takeovers.filter(({ stall }) => stall === 0).length),
      of(({ spacing }) => spacing.p999),
      of(({ spacing }) => spacing.longest),
      of(({ stalls }) => stalls.count),
      of(({ stalls }) => stalls.longest),
      of(({ reloads }) => reloads),
    ],
  };
};

/** What a machine with nothing else to do would give. */
const floorOf = ({ name, interval }: Speech): Row => ({
  case: name,
  program: 'the interval',
  cells: [figure(0), figure(0), figure(interval * 1000), figure(interval * 1000), null, null, null],
});

function mainTable(cells: readonly Cell[], speeches: readonly Speech[], seconds: number): Table {
  return {
    title: `The address and the adverts in ${seconds} s under load`,
    columns: [
      { name: MOVES, unit: '', better: 'less' },
      { name: OWN_FAULT, unit: '', better: 'less' },
      { name: 'advert spacing p99.9', unit: 'ms', better: 'less' },
      { name: 'longest', unit: 'ms', better: 'less' },
      { name: 'stalls', unit: '', better: null },
      { name: 'longest stall', unit: 'ms', better: null },
      { name: 'reloads', unit: '', better: null },
    ],
    rows: speeches.flatMap((speech) => [
      ...cells.filter((cell) => cell.speech === speech).map(rowOf),
      floorOf(speech),
    ]),
    targets: speeches.flatMap(({ name }) =>
      [MOVES, OWN_FAULT].map((column) => ({ case: name, program: 'lbd', column, at: 'most', limit: 0 })),
    ),
  };
}

/** Each takeover, what came before it, and what the program says of it. */
const takeoversOf = (cells: readonly Cell[]): Table => ({
  title: 'Takeovers while the master was well',
  columns: [
    { name: 'longest stall just before', unit: 'ms', better: null },
    { name: 'its reason', unit: '', better: null },
  ],
  rows: cells.flatMap(({ speech, contender, rounds }) =>
    rounds.flatMap(({ takeovers }, i) =>
      takeovers.map(({ at, stall, said }) => ({
        case: `${speech.name}, round ${i + 1}, after ${at.toFixed(1)} s`,
        program: contender.name,
        cells: [figure(stall), said],
      })),
    ),
  ),
});

/**
 * `--seconds`: how long each load lasts, 600 unless given. `--rounds`: 1 unless given. `--adverts` and `--program`: one of
 * them alone.
 */
export async function measureFalseFailovers(args: readonly string[], progress: Progress): Promise<Report> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '600' },
      rounds: { type: 'string', default: '1' },
      adverts: { type: 'string' },
      program: { type: 'string' },
    },
  });
  const seconds = numberOf('seconds', values.seconds);
  const rounds = wholeNumberOf('rounds', values.rounds);
  const speeches = namedBy('adverts', values.adverts, SPEECHES, ({ name }) => name);
  const contenders = namedBy('program', values.program, CONTENDERS, ({ name }) => name);
  const cells = speeches.flatMap((speech) =>
    contenders.map((contender): Cell => ({ speech, contender, rounds: [] })),
  );
  const taken = cells.filter(({ contender }) => missing(contender.kind) === null);
  const times = taken.length * rounds;
  progress(`${times} times ${seconds} s: about ${Math.ceil((times * (seconds + 5)) / 60)} minutes`);
  for (const speech of speeches)
    for (let round = 0; round < rounds; round++)
      for (const cell of taken.filter((each) => each.speech === speech))
        cell.rounds.push(await seeUnderLoad(cell.contender, speech, seconds, progress));
  const takeovers = takeoversOf(cells);
  return {
    name: 'false-failover',
    measures: `How often the address moves for no reason with twice as many busy loops as processors, a reload every 10 s and, for lbd, ${CHECKERS} checks a second, and how far the master's adverts are apart where the other director gets them.`,
    limits:
      'Stalls of the whole machine: 8 ms or more in which even the program of the highest priority did not run. A takeover without one of nearly an interval just before is the fault of the program. With adverts every second, the 99.9th percentile of less than a thousand is the longest.',
    tables: [mainTable(cells, speeches, seconds), ...(takeovers.rows.length > 0 ? [takeovers] : [])],
    details: cells,
  };
}
