import { setTimeout as sleep } from 'node:timers/promises';
import { ipFromBytes } from '../../src/base/ip.ts';
import { createLab, type Lab } from '../../test/lab/lab.ts';
import { eventually } from '../../test/support/eventually.ts';
import { Keepalived } from '../../test/support/keepalived.ts';
import { printConf } from '../bed/conf.ts';
import { Hearing } from '../bed/frames.ts';
import { now } from '../bed/now.ts';
import { worst } from '../bed/numbers.ts';
import { Program } from '../bed/program.ts';
import { type Arrivals, compileTcp, Tcp } from './tcp.ts';
import { type Usage, usageOf } from './usage.ts';

const PORT = 80;
const LIMIT = 120_000;
/** Between two adverts. Microseconds. */
const ADVERTS = 100_000;
const SOURCE_IP = 14 + 12;
/** From being master to all checks at their pace: a first second, a warmup of one more, and room. Milliseconds. */
const SETTLING = 6000;
/** Its time is measured in so many parts, whose figures are told apart. */
const WINDOWS = 4;

interface Window {
  readonly from: number;
  readonly to: number;
}

/** What a program did in one window, and what that took. */
interface Judged {
  /** A second. */
  readonly checks: number;
  /** The most and the fewest that came within 10 ms. */
  readonly most: number;
  readonly fewest: number;
  /** Processor time, microseconds for each check: of all that the program runs, of what makes the checks. */
  readonly cpu: number;
  readonly checkCpu: number;
}

/** All that was seen of a program. */
export interface Seen {
  readonly program: string;
  readonly windows: readonly Judged[];
  /** Megabytes at the end, of all that the program runs and of what makes the checks. */
  readonly rss: number;
  readonly checkRss: number;
  /** Seconds from its start to its first check; null for none. */
  readonly begins: number | null;
  /** Milliseconds that adverts came late: the 99.9th percentile and the worst; null where none were sent. */
  readonly late: { readonly p999: number; readonly worst: number } | null;
}

const addressOf = (network: string, i: number) => `${network}.${i >> 8}.${i & 255}`;

const vrrp = (lab: Lab) => {
  const speech = { name: 'v3 100 ms', version: 3, interval: ADVERTS / 1e6 } as const;
  return printConf([{ vrid: 51, address: `${lab.vip}/24`, speech, priority: 200 }]);
};

/** A service with the servers from `first` on, each checked every second. */
function service(i: number, first: number, count: number): string {
  const servers = Array.from(
    { length: count },
    (_, s) => `  real_server ${addressOf('10.64', first + s)} ${PORT} { TCP_CHECK { connect_timeout 3 } }\n`,
  );
  const head = `virtual_server ${addressOf('10.200', i)} ${PORT} {\n  delay_loop 1\n  lb_kind DR\n  protocol TCP\n`;
  return `${head}${servers.join('')}}\n`;
}

/** keepalived.conf with services of so many servers each: their own, or all the same. */
export const services = (count: number, each: number, shared: boolean): string =>
  Array.from({ length: count }, (_, i) => service(i, shared ? 0 : i * each, each)).join('');

/** What a program had used at a time. */
interface Look {
  readonly at: number;
  readonly usage: Usage;
}

const lookAt = (directory: string): Look => ({ at: now(), usage: usageOf(directory) });

/** What came in a window, beside what was used in it. */
function judge(arrivals: readonly Arrivals[], { from, to }: Window, before: Usage, after: Usage): Judged {
  const counts = arrivals.filter(({ at }) => at >= from && at < to).map(({ count }) => count);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const each = (cpu: number) => (cpu * 1e6) / total;
  return {
    checks: total / ((to - from) / 1e6),
    most: worst(counts),
    fewest: Math.min(...counts),
    cpu: each(after.cpu - before.cpu),
    checkCpu: each(after.checkCpu - before.checkCpu),
  };
}

/** How late the adverts of d1 came that were heard in a window. */
function lateness(lab: Lab, hearing: Hearing, { from, to }: Window): Seen['late'] {
  const master = lab.host('d1').address;
  const times = hearing.heard
    .filter(
      ({ at, frame }) =>
        at >= from && at < to && ipFromBytes(frame.subarray(SOURCE_IP, SOURCE_IP + 4)) === master,
    )
    .map(({ at }) => at);
  const late = times
    .slice(1)
    .map((at, i) => Math.max(0, at - (times[i] ?? at) - ADVERTS) / 1000)
    .sort((a, b) => a - b);
  return { p999: late[Math.floor(late.length * 0.999)] ?? Number.POSITIVE_INFINITY, worst: worst(late) };
}

/** One lab: d1 checks the addresses of 10.64.0.0/12, all of which rs1 has. */
export class Bed {
  readonly lab: Lab;
  readonly tcp: string;
  private readonly seconds: number;

  private constructor(lab: Lab, seconds: number) {
    this.lab = lab;
    this.tcp = compileTcp(lab);
    this.seconds = seconds;
  }

  static async with<T>(seconds: number, what: (bed: Bed) => Promise<T>): Promise<T> {
    const lab = await createLab({ directors: 1, servers: 1, web: false });
    try {
      await lab.host('rs1').exec('ip', ['route', 'add', 'local', '10.64.0.0/12', 'dev', 'lo']);
      await lab.host('d1').exec('ip', ['route', 'add', '10.64.0.0/12', 'via', lab.host('rs1').address]);
      return await what(new Bed(lab, seconds));
    } finally {
      await lab.close();
    }
  }

  /** Measures what `directory` names from when `start` has brought it to its pace until `stop` ends it. */
  async measure(
    program: string,
    directory: string,
    start: () => Promise<unknown>,
    stop: () => Promise<unknown>,
  ): Promise<Seen> {
    const listener = await Tcp.start(this.lab.host('rs1'), this.tcp, 'accept', String(PORT));
    const hearing = await Hearing.start(this.lab.host('client'), 'vrrp');
    const began = now();
    await start();
    const from = now();
    const looks: Look[] = [lookAt(directory)];
    while (looks.length <= WINDOWS) {
      await sleep((this.seconds * 1000) / WINDOWS);
      looks.push(lookAt(directory));
    }
    const to = now();
    const { rss, checkRss } = usageOf(directory);
    await hearing.stop();
    await stop();
    const arrivals = await listener.stop();
    const first = arrivals.find(({ at, count }) => at >= began && count > 0);
    const pairs = looks.slice(1).map((end, i) => [looks[i] ?? end, end] as const);
    const windows = pairs.map(([begin, end]) =>
      judge(arrivals, { from: begin.at, to: end.at }, begin.usage, end.usage),
    );
    return {
      program,
      windows,
      rss,
      checkRss,
      begins: first === undefined ? null : (first.at - began) / 1e6,
      late: hearing.heard.length > 0 ? lateness(this.lab, hearing, { from, to }) : null,
    };
  }

  /** lbd with this configuration of checks. */
  async lbd(name: string, checks: string, settling = SETTLING): Promise<Seen> {
    const program = new Program('lbd', this.lab.host('d1'), `${this.lab.directory}/${name}`);
    program.configure(`${vrrp(this.lab)}${checks}`);
    const start = async () => {
      program.start();
      await eventually('it is master', LIMIT, () => program.log.includes('→ MASTER'));
      await sleep(settling);
    };
    return this.measure('lbd', program.directory, start, () => program.terminate());
  }

  /** keepalived with this configuration of checks; it sends no adverts. */
  async keepalived(checks: string): Promise<Seen> {
    const directory = `${this.lab.directory}/keepalived`;
    const keepalived = new Keepalived(this.lab.host('d1'), directory);
    const start = async () => {
      keepalived.start(checks, '-C');
      await sleep(SETTLING);
    };
    return this.measure('keepalived', directory, start, () => keepalived.stop());
  }

  /** The least that can be done in C. */
  async loop(rate: number): Promise<Seen> {
    const words = ['connect', addressOf('10.64', 0), String(rate), String(PORT), String(rate)];
    const loops: Tcp[] = [];
    const start = async () => {
      loops.push(await Tcp.start(this.lab.host('d1'), this.tcp, ...words));
      await sleep(1000);
    };
    const stop = () => Promise.all(loops.map((loop) => loop.stop()));
    return this.measure('a loop in C', `${this.tcp} connect`, start, stop);
  }
}
