import assert from 'node:assert/strict';
import type { RemoteInfo } from 'node:dgram';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { type Millis, millis } from '../../../src/base/units.ts';
import { openDatagramSocket } from '../../../src/kernel/datagram-socket.ts';
import type { ProbeSource, UdpProbe, UdpReply } from '../../../src/model/check.ts';
import { probeUdp } from '../../../src/probes/udp.ts';
import { freeUdpPort, serveUdp } from '../../support/udp-server.ts';
import { ip } from '../daemon/check-world.ts';

const LONG = millis(3000);
const SHORT = millis(100);
const ANY: ProbeSource = { address: null, port: null, interface: null, fwmark: null };
const PONG: UdpReply = {
  bytes: Uint8Array.of(0x70, 0x6f),
  mask: Uint8Array.of(0xff, 0xff),
  least: 2,
  most: 4,
};

const rootOnly =
  process.getuid?.() === 0 ? {} : { skip: `a mark needs root, and the user id is ${process.getuid?.()}` };

const probe = (port: number, timeout: Millis, options: Partial<UdpProbe> = {}, address = '127.0.0.1') => {
  const target = { address: ip(address), port };
  const config: UdpProbe = { type: 'udp', target, source: ANY, payload: Uint8Array.of(1, 2), reply: null };
  return probeUdp({ ...config, ...options }, timeout, openDatagramSocket);
};

test('probeUdp takes silence for well, unless a reply is asked for', async () => {
  const heard: Buffer[] = [];
  const server = await serveUdp((bytes) => heard.push(bytes));
  const before = readdirSync('/proc/self/fd').length;
  const [silence, missing] = await Promise.all([
    probe(server.port, SHORT),
    probe(server.port, SHORT, { reply: PONG }),
  ]);
  assert.deepEqual([silence.verdict, silence.result], ['pass', 'ok']);
  assert.deepEqual([missing.verdict, missing.result], ['fail', 'timeout']);
  assert.deepEqual(
    heard.map((bytes) => [...bytes]),
    [
      [1, 2],
      [1, 2],
    ],
  );
  assert.equal(readdirSync('/proc/self/fd').length, before);
  await server.close();
});

test('probeUdp compares a reply where one is asked for', async () => {
  const rows: [string, UdpReply | null, string][] = [
    ['pong', PONG, 'pass ok'],
    ['ping', PONG, 'fail mismatch'],
    ['', PONG, 'fail mismatch'],
    ['p'.repeat(60_000), PONG, 'fail mismatch'],
    ['ping', null, 'pass ok'],
    ['', null, 'pass ok'],
  ];
  for (const [text, reply, expected] of rows) {
    const server = await serveUdp((_, answer) => answer(Buffer.from(text)));
    const { verdict, result, detail } = await probe(server.port, LONG, { reply });
    assert.equal(`${verdict} ${result}`, expected, detail);
    await server.close();
  }
});

test('probeUdp fails at once where nobody listens, over both families', async () => {
  const port = await freeUdpPort();
  for (const address of ['127.0.0.1', '::1']) {
    const { verdict, result, latency, detail } = await probe(port, LONG, {}, address);
    assert.deepEqual([verdict, result], ['fail', 'refused'], detail);
    assert.ok(latency < LONG);
  }
});

test('probeUdp sends from where it is told to', rootOnly, async () => {
  const from: RemoteInfo[] = [];
  const server = await serveUdp((bytes, reply, peer) => {
    from.push(peer);
    reply(bytes);
  });
  const port = await freeUdpPort();
  const source = { address: ip('127.0.0.7'), port, interface: 'lo', fwmark: 7 };
  assert.equal((await probe(server.port, LONG, { source })).verdict, 'pass');
  assert.deepEqual(
    from.map((peer) => [peer.address, peer.port]),
    [['127.0.0.7', port]],
  );
  await server.close();
});

test('probeUdp gives each of many at once a port of its own', async () => {
  const ports: number[] = [];
  const server = await serveUdp((_bytes, _reply, { port }) => ports.push(port));
  const probes: Promise<unknown>[] = [];
  // Some 250 datagrams fill the socket of the server, so it is let read in between.
  for (let i = 0; i < 600; i++) {
    probes.push(probe(server.port, millis(1000)));
    if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await Promise.all(probes);
  assert.equal(new Set(ports).size, ports.length);
  assert.ok(ports.length > 500, String(ports.length));
  await server.close();
});
