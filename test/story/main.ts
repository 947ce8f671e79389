// npm start [-- --keep]: the whole story on real processes, in network namespaces of this machine.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { haveIpvs } from '../guest/boot/ipvs.ts';
import { createLab, type Host, type Lab } from '../lab/lab.ts';
import { Outside } from '../lab/outside.ts';
import { Director, LBCTL } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';
import { Client, type Seen } from './client.ts';
import { line, quote, type Row, table, title } from './tell.ts';

const keep = process.argv.includes('--keep');
/** Generous: under software emulation everything but the timers themselves is slow. */
const PATIENCE = 300_000;
const SERVERS = ['rs1', 'rs2', 'rs3'] as const;
const rows: Row[] = [];

/** Where the kernel has no IPVS, lbd forwards packets itself, and enters its network namespace by itself. */
const isXdp = !haveIpvs();
const plane = ({ netns }: Host) => (isXdp ? `net_namespace: ${netns}\ndataplane: xdp\n` : '');

const yaml = (routerId: string, priority: number, host: Host, lab: Lab) => `router_id: ${routerId}
${plane(host)}vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    priority: ${priority}
    advert_int: 1s
    authentication: { type: pass, password: "1111" }
    virtual_addresses: [${lab.vip}/24]
services:
  web:
    address: ${lab.vip}
    port: 80
    protocol: tcp
    scheduler: rr
    forward: dr
    check: { type: tcp, interval: 1s, timeout: 1s, retry: 1, delay_before_retry: 500ms, warmup: 0s }
    servers: [${SERVERS.map((name) => lab.host(name).address).join(', ')}]
`;

function note(act: string, what: string, measured: string, ok: boolean): void {
  rows.push({ act, what, measured, ok });
  line(`${ok ? '✓' : '✗'} ${what}: ${measured}`);
}

const counts = (seen: Seen) =>
  [...seen.counts]
    .sort()
    .map(([text, n]) => `${text} ${n}`)
    .join(', ') || 'no answer';

/** Pages fetched from now on for a while. */
async function watch(client: Client, seconds: number): Promise<Seen> {
  const from = Date.now();
  await sleep(seconds * 1000);
  return client.pagesSince(from);
}

async function balanced(act: string, client: Client, servers: readonly string[]): Promise<void> {
  const seen = await watch(client, 5);
  const shares = servers.map((name) => seen.counts.get(name) ?? 0);
  const even = Math.max(...shares) - Math.min(...shares) <= Math.max(2, seen.answered * 0.1);
  note(
    act,
    `requests go to ${servers.join(', ')} in turn`,
    seen.failed === 0 ? counts(seen) : `${counts(seen)}; ${seen.failed} failed: ${seen.failures}`,
    even && seen.failed === 0 && seen.answered > 10,
  );
}

async function begin(lab: Lab, directory: string): Promise<{ d1: Director; d2: Director; client: Client }> {
  title('1. Two directors start');
  const director = (name: string, routerId: string, priority: number): Director => {
    const host = lab.host(name);
    const made = new Director(isXdp ? Outside.of(host) : host, path.join(directory, name));
    made.configure(yaml(routerId, priority, host, lab));
    return made;
  };
  const d1 = director('d1', 'lb01', 150);
  const d2 = director('d2', 'lb02', 100);
  const from = Date.now();
  d1.start();
  d2.start();
  await d1.becomes('MASTER', PATIENCE);
  line(`d1 (priority 150) is master and holds ${lab.vip} after ${((Date.now() - from) / 1000).toFixed(1)} s`);
  await d2.becomes('BACKUP', PATIENCE);
  quote((await d1.lbctl('status')).stdout);
  const client = new Client(lab.host('client'), lab.vip);
  client.start();
  await eventually(
    'the client gets a page through the virtual address',
    PATIENCE,
    () => client.pagesSince(from).answered > 0,
  );
  note(
    'start',
    'the virtual address answers',
    `${((Date.now() - from) / 1000).toFixed(1)} s after the start`,
    true,
  );
  return { d1, d2, client };
}

async function serverDies(lab: Lab, d1: Director, client: Client): Promise<void> {
  title('3. A real server dies and returns');
  const web = lab.web('rs2');
  const listed = async () => (await d1.servers()).includes(lab.host('rs2').address);
  let from = Date.now();
  await web.stop();
  line('rs2: nginx stopped');
  await eventually('rs2 is out of the table', PATIENCE, async () => !(await listed()));
  const removed = Date.now();
  const during = client.pagesSince(from);
  note(
    'server',
    'rs2 is removed',
    `${((removed - from) / 1000).toFixed(1)} s; ${during.failed} requests failed until then`,
    true,
  );
  const after = await watch(client, 5);
  note(
    'server',
    'no request fails after that',
    `${after.answered} answered (${counts(after)}), ${after.failed} failed`,
    after.failed === 0 && after.answered > 10,
  );
  quote((await d1.lbctl('status')).stdout);
  from = Date.now();
  await web.start();
  line('rs2: nginx started again');
  await eventually('rs2 is in the table again', PATIENCE, listed);
  note('server', 'rs2 is back', `${((Date.now() - from) / 1000).toFixed(1)} s`, true);
  await balanced('server', client, SERVERS);
}

interface Death {
  readonly name: string;
  readonly how: string;
  /** The longest outage that VRRP's own arithmetic and a second of grace allow, in milliseconds. */
  readonly limit: number;
  kill(): Promise<void>;
  revive(): Promise<void>;
}

async function directorDies(death: Death, d1: Director, d2: Director, client: Client): Promise<void> {
  line(`d1: ${death.how}`);
  const from = Date.now();
  await death.kill();
  await d2.becomes('MASTER', PATIENCE);
  line('d2 is master');
  await sleep(2000);
  const pings = client.pingsSince(from);
  const pages = client.pagesSince(from);
  const measured = `no ping for ${pings.outage} ms, no page for ${pages.outage} ms`;
  note(death.name, 'outage at the client', measured, pages.outage <= death.limit && pages.answered > 0);
  const back = Date.now();
  await death.revive();
  await d1.becomes('MASTER', PATIENCE);
  await d2.becomes('BACKUP', PATIENCE);
  await sleep(2000);
  const again = client.pagesSince(back);
  note(
    death.name,
    'd1 takes over again',
    `no page for ${again.outage} ms`,
    again.outage <= 2000 && again.answered > 0,
  );
}

async function play(lab: Lab, directory: string): Promise<void> {
  const { d1, d2, client } = await begin(lab, directory);
  try {
    title('2. Requests are balanced');
    await balanced('balance', client, SERVERS);
    await serverDies(lab, d1, client);
    title('4. The master director dies, three times');
    const restart = async () => d1.start();
    // Master_Down is 3 s + 156/256 s at priority 100; a resignation leaves only the 156/256 s.
    await directorDies(
      {
        name: 'kill -9',
        how: 'kill -9 of all its processes',
        limit: 4600,
        kill: () => d1.killAll(),
        revive: restart,
      },
      d1,
      d2,
      client,
    );
    await directorDies(
      {
        name: 'link cut',
        how: 'its link is cut',
        limit: 4600,
        kill: async () => lab.cutLink('d1'),
        revive: async () => lab.restoreLink('d1'),
      },
      d1,
      d2,
      client,
    );
    const stop = async () => {
      d1.signal('SIGTERM');
      await d1.exited();
    };
    await directorDies(
      { name: 'SIGTERM', how: 'SIGTERM, a clean stop', limit: 1600, kill: stop, revive: restart },
      d1,
      d2,
      client,
    );
  } finally {
    client.stop();
  }
  if (keep) await leaveRunning(lab, directory);
  title('5. Both directors stop');
  for (const director of [d1, d2]) {
    director.signal('SIGTERM');
    const code = await director.exited();
    note('stop', `${director.host.name} ends`, `exit ${code}`, code === 0);
  }
}

/** Runs what is typed, line by line, until end of input or `exit`, while everything goes on. */
async function leaveRunning(lab: Lab, directory: string): Promise<void> {
  const bin = path.join(directory, 'bin');
  mkdirSync(bin);
  for (const name of ['d1', 'd2']) {
    const runDir = path.join(directory, name, 'run');
    writeScript(
      path.join(bin, `lbctl-${name}`),
      `exec ${process.execPath} ${LBCTL} --run-dir ${runDir} "$@"`,
    );
    writeScript(path.join(bin, `log-${name}`), `exec tail -n 20 ${path.join(directory, name, 'lbd.log')}`);
  }
  for (const name of ['client', 'd1', 'd2', ...SERVERS]) {
    writeScript(path.join(bin, name), `exec ip netns exec ${lab.host(name).netns} "$@"`);
  }
  process.stdout.write(`
Everything keeps running. Each line that you type is run; exit or Ctrl-D ends it all. For example:
  lbctl-d1 status            what d1 says          lbctl-d2 status -o json
  lbctl-d1 ipvs -Ln          the table of services, as ipvsadm prints it
  log-d1                     the last lines of the log of d1
  client curl -s ${lab.vip}  a request through the virtual address
  d1 ip -br addr             any command on a host: client, d1, d2, ${SERVERS.join(', ')}
`);
  const env = { ...process.env, ...lab.env, PATH: `${bin}:${process.env['PATH']}` };
  process.stdout.write('lbd> ');
  for await (const words of createInterface({ input: process.stdin })) {
    if (words.trim() === 'exit') break;
    const shell = spawn('bash', ['-c', words], { stdio: ['ignore', 'inherit', 'inherit'], env });
    await new Promise((resolve) => shell.once('exit', resolve));
    process.stdout.write('lbd> ');
  }
  process.stdout.write('\n');
}

function writeScript(file: string, line: string): void {
  writeFileSync(file, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
}

line(
  isXdp
    ? 'This kernel has no IPVS: lbd forwards packets itself, by XDP.'
    : 'This kernel has IPVS, which lbd programs.',
);
const directory = mkdtempSync(path.join(tmpdir(), 'lbd-story-'));
const lab = await createLab({ directors: 2, servers: SERVERS.length, web: true });
try {
  if (isXdp) await lab.takeFromXdp(['d1', 'd2']);
  await play(lab, directory);
} catch (error) {
  note('story', error instanceof Error ? error.message : String(error), 'gave up', false);
} finally {
  await lab.close();
  table(rows);
}
const failed = rows.filter((row) => !row.ok).length;
if (failed === 0) rmSync(directory, { recursive: true });
else process.stdout.write(`\n${failed} failed; the logs are in ${directory}\n`);
process.exit(failed === 0 ? 0 : 1);
