import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket, type RemoteInfo } from 'node:dgram';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { type Millis, millis } from '../../../src/base/units.ts';
import { openDatagramSocket } from '../../../src/kernel/datagram-socket.ts';
import type { DnsProbe, ProbeSource } from '../../../src/model/check.ts';
import { probeDns } from '../../../src/probes/dns.ts';
import { eventually } from '../../support/eventually.ts';
import { freeUdpPort, serveUdp } from '../../support/udp-server.ts';
import { ip } from '../daemon/check-world.ts';

const LONG = millis(3000);
const SHORT = millis(100);
const ANY: ProbeSource = { address: null, port: null, interface: null, fwmark: null };

const probe = (port: number, timeout: Millis, options: Partial<DnsProbe> = {}) => {
  const target = { address: ip('127.0.0.1'), port };
  const config: DnsProbe = { type: 'dns', target, source: ANY, question: 'A', name: 'example.com' };
  return probeDns({ ...config, ...options }, timeout, openDatagramSocket);
};

const descriptors = () => readdirSync('/proc/self/fd').length;
const answer = (question: Buffer, rcode = 0) => Uint8Array.from(question).with(2, 0x81).with(3, rcode);
const wrongId = (question: Buffer) => answer(question).with(1, (question[1] ?? 0) ^ 1);

/** What is answered, in order, and what that makes of the server. */
const SERVERS: [string, (question: Buffer) => Uint8Array[], string, number | undefined][] = [
  ['an answer', (question) => [answer(question)], 'pass ok NOERROR for example.com A', 0],
  ['an error', (question) => [answer(question, 2)], 'fail mismatch SERVFAIL for example.com A', 2],
  [
    'garbage, another id, then an answer',
    (question) => [Uint8Array.of(1), wrongId(question), question, answer(question)],
    'pass ok NOERROR for example.com A',
    0,
  ],
];

for (const [what, answers, expected, code] of SERVERS) {
  test(`probeDns judges a server that sends ${what}`, async () => {
    const server = await serveUdp((question, reply) => answers(question).forEach(reply));
    const before = descriptors();
    const outcome = await probe(server.port, LONG);
    const { verdict, result, detail } = outcome;
    assert.deepEqual(
      [`${verdict} ${result} ${detail}`, outcome.code],
      [`${expected} (127.0.0.1:${server.port})`, code],
    );
    assert.equal(descriptors(), before);
    await server.close();
  });
}

test('probeDns gives up on a server that is silent, or answers other questions, after its timeout', async () => {
  for (const answers of [() => [], (question: Buffer) => [wrongId(question), question]]) {
    const server = await serveUdp((question, reply) => answers(question).forEach(reply));
    const before = descriptors();
    const { verdict, result, detail } = await probe(server.port, SHORT);
    assert.deepEqual([verdict, result], ['fail', 'timeout']);
    assert.match(detail, /^no answer for example.com A within 100 ms \(/);
    assert.equal(descriptors(), before);
    await server.close();
  }
});

test('probeDns fails at once where nobody listens', async () => {
  const { verdict, result, detail } = await probe(await freeUdpPort(), LONG);
  assert.deepEqual([verdict, result], ['fail', 'refused'], detail);
});

test('probeDns does not hear who was not asked', async () => {
  const spoofer = createSocket('udp4');
  await new Promise<void>((resolve) => spoofer.bind(0, '127.0.0.1', resolve));
  const server = await serveUdp((question, _, from: RemoteInfo) =>
    spoofer.send(answer(question), from.port, from.address),
  );
  assert.equal((await probe(server.port, SHORT)).result, 'timeout');
  await server.close();
  spoofer.close();
});

test('probeDns gives up on a server that floods it', async () => {
  const server = await serveUdp((question, reply) => {
    for (let i = 0; i < 600; i++) reply(wrongId(question));
  });
  const { verdict, result, detail } = await probe(server.port, LONG);
  assert.deepEqual([verdict, result], ['fail', 'protocol'], detail);
  await server.close();
});

test('probeDns does not take its own stall for the silence of the server', async () => {
  // Another process: this one stands still meanwhile.
  const script = `const s = require('dgram').createSocket('udp4');
    s.on('message', (m, r) => { m[2] |= 0x80; s.send(m, r.port, r.address); });
    s.bind(0, '127.0.0.1', () => process.stdout.write(String(s.address().port)));`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await new Promise<Buffer[]>((resolve) =>
    child.stdout.once('data', (...all) => resolve(all)),
  );
  const outcome = probe(Number(port), millis(200));
  setTimeout(() => {
    const end = performance.now() + 400;
    while (performance.now() < end);
  }, 20);
  assert.equal((await outcome).result, 'ok');
  child.kill('SIGKILL');
});

test('probeDns blames no server for what is missing here', async () => {
  const server = await serveUdp((question, reply) => reply(answer(question)));
  const rows: [Partial<DnsProbe>, RegExp][] = [
    [{ source: { ...ANY, address: ip('192.0.2.1') } }, /EADDRNOTAVAIL/],
    [{ source: { ...ANY, port: server.port } }, /EADDRINUSE/],
    [{ source: { ...ANY, interface: 'nosuch0' } }, /ENODEV/],
    [{ name: 'a..b' }, /is no name to ask for/],
  ];
  for (const [options, because] of rows) {
    const { verdict, detail } = await probe(server.port, LONG, options);
    assert.equal(verdict, 'unknown', detail);
    assert.match(detail, because);
  }
  await server.close();
});

const DNSMASQ = '/usr/sbin/dnsmasq';

test(
  'probeDns judges dnsmasq',
  existsSync(DNSMASQ) ? {} : { skip: `${DNSMASQ} is not installed (dnsmasq-base)` },
  async () => {
    const port = await freeUdpPort();
    const flags = [
      '--no-hosts',
      '--no-resolv',
      '--host-record=www.lbd.test,192.0.2.80',
      '--local=/lbd.test/',
    ];
    const server = spawn(DNSMASQ, [
      '-k',
      '-C',
      '/dev/null',
      '-u',
      'root',
      '--pid-file',
      '-p',
      `${port}`,
      ...flags,
    ]);
    try {
      await eventually(
        'dnsmasq answers',
        10_000,
        async () => (await probe(port, SHORT)).result !== 'refused',
      );
      const names = ['www.lbd.test', 'nobody.lbd.test', 'example.com'];
      const outcomes = await Promise.all(names.map((name) => probe(port, LONG, { name })));
      assert.deepEqual(
        outcomes.map(({ verdict, detail }) => `${verdict} ${detail.split(' ')[0]}`),
        ['pass NOERROR', 'fail NXDOMAIN', 'fail REFUSED'],
      );
    } finally {
      server.kill('SIGKILL');
    }
  },
);
