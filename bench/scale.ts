// What a table of many servers costs its director: to bring it to the kernel, to change one server, to take it away again;
// ours beside keepalived's.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createLab, type Lab } from '../test/lab/lab.ts';
import { eventually } from '../test/support/eventually.ts';
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
const LIMIT = 900_000;
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

async function weightOfChanged(lab: Lab): Promise<number> {
  const { stdout } = await lab.host('d1').exec('ipvsadm', ['-Sn', '-t', `${vip(SERVICES - 1)}:80`]);
  return Number(new RegExp(`-r ${CHANGED.replaceAll('.', '\\.')}:80 -g -w (\\d+)`).exec(stdout)?.[1]);
}

/** Seconds. */
async function timed(run: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await run();
  return (performance.now() - from) / 1000;
}

async function measure(lab: Lab, peer: Peer): Promise<readonly string[]> {
  const started = await timed(async () => {
    peer.start(conf(1));
    await eventually(
      `${peer.name} has programmed all`,
      LIMIT,
      async () => (await countServers(lab)) === SERVICES * SERVERS,
      1000,
    );
  });
  const { cpu, rss } = usageOf(peer.directory);
  const changed = await timed(async () => {
    peer.reload(conf(2));
    await eventually(
      `${peer.name} has changed one`,
      LIMIT,
      async () => (await weightOfChanged(lab)) === 2,
      250,
    );
  });
  const stopped = await timed(() => peer.stop());
  const left = await countServers(lab);
  return [
    peer.name,
    ...[started, cpu, changed, stopped].map(printNumber),
    `${rss.toFixed(0)} MB`,
    String(left),
  ];
}

const directory = mkdtempSync(path.join(tmpdir(), 'lbd-scale-'));
const lab = await createLab({ directors: 1, servers: 1, web: false });
try {
  // Up to Linux 6.1 its timer walks the whole table every two seconds: emulated, it leaves time for nothing else.
  await lab.host('d1').exec('sysctl', ['-qw', 'net.ipv4.vs.run_estimation=0']);
  const rows = [
    await measure(lab, lbd(lab, path.join(directory, 'lbd'))),
    await measure(lab, keepalived(lab, path.join(directory, 'keepalived'))),
  ];
  const heading = ['program', 'start s', 'processor s', 'change s', 'stop s', 'memory', 'left behind'];
  process.stdout.write(`${SERVICES} services with ${SERVERS} servers each\n`);
  process.stdout.write(printTable([heading, ...rows]));
} finally {
  await lab.close();
  rmSync(directory, { recursive: true });
}
