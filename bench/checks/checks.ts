// npm run bench -- checks: what health checks by TCP cost, how evenly they come, and what they do to VRRP beside them.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ipFromBytes } from '../../src/base/ip.ts';
import { haveIpvs } from '../../test/guest/boot/ipvs.ts';
import { createLab, type Lab } from '../../test/lab/lab.ts';
import { eventually } from '../../test/support/eventually.ts';
import { Keepalived } from '../../test/support/keepalived.ts';
import { printConf } from '../bed/conf.ts';
import { Hearing } from '../bed/frames.ts';
import { now } from '../bed/now.ts';
import { printNumber, printTable, worst } from '../bed/numbers.ts';
import { Program } from '../bed/program.ts';
import { save } from '../bed/save.ts';
import { type Arrivals, compileTcp, Tcp } from './tcp.ts';
import { type Usage, usageOf } from './usage.ts';

const PORT = 80;
const LIMIT = 120_000;
/** Between two adverts. Microseconds. */
const ADVERTS = 100_000;
const SOURCE_IP = 14 + 12;
const SERVERS_EACH = 10;
/** Servers that many services share. */
const SHARED = 100;
/** From being master to all checks at their pace: a first second, a warmup of one more, and room. Milliseconds. */
const SETTLING = 6000;
const SETTLING_MANY = 20_000;

interface Window {
  readonly from: number;
  readonly to: number;
}

interface Figures {
  readonly program: string;
  /** A second. */
  readonly checks: number;
  /** The most and the fewest that came within 10 ms. */
  readonly most: number;
  readonly fewest: number;
  /** Processor time, microseconds for each check: of all that the program runs, of what makes the checks. */
  readonly cpu: number;
  readonly checkCpu: number;
  /** Megabytes, of the same. */
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

const services = (count: number, each: number, shared: boolean) =>
  Array.from({ length: count }, (_, i) => service(i, shared ? 0 : i * each, each)).join('');

/** What came in a window, beside what was used in it. */
function judge(
  program: string,
  arrivals: readonly Arrivals[],
  { from, to }: Window,
  before: Usage,
  after: Usage,
) {
  const counts = arrivals.filter(({ at }) => at >= from && at < to).map(({ count }) => count);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const each = (cpu: number) => (cpu * 1e6) / total;
  return {
    program,
    checks: total / ((to - from) / 1e6),
    most: worst(counts),
    fewest: Math.min(...counts),
    cpu: each(after.cpu - before.cpu),
    checkCpu: each(after.checkCpu - before.checkCpu),
    rss: after.rss,
    checkRss: after.checkRss,
  };
}

/** How late the adverts of d1 came that were heard in a window. */
function lateness(lab: Lab, hearing: Hearing, { from, to }: Window): Figures['late'] {
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
class Bed {
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
  ): Promise<Figures> {
    const listener = await Tcp.start(this.lab.host('rs1'), this.tcp, 'accept', String(PORT));
    const hearing = await Hearing.start(this.lab.host('client'), 'vrrp');
    const began = now();
    await start();
    const before = usageOf(directory);
    const from = now();
    await sleep(this.seconds * 1000);
    const window = { from, to: now() };
    const after = usageOf(directory);
    await hearing.stop();
    await stop();
    const arrivals = await listener.stop();
    const first = arrivals.find(({ at, count }) => at >= began && count > 0);
    return {
      ...judge(program, arrivals, window, before, after),
      begins: first === undefined ? null : (first.at - began) / 1e6,
      late: hearing.heard.length > 0 ? lateness(this.lab, hearing, window) : null,
    };
  }

  /** lbd with this configuration of checks. */
  async lbd(name: string, checks: string, settling = SETTLING): Promise<Figures> {
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
  async keepalived(checks: string): Promise<Figures> {
    const directory = `${this.lab.directory}/keepalived`;
    const keepalived = new Keepalived(this.lab.host('d1'), directory);
    const start = async () => {
      keepalived.start(checks, '-C');
      await sleep(SETTLING);
    };
    return this.measure('keepalived', directory, start, () => keepalived.stop());
  }

  /** The least that can be done in C. */
  async loop(rate: number): Promise<Figures> {
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

const row = ({
  program,
  checks,
  most,
  fewest,
  cpu,
  checkCpu,
  checkRss,
  late,
}: Figures): readonly string[] => [
  program,
  checks.toFixed(0),
  `${fewest}–${most}`,
  `${printNumber(cpu)} (${printNumber(checkCpu)})`,
  `${printNumber((cpu * checks) / 1e6)}`,
  `${checkRss.toFixed(0)} MB`,
  printLate({ late }),
];

const printLate = ({ late }: Pick<Figures, 'late'>): string =>
  late === null ? '' : `${printNumber(late.p999)} / ${printNumber(late.worst)} ms`;

/**
 * `--rate`: checks a second, 10,000 unless given. `--seconds`: how long each is measured, 20 unless given. `--services`: how many
 * have the same servers in the second part, 1000 unless given, 0 for none.
 */
export async function measureChecks(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rate: { type: 'string', default: '10000' },
      seconds: { type: 'string', default: '20' },
      services: { type: 'string', default: '1000' },
    },
  });
  const [rate, sharing] = [Number(values.rate), Number(values.services)];
  const own = services(Math.ceil(rate / SERVERS_EACH), SERVERS_EACH, false);
  const seen = await Bed.with(Number(values.seconds), async (bed) => {
    const idle = await bed.lbd('idle', '');
    const checking = await bed.lbd('checking', own);
    const many = sharing > 0 ? await bed.lbd('many', services(sharing, SHARED, true), SETTLING_MANY) : null;
    const peers = haveIpvs() ? [await bed.keepalived(own)] : [];
    return { idle, many, all: [checking, ...peers, await bed.loop(rate)] };
  });
  const heading = [
    'program',
    'checks/s',
    'in 10 ms',
    'µs of processor each (checking process)',
    'processors',
    'memory',
    'adverts late, 99.9 % / worst',
  ];
  process.stdout.write(printTable([heading, ...seen.all.map(row)]));
  const { idle, many } = seen;
  process.stdout.write(`lbd without checks: adverts late ${printLate(idle)}\n`);
  if (many !== null) {
    const first = many.begins === null ? 'no check' : `the first check after ${printNumber(many.begins)} s`;
    process.stdout.write(
      `${sharing} services with the same ${SHARED} servers: ${first}, ${many.checks.toFixed(0)} checks/s, ` +
        `${printNumber((many.cpu * many.checks) / 1e6)} processors, ${many.rss.toFixed(0)} MB (the checking process ${many.checkRss.toFixed(0)}), ` +
        `adverts late ${printLate(many)}\n`,
    );
  }
  process.stdout.write(`${save('checks', seen)}\n`);
}
