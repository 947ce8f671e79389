// What a table of many servers costs its director: to bring it to the kernel, to change one server, to take it away again;
// ours beside keepalived's.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createLab, type Lab } from '../test/lab/lab.ts';
import { Keepalived } from '../test/support/keepalived.ts';
import { Program } from './bed/program.ts';
import { usageOf } from './checks/usage.ts';
import { numberOf } from './report/options.ts';
import { type Figures, figure, type Progress, type Report, type Row } from './report/report.ts';

const SERVERS = 100;
/** For each step of each program. Milliseconds, as the pause between two looks. */
const LIMIT = 600_000;
const PAUSE = 500;
const CHANGED = '10.201.0.7';

const vip = (s: number) => `10.200.${s >> 8}.${s & 255}`;

/** `weight`: of one server of the last service; all others have 1. */
function conf(count: number, weight: number): string {
  const services = Array.from({ length: count }, (_, s) => {
    const servers = Array.from({ length: SERVERS }, (_, d) => {
      const address = `10.201.0.${d}`;
      const own = s === count - 1 && address === CHANGED ? weight : 1;
      return `  real_server ${address} 80 {\n    weight ${own}\n  }\n`;
    });
    return `virtual_server ${vip(s)} 80 {\n  lb_algo wrr\n  lb_kind DR\n  protocol TCP\n${servers.join('')}}\n`;
  });
  return services.join('');
}

/** One of the programs, as far as it matters here. */
interface Peer {
  readonly name: string;
  readonly directory: string;
  start(conf: string): void;
  reload(conf: string): void;
  stop(): Promise<void>;
}

function lbd(lab: Lab, directory: string): Peer {
  const program = new Program('lbd', lab.host('d1'), directory);
  return {
    name: 'lbd',
    directory,
    start(text) {
      program.configure(text);
      program.start();
    },
    reload(text) {
      program.configure(text);
      program.reload();
    },
    stop: () => program.terminate(),
  };
}

function keepalived(lab: Lab, directory: string): Peer {
  const program = new Keepalived(lab.host('d1'), directory);
  return {
    name: 'keepalived',
    directory,
    start: (text) => program.start(text, '-C'),
    reload(text) {
      writeFileSync(path.join(directory, 'keepalived.conf'), text);
      program.reload();
    },
    stop: () => program.stop(),
  };
}

async function countServers(lab: Lab): Promise<number> {
  const { stdout } = await lab.host('d1').exec('grep', ['-c', '^  -> [0-9A-F]', '/proc/net/ip_vs']);
  return Number(stdout);
}

/** The last service as ipvsadm has it: reading the whole table takes the kernel time that grows with its square. */
async function lastService(lab: Lab, services: number): Promise<string> {
  return (await lab.host('d1').exec('ipvsadm', ['-Ln', '-t', `${vip(services - 1)}:80`])).stdout;
}

const hasAll = async (lab: Lab, services: number) =>
  (await lastService(lab, services)).split('-> 10.').length === SERVERS + 1 &&
  (await countServers(lab)) === services * SERVERS;

const hasChanged = async (lab: Lab, services: number) =>
  new RegExp(`-> ${CHANGED.replaceAll('.', '\\.')}:80 +Route +2 `).test(await lastService(lab, services));

/** Seconds until it is so; null where that took more than the limit. */
async function secondsUntil(isSo: () => Promise<boolean>): Promise<number | null> {
  const from = performance.now();
  for (;;) {
    if (await isSo()) return (performance.now() - from) / 1000;
    if (performance.now() - from > LIMIT) return null;
    await sleep(PAUSE);
  }
}

const shown = (seconds: number | null): Figures | string =>
  seconds === null ? `not within ${LIMIT / 1000} s` : figure(seconds);

async function measure(lab: Lab, peer: Peer, services: number, progress: Progress): Promise<Row> {
  progress(`${peer.name}: starts`);
  peer.start(conf(services, 1));
  const started = await secondsUntil(() => hasAll(lab, services));
  const { cpu, rss } = usageOf(peer.directory);
  progress(`${peer.name}: reads its file again`);
  peer.reload(conf(services, 2));
  const changed = await secondsUntil(() => hasChanged(lab, services));
  progress(`${peer.name}: stops`);
  const from = performance.now();
  await peer.stop();
  const stopped = figure((performance.now() - from) / 1000);
  const left = figure(await countServers(lab));
  const cells = [shown(started), figure(cpu), shown(changed), stopped, figure(rss), left];
  return { case: nameOf(services), program: peer.name, cells };
}

const nameOf = (services: number): string => `${services} services × ${SERVERS} servers`;

/** `--services N`: 1,000 unless given. Needs a kernel with IPVS. */
export async function measureScale(args: readonly string[], progress: Progress): Promise<Report> {
  const { values } = parseArgs({
    args: [...args],
    options: { services: { type: 'string', default: '1000' } },
  });
  const services = numberOf('services', values.services);
  const directory = mkdtempSync(path.join(tmpdir(), 'lbd-scale-'));
  const lab = await createLab({ directors: 1, servers: 1, web: false });
  try {
    // Up to Linux 6.1 its timer walks the whole table every two seconds: emulated, it leaves time for nothing else.
    await lab.host('d1').exec('sysctl', ['-qw', 'net.ipv4.vs.run_estimation=0']);
    const rows: Row[] = [];
    for (const peer of [lbd, keepalived])
      rows.push(await measure(lab, peer(lab, path.join(directory, peer.name)), services, progress));
    return reportOf(services, rows);
  } finally {
    await lab.close();
    rmSync(directory, { recursive: true });
  }
}

const reportOf = (services: number, rows: readonly Row[]): Report => ({
  name: 'scale',
  measures:
    'A table of many servers: from the start of the program until the kernel has it all, the processor time of that, from a reload until one changed weight is there, the stop, memory, and what is left behind.',
  limits: "Reading the file; keepalived's one message and answer for each change.",
  tables: [
    {
      title: 'From start to stop',
      columns: [
        { name: 'start', unit: 's', better: 'less' },
        { name: 'processor', unit: 's', better: 'less' },
        { name: 'one weight changed', unit: 's', better: 'less' },
        { name: 'stop', unit: 's', better: 'less' },
        { name: 'memory', unit: 'MB', better: 'less' },
        { name: 'left behind', unit: 'servers', better: 'less' },
      ],
      rows,
      targets: [{ case: nameOf(services), program: 'lbd', column: 'left behind', at: 'most', limit: 0 }],
    },
  ],
});
