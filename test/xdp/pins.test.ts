import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Ip } from '../../src/base/ip.ts';
import { BPFFS, mountBpffs } from '../../src/kernel/bpffs.ts';
import { closeXdp, configureXdp, openXdp, removeXdp, type Xdp } from '../../src/kernel/xdp.ts';
import { readTable } from '../../src/kernel/xdp-read.ts';
import { writeXdp } from '../../src/kernel/xdp-write.ts';
import { CONFIG, LAYOUT_VERSION } from '../../src/wire/xdp/layout.ts';
import { TIMEOUTS } from './plane.ts';

const directory = `${BPFFS}/lbd-test-${process.pid}`;
after(() => removeXdp(directory));

function open(services: number): Xdp {
  const opened = openXdp({ directory, entries: { services, servers: 64, flows: 64, rings: 64 } });
  assert.ok(opened.ok, opened.ok ? '' : opened.error.message);
  return opened.value;
}

test('maps outlive who made them, with their sizes, and those of another layout are made anew', () => {
  const mounted = mountBpffs();
  assert.ok(mounted.ok, mounted.ok ? '' : mounted.error);
  const first = open(16);
  assert.equal(first.isAdopted, false);
  closeXdp(first);

  const second = open(16);
  assert.equal(second.isAdopted, false, 'nobody had configured them');
  configureXdp(second, { keys: [1n, 2n, 3n, 4n, 5n], timeouts: TIMEOUTS });
  const key = { kind: 'address', protocol: 'tcp', address: '10.0.0.1' as Ip, port: 80 } as const;
  const attrs = { scheduler: 'rr', schedulerFlags: [], persistence: null, onePacket: false } as const;
  const ring = { offset: 0, size: 0 };
  for (const op of [
    { op: 'putService', slot: 3, service: { key, attrs, isOwned: true, ring, ringOf: 5 } },
    { op: 'putKey', key, service: 3 },
    { op: 'putAddress', address: key.address, isHeld: true },
    { op: 'setCounts', counts: { unowned: 4, anyPort: 2 } },
  ] as const)
    assert.ok(writeXdp(second.maps, op).ok);
  const table = readTable(second.maps);
  closeXdp(second);

  const third = open(32);
  assert.equal(third.isAdopted, true);
  assert.deepEqual(readTable(third.maps), table);
  assert.deepEqual(table, {
    room: { services: 16, servers: 64, words: 64 * 16 },
    services: [{ slot: 3, key, attrs, isOwned: true, ring, ringOf: 5, servers: [] }],
    open: new Set([3]),
    retired: [],
    addresses: new Map([[key.address, true]]),
    counts: { unowned: 4, anyPort: 2 },
  });
  new Uint32Array(third.maps.memory.config)[CONFIG.at.version / 4] = LAYOUT_VERSION + 1;
  closeXdp(third);

  const fourth = open(32);
  assert.equal(fourth.isAdopted, false);
  assert.deepEqual(readTable(fourth.maps).services, []);
  assert.equal(readTable(fourth.maps).room.services, 32);
  closeXdp(fourth);
});
