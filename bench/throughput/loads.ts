import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bed, FILE_BYTES, PORTS } from './bed.ts';
import { busyTime, processorTime } from './processor.ts';

/** What a client saw in one round. A thing is a request, a gigabyte, or a datagram that came back. */
export interface Seen {
  /** A second. */
  readonly rate: number;
  /** Microseconds: how long one took. */
  readonly p50?: number;
  readonly p99?: number;
  /** Errors that wrk tells of, answers other than 200, datagrams that did not come back. */
  readonly failed: number;
  /** Processor time of client, server, what balances, and the kernel between them, for each thing. Microseconds. */
  readonly processor: number;
  /** How many processors other work of the machine had in the meantime. */
  readonly others: number;
}

/** What a program says that asks. */
type Said = Omit<Seen, 'processor' | 'others'>;

export interface Load {
  readonly name: 'kept' | 'short' | 'download' | 'echo';
  readonly udp: boolean;
  /** For so many seconds, against an address behind which these processes balance. */
  run(bed: Bed, address: string, balancing: readonly number[], seconds: number): Promise<Seen>;
}

/** Of a load, not looked at for processor time, at its beginning and its end. */
const EDGE_MS = 300;

/** The load of a program that asks for so many seconds, whose words `read` makes figures of. */
async function run(
  bed: Bed,
  child: ChildProcess,
  balancing: readonly number[],
  seconds: number,
  read: (said: string) => Said,
): Promise<Seen> {
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (piece) => {
      said += String(piece);
    });
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  const roots = [...bed.serving, ...balancing, ...(child.pid === undefined ? [] : [child.pid])];
  await sleep(EDGE_MS);
  const [from, before, busy] = [performance.now(), processorTime(roots), busyTime()];
  await sleep(seconds * 1000 - 2 * EDGE_MS);
  // A program that has ended by now, as this one woke up late, has taken its account with it.
  const used = child.exitCode === null ? processorTime(roots) - before : Number.NaN;
  const window = (performance.now() - from) / 1000;
  // The two accounts are not of the same clock.
  const others = Math.max(0, (busyTime() - busy - used) / window);
  if ((await closed) !== 0) throw new Error(`${child.spawnargs.join(' ')}: ${said}`);
  const seen = read(said);
  return { ...seen, processor: ((used / window) * 1e6) / seen.rate, others };
}

const MICROSECONDS: Readonly<Record<string, number>> = { us: 1, ms: 1000, s: 1e6 };

function readWrk(said: string): Said {
  const percentile = (share: number) => {
    const [, value, unit = ''] = new RegExp(`^ +${share}% +([\\d.]+)(us|ms|s)$`, 'm').exec(said) ?? [];
    return Number(value) * (MICROSECONDS[unit] ?? Number.NaN);
  };
  const failures = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(said) ?? [];
  const [, refused = '0'] = /Non-2xx or 3xx responses: (\d+)/.exec(said) ?? [];
  return {
    rate: Number(/Requests\/sec: +([\d.]+)/.exec(said)?.[1]),
    p50: percentile(50),
    p99: percentile(99),
    failed: [...failures.slice(1), refused].reduce((sum, count) => sum + Number(count), 0),
  };
}

const wrk = (name: 'kept' | 'short', connections: number, headers: readonly string[]): Load => ({
  name,
  udp: false,
  run(bed, address, balancing, seconds) {
    const size = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '15s', '--latency'];
    const child = bed.ask('wrk', [...size, ...headers, `http://${address}:${PORTS.tcp}/`]);
    return run(bed, child, balancing, seconds, readWrk);
  },
});

const download: Load = {
  name: 'download',
  udp: false,
  run(bed, address, balancing, seconds) {
    const args = ['fetch', address, `${PORTS.tcp}`, '/file', `${FILE_BYTES}`, `${seconds}`];
    return run(bed, bed.ask(bed.traffic, args), balancing, seconds, (said) => ({
      rate: Number(said) / 1e9 / seconds,
      failed: 0,
    }));
  },
};

const SOCKETS = 64;

const echo: Load = {
  name: 'echo',
  udp: true,
  run(bed, address, balancing, seconds) {
    const child = bed.ask(bed.traffic, ['ask', address, `${PORTS.udp}`, `${SOCKETS}`, `${seconds}`]);
    return run(bed, child, balancing, seconds, (said) => {
      const [returned = Number.NaN, failed = 0, p50 = 0, p99 = 0] = said.split(' ').map(Number);
      return { rate: returned / seconds, p50, p99, failed };
    });
  },
};

export const LOADS: readonly Load[] = [
  wrk('kept', 64, []),
  wrk('short', 128, ['-H', 'Connection: close']),
  download,
  echo,
];
