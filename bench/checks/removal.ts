// How long a server that is dead stays in the table: npm run bench -- checks --part removal.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { haveIpvs } from '../../test/guest/boot/ipvs.ts';
import { createLab, type Lab } from '../../test/lab/lab.ts';
import { eventually } from '../../test/support/eventually.ts';
import { Keepalived } from '../../test/support/keepalived.ts';
import { Program } from '../bed/program.ts';
import type { Figures, Measurement, Progress, Row, Table } from '../report/report.ts';

/** They die together, each at another moment between two of its checks. */
const SERVERS = 12;
/** What both programs are given. Seconds. */
const [INTERVAL, TIMEOUT, RETRIES, DELAY] = [4, 3, 1, 1];
/** An emulated machine takes a minute to start lbd. */
const LIMIT = 180_000;
/** Until every server has been checked and found well: a first second, a warmup, an interval, and room. Milliseconds. */
const SETTLING = 14_000;
const LOOK = 5;
/** What lbd may be late: its own turn, the kernel, and where it looks. Milliseconds. */
const SLACK = 250;

const serverOf = (i: number) => `10.64.0.${i + 1}`;
const SERVER_NAMES: readonly string[] = Array.from({ length: SERVERS }, (_, i) => serverOf(i));

const CHECKS = {
  TCP_CHECK: '',
  HTTP_GET: 'url { path / status_code 200 }',
} as const;
type Check = keyof typeof CHECKS;

function confOf(check: Check): string {
  const times = `connect_timeout ${TIMEOUT}\n retry ${RETRIES}\n delay_before_retry ${DELAY}`;
  const one = (address: string) =>
    ` real_server ${address} 80 {\n ${check} {\n ${CHECKS[check]}\n ${times}\n }\n }\n`;
  return `virtual_server 10.200.0.1 80 {\n delay_loop ${INTERVAL}\n lb_kind DR\n protocol TCP\n${SERVER_NAMES.map(one).join('')}}\n`;
}

interface Death {
  readonly name: string;
  readonly checks: readonly Check[];
  /** Seconds until one check has failed. */
  readonly fails: number;
  /** False where this machine cannot do that. */
  die(lab: Lab, web: ChildProcess): Promise<boolean>;
  undo(lab: Lab): Promise<unknown>;
}

const onServer = async (lab: Lab, ...words: readonly string[]): Promise<boolean> => {
  const [command = '', ...rest] = words;
  return (await lab.host('rs1').exec(command, rest)).code === 0;
};
const DELAYED = ['tc', 'qdisc'] as const;

const DEATHS: readonly Death[] = [
  {
    name: 'refused (RST)',
    checks: ['TCP_CHECK', 'HTTP_GET'],
    fails: 0,
    async die(_lab, web) {
      const ended = once(web, 'exit');
      web.kill('SIGKILL');
      await ended;
      return true;
    },
    undo: async () => undefined,
  },
  {
    name: 'dropped',
    checks: ['TCP_CHECK', 'HTTP_GET'],
    fails: TIMEOUT,
    die: (lab) => onServer(lab, 'ip', 'route', 'add', 'blackhole', '10.64.0.0/24', 'table', 'local'),
    undo: (lab) => onServer(lab, 'ip', 'route', 'del', 'blackhole', '10.64.0.0/24', 'table', 'local'),
  },
  {
    name: 'SYN-ACK late',
    checks: ['TCP_CHECK'],
    fails: TIMEOUT,
    die: (lab) =>
      onServer(lab, ...DELAYED, 'add', 'dev', 'eth0', 'root', 'netem', 'delay', `${TIMEOUT * 2}s`),
    undo: (lab) => onServer(lab, ...DELAYED, 'del', 'dev', 'eth0', 'root'),
  },
  {
    name: 'accepts, never answers',
    checks: ['HTTP_GET'],
    fails: TIMEOUT,
    async die(_lab, web) {
      return web.kill('SIGSTOP');
    },
    undo: async () => undefined,
  },
];

/** Milliseconds from the death of a server to its removal, as the settings have it: the death may come just before a check or just after. */
const allowedOf = ({ fails }: Death): { readonly least: number; readonly most: number } => {
  const least = ((RETRIES + 1) * fails + RETRIES * DELAY) * 1000;
  return { least, most: least + INTERVAL * 1000 };
};

/** When each server was removed, by its address and the time of day; as far as they have been. */
type Removals = () => ReadonlyMap<string, number>;

/** A program that checks servers, and where its removals are seen. */
interface Checker {
  readonly removals: Removals;
  /** Nobody is out. */
  hasAll(): boolean;
  stop(): Promise<unknown>;
}

/** The kernel's table, for both programs the same. */
class TableWatch {
  private readonly removed = new Map<string, number>();
  private readonly sleeper: ChildProcess;
  private readonly timer: NodeJS.Timeout;
  private present: ReadonlySet<string> = new Set();

  constructor(lab: Lab) {
    this.sleeper = lab.host('d1').spawn('sleep', ['infinity']);
    this.timer = setInterval(() => this.look(), LOOK);
  }

  get count(): number {
    return this.present.size;
  }

  readonly removals: Removals = () => this.removed;

  stop(): void {
    clearInterval(this.timer);
    this.sleeper.kill('SIGTERM');
  }

  private look(): void {
    // Of the network namespace of the process.
    const text = readFileSync(`/proc/${this.sleeper.pid}/net/ip_vs`, 'utf8');
    const present = new Set(
      [...text.matchAll(/-> ([0-9A-F]{8}):0050/g)].map(([, hex = '']) => addressOf(hex)),
    );
    for (const address of this.present) if (!present.has(address)) this.removed.set(address, Date.now());
    this.present = present;
  }
}

const addressOf = (hex: string) => [...Buffer.from(hex, 'hex')].join('.');

/** Where there is no table lbd says when it would have taken a server out. */
function saidBy(program: Program): ReadonlyMap<string, number> {
  const lines = program.log.split('\n').filter((line) => line.includes('"event":"server_down"'));
  return new Map(
    lines.map((line) => {
      const { time, server } = JSON.parse(line) as { readonly time: string; readonly server: string };
      return [server.replace(/:80$/, ''), Date.parse(time)];
    }),
  );
}

async function begin(lab: Lab, kind: 'lbd' | 'keepalived', check: Check, name: string): Promise<Checker> {
  const directory = `${lab.directory}/${kind}-${name}`;
  const watch = haveIpvs() ? new TableWatch(lab) : null;
  const d1 = lab.host('d1');
  const start = (): Checker => {
    if (kind === 'keepalived') {
      const keepalived = new Keepalived(d1, directory);
      keepalived.start(confOf(check), '-C');
      return { removals: () => new Map(), hasAll: () => true, stop: () => keepalived.stop() };
    }
    const program = new Program('lbd', d1, directory);
    program.configure(confOf(check));
    program.start();
    return {
      removals: () => saidBy(program),
      hasAll: () => saidBy(program).size === 0,
      stop: () => program.terminate(),
    };
  };
  const { removals, hasAll, stop } = start();
  const checker: Checker = {
    removals: watch?.removals ?? removals,
    hasAll: () => (watch === null ? hasAll() : watch.count === SERVERS),
    async stop() {
      watch?.stop();
      await stop();
    },
  };
  try {
    if (watch !== null) await eventually(`${kind} has programmed all servers`, LIMIT, checker.hasAll);
    await sleep(SETTLING);
    return checker;
  } catch (error) {
    await checker.stop();
    throw error;
  }
}

/** Milliseconds from the death to the removal of each; null where this machine cannot have them die so. */
async function removalsOf(
  lab: Lab,
  kind: 'lbd' | 'keepalived',
  check: Check,
  death: Death,
): Promise<readonly number[] | null> {
  const web = lab
    .host('rs1')
    .spawn(process.execPath, [fileURLToPath(new URL('./web-main.js', import.meta.url))]);
  if (web.stdout === null) throw new Error('its standard output is not a pipe');
  await once(web.stdout, 'data');
  const checker = await begin(lab, kind, check, `${check}-${death.name.replaceAll(/\W+/g, '-')}`);
  try {
    if (!checker.hasAll()) throw new Error(`${kind} has taken servers out that were well`);
    const died = Date.now();
    if (!(await death.die(lab, web))) return null;
    const limit = died + allowedOf(death).most + LIMIT;
    const removals = () => [...checker.removals().values()].filter((at) => at >= died);
    while (removals().length < SERVERS && Date.now() < limit) await sleep(LOOK);
    return removals().map((at) => at - died);
  } finally {
    await death.undo(lab);
    await checker.stop();
    web.kill('SIGKILL');
  }
}

async function rowsOf(
  lab: Lab,
  check: Check,
  death: Death,
  kinds: readonly ('lbd' | 'keepalived')[],
  progress: Progress,
) {
  const { least, most } = allowedOf(death);
  const one = (value: number): Figures => ({ rounds: [value] });
  const rows: Row[] = [];
  for (const kind of kinds) {
    progress(`${check}, ${death.name}: ${kind}`);
    const seen = await removalsOf(lab, kind, check, death);
    const cells: Row['cells'] =
      seen === null
        ? ['left out: no netem', null, one(least), one(most)]
        : seen.length < SERVERS
          ? [`${SERVERS - seen.length} of ${SERVERS} never`, null, one(least), one(most)]
          : [{ rounds: seen }, one(Math.max(...seen)), one(least), one(most)];
    rows.push({ case: caseOf(check, death), program: kind, cells });
  }
  return rows;
}

const caseOf = (check: Check, { name }: Death) => `${check}, ${name}`;

/**
 * The report of this part alone: with IPVS the kernel's table and both programs, without what lbd says. `--case`: only those
 * whose names have this in them.
 */
export const measureRemoval: Measurement = async (args, progress) => {
  const { values } = parseArgs({ args: [...args], options: { case: { type: 'string', default: '' } } });
  const kinds = haveIpvs() ? (['lbd', 'keepalived'] as const) : (['lbd'] as const);
  const lab = await createLab({ directors: 1, servers: 1, web: false });
  const rows: Row[] = [];
  const cases = DEATHS.flatMap((death) => death.checks.map((check) => ({ check, death }))).filter(
    ({ check, death }) => caseOf(check, death).includes(values.case),
  );
  try {
    await lab.host('rs1').exec('ip', ['route', 'add', 'local', '10.64.0.0/12', 'dev', 'lo']);
    await lab.host('d1').exec('ip', ['route', 'add', '10.64.0.0/12', 'via', lab.host('rs1').address]);
    for (const { check, death } of cases) rows.push(...(await rowsOf(lab, check, death, kinds, progress)));
  } finally {
    await lab.close();
  }
  const seenIn = haveIpvs() ? 'the table of the kernel' : 'what lbd says, as there is no IPVS';
  const table: Table = {
    title: `From the death of ${SERVERS} servers to their removal, by ${seenIn}: every ${INTERVAL} s, timeout ${TIMEOUT} s, ${RETRIES} retry after ${DELAY} s`,
    columns: [
      { name: 'removal', unit: 'ms', better: 'less' },
      { name: 'the last', unit: 'ms', better: 'less' },
      { name: 'settings allow, least', unit: 'ms', better: null },
      { name: 'settings allow, most', unit: 'ms', better: null },
    ],
    rows,
    targets: cases.map(({ check, death }) => ({
      case: caseOf(check, death),
      program: 'lbd',
      column: 'the last',
      at: 'most',
      limit: allowedOf(death).most + SLACK,
    })),
  };
  return {
    name: 'checks',
    measures: 'How long a dead server stays in the table, beside what the settings of its check allow.',
    limits: 'The settings: a death is noticed by the next check, and believed after its retries.',
    tables: [table],
  };
};
