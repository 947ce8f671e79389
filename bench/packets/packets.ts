import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type Figures, figure, type Progress, type Report, type Table } from '../report/report.ts';
import type { Cost } from './cost.ts';
import type { Rate } from './live.ts';

interface Measured {
  readonly costs: readonly Cost[];
  readonly rates: readonly Rate[];
  readonly fills: readonly { services: number; servers: number; plan: number; write: number }[];
}

/** Runs main.ts in a network namespace that ends with it. */
async function run(progress: Progress): Promise<Measured> {
  const main = fileURLToPath(new URL('./main.js', import.meta.url));
  const child = spawn('unshare', ['--net', process.execPath, main], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    said.push(line);
    progress(line);
  });
  const closed = once(child, 'close');
  const printed = await text(child.stdout);
  const [code] = await closed;
  if (code !== 0) throw new Error(`it ended with ${code}:\n${said.join('\n')}`);
  return JSON.parse(printed);
}

/** What is measured beside lbd, as the least that can be. */
const FLOORS = ['nothing', 'dropped where it arrives'];
const programOf = (name: string): string =>
  FLOORS.includes(name) || name.startsWith('MAC swap') ? 'no director' : 'lbd';

const NET = 'net';

const costsTable = (costs: readonly Cost[]): Table => ({
  title: 'One packet',
  columns: [
    { name: NET, unit: 'ns', better: 'less' },
    { name: 'with the loop', unit: 'ns', better: 'less' },
  ],
  rows: costs.map(({ name, net, rounds }) => ({
    case: name,
    program: programOf(name),
    cells: [figure(net), { rounds }],
  })),
  targets: costs.flatMap(({ name, target }) =>
    target === null ? [] : [{ case: name, program: programOf(name), column: NET, at: 'most', limit: target }],
  ),
});

const BEST = 'best round';

const ratesTable = (rates: readonly Rate[]): Table => ({
  title: 'Frames on one processor',
  columns: [
    { name: BEST, unit: 'Mpps', better: 'more' },
    { name: 'all rounds', unit: 'Mpps', better: 'more' },
    { name: 'more than a swap', unit: 'ns', better: 'less' },
    { name: 'lost', unit: 'frames', better: 'less' },
    { name: 'lost of good flows', unit: 'frames', better: 'less' },
    { name: 'good flows moved', unit: 'frames', better: 'less' },
  ],
  rows: rates.map(({ name, best, rounds, lost, good }) => ({
    case: name,
    program: programOf(name),
    cells: [
      figure(best),
      { rounds },
      moreThanSwap(best, rates),
      figure(lost),
      ...(good === null ? [null, null] : [figure(good.lost), figure(good.moved)]),
    ],
  })),
  targets: rates.flatMap(({ name, target }) =>
    target === null
      ? []
      : [{ case: name, program: programOf(name), column: BEST, at: 'least', limit: target }],
  ),
});

const fillsTable = (fills: Measured['fills']): Table => ({
  title: 'Servers into empty maps',
  columns: [
    { name: 'plan', unit: 'ms', better: 'less' },
    { name: 'write', unit: 'ms', better: 'less' },
  ],
  rows: fills.map(({ services, servers, plan, write }) => ({
    case: `${servers} servers of ${services} service${services === 1 ? '' : 's'}`,
    program: 'lbd',
    cells: [figure(plan), figure(write)],
  })),
});

/** What the XDP program costs for a packet, and how many a second it forwards on one processor. Takes no options. */
export async function measurePackets(_: readonly string[], progress: Progress): Promise<Report> {
  const measured = await run(progress);
  return {
    name: 'packets',
    measures:
      'Nanoseconds of the XDP program for one packet (net: what a program that does nothing in its place has not, of the best rounds), and frames a second through it on one processor, with good flows beside floods; 100,000 servers into its maps.',
    limits:
      'The memory: one line of the flow table for each packet comes from far away where there are many flows.',
    tables: [costsTable(measured.costs), ratesTable(measured.rates), fillsTable(measured.fills)],
    details: measured,
  };
}

/** Rates as times: what a program adds to the way there and back. */
function moreThanSwap(best: number, rates: readonly Rate[]): Figures | null {
  const swap = rates.find(({ name }) => name === 'MAC swap')?.best;
  return swap === undefined ? null : figure(1000 / best - 1000 / swap);
}
