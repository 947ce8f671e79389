import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Measurement, Progress, Row, Table } from '../report/report.ts';
import type { Forwarder, Round } from './ipvs-bed.ts';
import type { IpvsSample } from './ipvs-main.ts';

const RATE = 'frames a second';
/** What XDP is to reach of the rate of IPVS. */
const RATIO = 9;

const NAMES: Readonly<Record<Forwarder, string>> = {
  nobody: 'dropped where they arrive',
  kernel: 'routed by the kernel',
  ipvs: 'IPVS',
  xdp: 'lbd',
};

/** Frames a second that IPVS and lbd's XDP forward to servers by direct routing, on a kernel that has IPVS. */
export const measureIpvs: Measurement = async (_args, progress) => {
  const samples = await run(progress);
  return {
    name: 'ipvs',
    measures:
      'Frames a second that IPVS (rr, direct routing, 100 servers) and lbd by XDP forward on one processor, in turns, of the same sender, counted where they arrive; beside it what the sender makes, and what the kernel routes without either.',
    limits:
      'Sender, director and receiver share the processor. Under emulation only ratios count, and the kernel, which does more for a frame, suffers more from it than a program of XDP.',
    tables: [tableOf(samples)],
    details: samples,
  };
};

async function run(progress: Progress): Promise<readonly IpvsSample[]> {
  const main = fileURLToPath(new URL('./ipvs-main.js', import.meta.url));
  const child = spawn('unshare', ['--net', process.execPath, main], { stdio: ['ignore', 'pipe', 'pipe'] });
  createInterface({ input: child.stderr }).on('line', progress);
  const closed = once(child, 'close');
  const printed = await text(child.stdout);
  const [code] = await closed;
  if (code !== 0) throw new Error(`ipvs-main ended with ${code}`);
  return JSON.parse(printed);
}

const rateOf = ({ arrived, nanoseconds }: Round): number => (arrived / nanoseconds) * 1e9;

function tableOf(samples: readonly IpvsSample[]): Table {
  const cases = [...new Set(samples.map(({ name }) => name))];
  return {
    title: 'Frames on one processor, beside IPVS',
    columns: [
      { name: RATE, unit: '', better: 'more' },
      { name: 'beyond the sender', unit: 'ns', better: 'less' },
      { name: 'lost', unit: '%', better: 'less' },
    ],
    rows: samples.map((sample) => rowOf(sample, samples)),
    targets: cases.map((name) => ({
      case: name,
      program: NAMES.xdp,
      column: RATE,
      at: 'least',
      limit: RATIO,
      of: NAMES.ipvs,
    })),
  };
}

/** What a frame takes beyond being made is the difference to the round of the sender alone, a moment before. */
function rowOf({ name, forwarder, rounds }: IpvsSample, samples: readonly IpvsSample[]): Row {
  const alone = samples.find((each) => each.name === name && each.forwarder === 'nobody')?.rounds ?? [];
  const beyond = rounds.map((round, i) => {
    const sender = alone[i];
    return sender === undefined ? Number.NaN : 1e9 / rateOf(round) - 1e9 / rateOf(sender);
  });
  return {
    case: name,
    program: NAMES[forwarder],
    cells: [
      { rounds: rounds.map(rateOf) },
      forwarder === 'nobody' ? null : { rounds: beyond },
      { rounds: rounds.map(({ sent, arrived }) => (100 * (sent - arrived)) / sent) },
    ],
  };
}
