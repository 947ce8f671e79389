// What the IPVS table costs to program: ours beside `ipvsadm -R` and keepalived given the same, and the same messages from C.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Ip } from '../src/base/ip.ts';
import type { Result } from '../src/base/result.ts';
import { type Ipvs, openIpvs } from '../src/kernel/ipvs.ts';
import { enterNetworkNamespace } from '../src/kernel/namespace.ts';
import type { IpvsOp } from '../src/model/ops.ts';
import type { DesiredService, ServiceKey } from '../src/model/services.ts';
import { planIpvs } from '../src/plan/ipvs.ts';
import { root } from '../test/support/root.ts';
import { numberOf } from './report/options.ts';
import { type Figures, figure, type Progress, type Report, type Row } from './report/report.ts';

const ROUNDS = 4;
const DATAGRAM = 60_000;
/** Between two looks whether keepalived is done. Milliseconds. */
const PAUSE = 20;

interface Case {
  readonly name: string;
  readonly services: number;
  /** Of each. */
  readonly servers: number;
  readonly scheduler: string;
}

const changesOf = ({ services, servers }: Case): number => services * (servers + 1);

const keyOf = (s: number): ServiceKey => ({
  kind: 'address',
  protocol: 'tcp',
  address: `10.200.${s >> 8}.${s & 255}` as Ip,
  port: 80,
});

const serverOf = (d: number) => `10.201.${d >> 8}.${d & 255}` as Ip;

/** `weight`: of the last server of the last service; all others have 1. */
function table({ services, servers, scheduler }: Case, weight = 1): DesiredService[] {
  return Array.from({ length: services }, (_, s) => ({
    key: keyOf(s),
    attrs: { scheduler, schedulerFlags: [], persistence: null, onePacket: false },
    dests: Array.from({ length: servers }, (_, d) => ({
      key: { address: serverOf(d), port: 80 },
      attrs: {
        weight: s === services - 1 && d === servers - 1 ? weight : 1,
        forward: 'dr' as const,
        upperThreshold: 0,
        lowerThreshold: 0,
        tunnel: null,
      },
    })),
  }));
}

function keepalivedConf({ services, servers, scheduler }: Case): string {
  const real = Array.from({ length: servers }, (_, d) => `  real_server ${serverOf(d)} 80 {\n  }\n`).join('');
  return Array.from(
    { length: services },
    (_, s) =>
      `virtual_server 10.200.${s >> 8}.${s & 255} 80 {\n  lb_algo ${scheduler}\n  lb_kind DR\n  protocol TCP\n${real}}\n`,
  ).join('');
}

async function timed<T>(run: () => T | Promise<T>): Promise<{ readonly ms: number; readonly value: T }> {
  const from = performance.now();
  const value = await run();
  return { ms: performance.now() - from, value };
}

/**
 * Runs in a network namespace of its own. The kernel keeps servers that were removed for two minutes, and looks through
 * all of them for each that is added (ip_vs_trash_get_dest in ip_vs_ctl.c): after a flush everybody would pay for that.
 */
async function apart<T>(run: (ipvs: Ipvs) => Promise<T>): Promise<T> {
  const name = `lbd-bench-${process.pid}`;
  execFileSync('ip', ['netns', 'add', name]);
  try {
    must(enterNetworkNamespace(name));
    execFileSync('ip', ['link', 'set', 'lo', 'up']);
    // Up to Linux 6.1 its timer walks the whole table every two seconds: emulated, it leaves time for nothing else.
    execFileSync('sysctl', ['-qw', 'net.ipv4.vs.run_estimation=0']);
    const ipvs = must(await openIpvs());
    try {
      return await run(ipvs);
    } finally {
      ipvs.close();
    }
  } finally {
    execFileSync('ip', ['netns', 'del', name]);
  }
}

function must<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

/** Milliseconds of each round. */
interface Cost {
  readonly plan: number[];
  readonly perform: number[];
  readonly ipvsadm: number[];
  readonly keepalived: number[];
  readonly c: number[];
  readonly dump: number[];
  readonly compare: number[];
  readonly change: number[];
  readonly list: number[];
}

interface Bed {
  readonly directory: string;
  readonly c: string;
}

async function measure(bed: Bed, one: Case, progress: Progress): Promise<Cost> {
  const cost: Cost = {
    ...{ plan: [], perform: [], ipvsadm: [], keepalived: [], c: [] },
    ...{ dump: [], compare: [], change: [], list: [] },
  };
  let input = Buffer.alloc(0);
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`${one.name}, round ${round} of ${ROUNDS}`);
    await apart(async (ipvs) => {
      await ours(ipvs, one, cost);
      const listed = await timed(() => execFileSync('ipvsadm', ['-Sn'], { maxBuffer: 1 << 28 }));
      cost.list.push(listed.ms);
      input = listed.value;
    });
    await apart(async () => {
      cost.ipvsadm.push((await timed(() => execFileSync('ipvsadm', ['-R'], { input }))).ms);
    });
    await apart(async (ipvs) => {
      cost.keepalived.push(await keepalived(bed.directory, ipvs, one));
    });
    await apart(async () => {
      const words = [one.services, one.servers, one.scheduler, DATAGRAM].map(String);
      cost.c.push((Number(execFileSync(bed.c, words)) * changesOf(one)) / 1000);
    });
  }
  return cost;
}

async function ours(ipvs: Ipvs, one: Case, cost: Cost): Promise<void> {
  const desired = table(one);
  const planned = await timed(() => planIpvs([], desired));
  const performed = await timed(() => perform(ipvs, planned.value));
  cost.plan.push(planned.ms);
  cost.perform.push(performed.ms);
  const other = table(one, 2);
  const dumped = await timed(() => ipvs.dump());
  const observed = must(dumped.value).services;
  const compared = await timed(() => planIpvs(observed, other));
  if (compared.value.length !== 1) throw new Error(`${compared.value.length} changes in place of 1`);
  const changed = await timed(() => perform(ipvs, compared.value));
  cost.dump.push(dumped.ms);
  cost.compare.push(compared.ms);
  cost.change.push(changed.ms);
}

async function perform(ipvs: Ipvs, ops: readonly IpvsOp[]): Promise<void> {
  const refused = (await ipvs.perform(ops)).filter((result) => !result.ok).length;
  if (refused > 0) throw new Error(`${refused} of ${ops.length} changes were refused`);
}

/** From its start until the kernel has the last server. */
async function keepalived(directory: string, ipvs: Ipvs, one: Case): Promise<number> {
  const file = (name: string) => path.join(directory, name);
  writeFileSync(file('keepalived.conf'), keepalivedConf(one));
  const words = ['-n', '-C', '-f', file('keepalived.conf'), '-p', file('pid'), '-c', file('checkers.pid')];
  let program: ChildProcess | null = null;
  const { ms } = await timed(async () => {
    program = spawn('keepalived', words, { stdio: 'ignore' });
    for (;;) {
      const last = must(await ipvs.dumpService(keyOf(one.services - 1)));
      if (last?.dests.length === one.servers) return;
      if (program.exitCode !== null) throw new Error(`keepalived ended with ${program.exitCode}`);
      await sleep(PAUSE);
    }
  });
  await end(program);
  return ms;
}

async function end(program: ChildProcess | null): Promise<void> {
  if (program === null) return;
  const ended = once(program, 'exit');
  program.kill();
  await ended;
}

const PROGRAMS = { lbd: 'lbd', ipvsadm: 'ipvsadm -R', keepalived: 'keepalived', c: 'the same in C' } as const;

/** Rounds as microseconds for one change; the first, in which nothing was compiled, beside the others. */
function rowsOf(one: Case, cost: Cost): readonly Row[] {
  const each = (rounds: readonly number[]): Figures => ({
    rounds: rounds.map((ms) => (ms * 1000) / changesOf(one)),
  });
  const row = (
    program: string,
    whole: readonly number[],
    plan: readonly number[],
    perform: readonly number[],
  ) => ({
    case: one.name,
    program,
    cells: [
      each(whole.slice(1)),
      plan.length === 0 ? null : each(plan.slice(1)),
      perform.length === 0 ? null : each(perform.slice(1)),
      each(whole.slice(0, 1)),
    ],
  });
  return [
    row(
      PROGRAMS.lbd,
      cost.plan.map((plan, i) => plan + (cost.perform[i] ?? 0)),
      cost.plan,
      cost.perform,
    ),
    row(PROGRAMS.ipvsadm, cost.ipvsadm, [], []),
    row(PROGRAMS.keepalived, cost.keepalived, [], []),
    row(PROGRAMS.c, cost.c, [], []),
  ];
}

function changeRowsOf(one: Case, cost: Cost): readonly Row[] {
  const rounds = (all: readonly number[]): Figures => ({ rounds: all.slice(1) });
  const whole = cost.dump.map((dump, i) => dump + (cost.compare[i] ?? 0) + (cost.change[i] ?? 0));
  return [
    {
      case: one.name,
      program: PROGRAMS.lbd,
      cells: [
        rounds(whole),
        rounds(cost.dump),
        rounds(cost.compare),
        rounds(cost.change),
        figure(whole[0] ?? 0),
      ],
    },
    { case: one.name, program: 'ipvsadm -S', cells: [null, rounds(cost.list), null, null, null] },
  ];
}

const ALL = 'one change';
const RELOAD = 'one weight';

/** `--services N`: of 100 servers each, 100 unless given. Needs a kernel with IPVS. */
export async function measureProgramming(args: readonly string[], progress: Progress): Promise<Report> {
  const { values } = parseArgs({
    args: [...args],
    options: { services: { type: 'string', default: '100' } },
  });
  const services = numberOf('services', values.services);
  const cases: readonly Case[] = [
    { name: `${services} × 100 servers, rr`, services, servers: 100, scheduler: 'rr' },
    { name: '10 × 100 servers, rr', services: 10, servers: 100, scheduler: 'rr' },
    { name: '1,000 servers, mh', services: 1, servers: 1000, scheduler: 'mh' },
  ];
  // To load a scheduler would be most of what the first program takes.
  execFileSync('modprobe', ['-a', 'ip_vs', 'ip_vs_rr', 'ip_vs_mh']);
  const directory = mkdtempSync(path.join(tmpdir(), 'lbd-programming-'));
  try {
    const c = path.join(directory, 'programming');
    execFileSync('cc', ['-O2', '-o', c, path.join(root, 'bench/programming.c')]);
    const costs: (readonly [Case, Cost])[] = [];
    for (const one of cases) costs.push([one, await measure({ directory, c }, one, progress)]);
    return reportOf(costs);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const reportOf = (costs: readonly (readonly [Case, Cost])[]): Report => ({
  name: 'programming',
  measures:
    'The IPVS table from nothing: microseconds for one change, planned (the difference to what the kernel has) and performed (encoding, netlink, the kernel), beside ipvsadm -R and keepalived given the same, their start included, and the same messages from C; and milliseconds for one weight in such a table: read, compared, changed. Each in a new network namespace. The first round, in which V8 has compiled nothing, is told apart.',
  limits:
    "The kernel's scan of a service's servers at every add, and V8 until it has compiled. In the guest JavaScript runs 13 to 40 times slower than on the host, C about 10 times: only the ratio travels.",
  tables: [
    {
      title: 'New services and servers into an empty table',
      columns: [
        { name: ALL, unit: 'µs', better: 'less' },
        { name: 'of it planning', unit: 'µs', better: 'less' },
        { name: 'of it performing', unit: 'µs', better: 'less' },
        { name: 'the first time', unit: 'µs', better: 'less' },
      ],
      rows: costs.flatMap(([one, cost]) => rowsOf(one, cost)),
      targets: costs.flatMap(([{ name }]) => [
        { case: name, program: PROGRAMS.lbd, column: ALL, at: 'most', limit: 0.05, of: PROGRAMS.ipvsadm },
        { case: name, program: PROGRAMS.lbd, column: ALL, at: 'most', limit: 1 / 3, of: PROGRAMS.keepalived },
      ]),
    },
    {
      title: 'One weight in such a table',
      columns: [
        { name: RELOAD, unit: 'ms', better: 'less' },
        { name: 'of it reading', unit: 'ms', better: 'less' },
        { name: 'of it comparing', unit: 'ms', better: 'less' },
        { name: 'of it changing', unit: 'ms', better: 'less' },
        { name: 'the first time', unit: 'ms', better: 'less' },
      ],
      rows: costs.flatMap(([one, cost]) => changeRowsOf(one, cost)),
      targets: costs.map(([{ name }]) => ({
        ...{ case: name, program: PROGRAMS.lbd, column: RELOAD },
        ...{ at: 'most', limit: 1000 },
      })),
    },
  ],
});
