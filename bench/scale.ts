// What a table of many servers costs its director: to bring it to the kernel, to change one server, to take it away again;
// ours beside keepalived's.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createLab, type Lab } from '../test/lab/lab.ts';
import { Keepalived } from '../test/support/keepalived.ts';
import { printNumber, printTable } from './bed/numbers.ts';
import { Program } from './bed/program.ts';
import { usageOf } from './checks/usage.ts';

// `bench scale --services N`, or the rest of that in the guest.
const { values } = parseArgs({
  args: process.argv.slice(2),
  options: { services: { type: 'string', default: '1000' } },
  allowPositionals: true,
});
const SERVICES = Number(values.services);
const SERVERS = 100;
/** For each step of each program. Milliseconds, as the pause between two looks. */
const LIMIT = 600_000;
const PAUSE = 500;
const CHANGED = '10.201.0.7';

const vip = (s: number) => `10.200.${s >> 8}.${s & 255}`;

/** `weight`: of one server of the last service; all others have 1. */
function conf(weight: number): string {
  const services = Array.from({ length: SERVICES }, (_, s) => {
    const servers = Array.from({ length: SERVERS }, (_, d) => {
      const address = `10.201.0.${d}`;
      const own = s === SERVICES - 1 && address === CHANGED ? weight : 1;
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
async function lastService(lab: Lab): Promise<string> {
  return (await lab.host('d1').exec('ipvsadm', ['-Ln', '-t', `${vip(SERVICES - 1)}:80`])).stdout;
}

const hasAll = async (lab: Lab) =>
  (await lastService(lab)).split('-> 10.').length === SERVERS + 1 &&
  (await countServers(lab)) === SERVICES * SERVERS;

const hasChanged = async (lab: Lab) =>
  new RegExp(`-> ${CHANGED.replaceAll('.', '\\.')}:80 +Route +2 `).test(await lastService(lab));

/** Seconds until it is so; null where that took more than the limit. */
async function secondsUntil(isSo: () => Promise<boolean>): Promise<number | null> {
  const from = performance.now();
  for (;;) {
    if (await isSo()) return (performance.now() - from) / 1000;
    if (performance.now() - from > LIMIT) return null;
    await sleep(PAUSE);
  }
}

const shown = (seconds: number | null) => (seconds === null ? `> ${LIMIT / 1000}` : printNumber(seconds));

async function measure(lab: Lab, peer: Peer): Promise<readonly string[]> {
  peer.start(conf(1));
  const started = await secondsUntil(() => hasAll(lab));
  const { cpu, rss } = usageOf(peer.directory);
  peer.reload(conf(2));
  const changed = await secondsUntil(() => hasChanged(lab));
  const from = performance.now();
  await peer.stop();
  const stopped = (performance.now() - from) / 1000;
  return [
    peer.name,
    ...[started, cpu, changed, stopped].map(shown),
    `${rss.toFixed(0)} MB`,
    String(await countServers(lab)),
  ];
}

const directory = mkdtempSync(path.join(tmpdir(), 'lbd-scale-'));
const lab = await createLab({ directors: 1, servers: 1, web: false });
try {
  // Up to Linux 6.1 its timer walks the whole table every two seconds: emulated, it leaves time for nothing else.
  await lab.host('d1').exec('sysctl', ['-qw', 'net.ipv4.vs.run_estimation=0']);
  process.stdout.write(`${SERVICES} services with ${SERVERS} servers each\n`);
  const heading = ['program', 'start s', 'processor s', 'change s', 'stop s', 'memory', 'left behind'];
  const rows: (readonly string[])[] = [heading];
  for (const peer of [lbd, keepalived]) {
    const row = await measure(lab, peer(lab, path.join(directory, peer.name)));
    process.stdout.write(`${row.join('  ')}\n`);
    rows.push(row);
  }
  process.stdout.write(printTable(rows));
} finally {
  await lab.close();
  rmSync(directory, { recursive: true });
}
