import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { test } from 'node:test';
import { openIpSocket } from '../../../src/kernel/ip-socket.ts';
import type { Datagram } from '../../../src/wire/datagram.ts';
import { eventually } from '../../support/eventually.ts';

const UDP = 17;

test('openIpSocket() tells where a UDP datagram came from, where it went, and its TTL', async () => {
  const heard: Datagram[] = [];
  const sender = createSocket('udp4');
  await new Promise<void>((resolve) => sender.bind(0, '127.0.0.1', resolve));
  const free = createSocket('udp4');
  await new Promise<void>((resolve) => free.bind(0, resolve));
  const { port } = free.address();
  const common = { family: 'inet', protocol: UDP, port, device: null } as const;
  const options = { ...common, onDatagram: (one: Datagram) => heard.push(one), onError: assert.fail };
  assert.deepEqual(openIpSocket(options), { ok: false, error: 'EADDRINUSE' });
  await new Promise<void>((resolve) => free.close(() => resolve()));
  const opened = openIpSocket(options);
  assert.ok(opened.ok);
  try {
    sender.setTTL(37);
    sender.send(Uint8Array.of(1, 2, 3), port, '127.0.0.9');
    await eventually('it arrives', 2000, () => heard.length === 1, 5);
    assert.deepEqual(heard, [
      { source: '127.0.0.1', destination: '127.0.0.9', ttl: 37, payload: Uint8Array.of(1, 2, 3) },
    ]);
  } finally {
    opened.value.close();
    sender.close();
  }
});

test('openIpSocket() lets what its listener throws end the process', () => {
  const module = new URL('../../../src/kernel/ip-socket.js', import.meta.url).href;
  const script = `
    import { createSocket } from 'node:dgram';
    import { openIpSocket } from '${module}';
    const peer = createSocket('udp4');
    peer.bind(0, '127.0.0.1', () => {
      const { port } = peer.address();
      peer.close(() => {
        const onDatagram = () => { throw new Error('a broken invariant'); };
        openIpSocket({ family: 'inet', protocol: 17, port, device: null, onDatagram, onError: console.log });
        createSocket('udp4').send('x', port, '127.0.0.1');
      });
    });
  `;
  const args = ['--input-type=module', '--eval', script];
  const run = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 10_000 });
  assert.equal(run.status, 1);
  assert.match(run.stderr, /a broken invariant/);
});
