import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { Ip } from '../../../src/base/ip.ts';
import { TestPlane } from '../plane.ts';
import type { RaceArguments } from './race-main.ts';

const VIP = '10.0.0.1' as Ip;

test('processors that fill, close and sweep the same buckets leave counts that are those of the flows', async () => {
  const plane = new TestPlane(8);
  plane.servers(1, 2, 3);
  plane.service({ address: VIP, ring: [1, 2, 3] });
  const race = (from: number) =>
    new Promise<void>((resolve, reject) => {
      const workerData: RaceArguments = { program: plane.xdp.program, vip: VIP, from, count: 60, rounds: 40 };
      const worker = new Worker(new URL('race-main.js', import.meta.url), { workerData });
      worker.once('error', reject);
      worker.once('exit', () => resolve());
    });
  // The same clients on two of them, and this thread takes entries away.
  const racers = [race(0), race(30), race(30)];
  const sweeping = setInterval(() => {
    plane.expire();
    plane.xdp.maps.sweep(0, 8, null);
  }, 2);
  await Promise.all(racers);
  clearInterval(sweeping);
  await Promise.all([race(0), race(0)]);

  const flows = plane.flows();
  assert.ok(flows.length > 0);
  for (const server of [1, 2, 3]) {
    const inactive = flows.filter((flow) => flow.server === server && flow.state === 'fin').length;
    const active = flows.filter((flow) => flow.server === server).length - inactive;
    assert.deepEqual(plane.conns(server), [active, inactive], `server ${server}`);
  }
  assert.ok(flows.every(({ state }) => state !== 'none'));
  plane.close();
});
