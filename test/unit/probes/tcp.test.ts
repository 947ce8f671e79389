import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { millis } from '../../../src/base/units.ts';
import { createTcpProber } from '../../../src/kernel/tcp-prober.ts';
import { probeTcp } from '../../../src/probes/tcp.ts';
import { reach } from './peers.ts';

const TIMEOUT = millis(1000);
const prober = createTcpProber();
const probe = (port: number, timeout = TIMEOUT) =>
  probeTcp({ ...reach(port), type: 'tcp' }, timeout, prober.connect);

let server: Server;
let port = 0;
/** Connections that the server was told of. */
let accepted = 0;

const listening = (listener: Server) =>
  new Promise<number>((resolve) =>
    listener.listen(0, '127.0.0.1', () => resolve((listener.address() as AddressInfo).port)),
  );

before(async () => {
  server = createServer((peer: Socket) => {
    accepted++;
    peer.on('error', () => peer.destroy());
  });
  port = await listening(server);
  // The prober opens what it needs.
  await probe(port);
});

after(() => {
  server.close();
  prober.close();
});

const descriptors = () => readdirSync('/proc/self/fd').length;

/** Sockets of 127.0.0.1 to `to` in TIME_WAIT (state 06 in /proc/net/tcp). */
function waiting(to: number): number {
  const remote = `0100007F:${to.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1);
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , rem, state]) => rem === remote && state === '06').length;
}

test('probeTcp passes where a connection completes, is not heard of in the server, and leaves no descriptor and no TIME_WAIT', async () => {
  const before = descriptors();
  accepted = 0;
  const outcomes = [];
  for (let i = 0; i < 20; i++) outcomes.push(await probe(port));
  assert.deepEqual(
    new Set(outcomes.map(({ verdict, result }) => `${verdict} ${result}`)),
    new Set(['pass connected']),
  );
  assert.equal(descriptors(), before);
  assert.equal(waiting(port), 0);
  // It is, of a check that this machine has had no time for within the fifth of a second that the kernel waits.
  assert.ok(accepted < 10, `the server was told of ${accepted} connections`);
});

test('probeTcp fails at once where nobody listens', async () => {
  const closed = createServer();
  const free = await listening(closed);
  await new Promise((resolve) => closed.close(resolve));
  const { verdict, result, latency, detail } = await probe(free);
  assert.deepEqual([verdict, result, detail], ['fail', 'refused', `connection refused (127.0.0.1:${free})`]);
  assert.ok(latency < TIMEOUT);
});

test('probeTcp gives up after its timeout on a host that does not answer', async () => {
  // Stopped, with its queue of two connections full, it lets every further SYN wait.
  const script = `require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
    process.stdout.write(String(this.address().port)); })`;
  const frozen = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = (await once(frozen.stdout, 'data')) as [Buffer];
  frozen.kill('SIGSTOP');
  const queued = [0, 1].map(() => connect(Number(text), '127.0.0.1'));
  await Promise.all(queued.map((socket) => once(socket, 'connect')));
  const before = descriptors();
  const { verdict, result, latency } = await probe(Number(text), millis(100));
  assert.deepEqual([verdict, result], ['fail', 'timeout']);
  assert.ok(latency >= 100 && latency < 1000, `${latency} ms`);
  assert.equal(descriptors(), before);
  for (const socket of queued) socket.destroy();
  frozen.kill('SIGKILL');
});

test('probeTcp does not take its own stall for the silence of the server', async () => {
  const probing = probe(port, millis(50));
  const end = performance.now() + 150;
  while (performance.now() < end);
  assert.equal((await probing).result, 'connected');
});

test('probeTcp blames no server when descriptors run out', () => {
  const module = (name: string) => new URL(`../../../src/${name}.js`, import.meta.url);
  const script = `import { openSync } from 'node:fs';
    import { createTcpProber } from '${module('kernel/tcp-prober')}';
    import { probeTcp } from '${module('probes/tcp')}';
    const prober = createTcpProber();
    const probe = () => probeTcp(${JSON.stringify({ ...reach(port), type: 'tcp' })}, 1000, prober.connect);
    if ((await probe()).verdict !== 'pass') throw new Error('it does not connect');
    try { for (;;) openSync('/dev/null'); } catch (error) { if (error.code !== 'EMFILE') throw error; }
    // The first has the socket of the one before.
    const [, { verdict, result, detail }] = await Promise.all([probe(), probe()]);
    prober.close();
    process.exitCode = verdict === 'unknown' && result === 'error' && /EMFILE/.test(detail) ? 0 : 1;`;
  const command = `ulimit -n 100; exec ${process.execPath} --input-type=module -e "$1"`;
  execFileSync('sh', ['-c', command, 'sh', script], { stdio: 'inherit' });
});
