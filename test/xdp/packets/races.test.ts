import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { Ip } from '../../../src/base/ip.ts';
import { TestPlane } from '../plane.ts';
import type { RaceArguments } from './race-main.ts';

const VIP = '10.0.0.1' as Ip;
const SERVERS = [1, 2, 3, 4, 5, 6, 7, 8];

test('processors that fill, close and sweep one bucket mislead nobody, and count what is there', async () => {
  const plane = new TestPlane(1);
  plane.servers(...SERVERS);
  plane.service({ address: VIP, attrs: { scheduler: 'mh', schedulerFlags: [2] }, ring: SERVERS });
  /** How many packets went to another server than that of their connection. */
  const race = (from: number) =>
    new Promise<number>((resolve, reject) => {
      const workerData: RaceArguments = {
        program: plane.xdp.program,
        vip: VIP,
        from,
        count: 50,
        rounds: 100,
      };
      const worker = new Worker(new URL('race-main.js', import.meta.url), { workerData });
      worker.once('error', reject);
      worker.once('message', resolve);
    });
  let isOver = false;
  // What expires is taken now by those who send, now by a sweep.
  const expire = (turn: number) => {
    plane.expire();
    if (turn % 4 === 0) plane.xdp.maps.sweep(0, 1, null);
    if (!isOver) setImmediate(expire, turn + 1);
  };
  expire(0);
  assert.deepEqual(await Promise.all([race(0), race(50), race(75)]), [0, 0, 0]);
  isOver = true;
  assert.equal(await race(0), 0);

  const flows = plane.flows();
  assert.equal(flows.length, plane.room);
  for (const server of SERVERS) {
    const inactive = flows.filter((flow) => flow.server === server && flow.state === 'fin').length;
    const active = flows.filter((flow) => flow.server === server).length - inactive;
    assert.deepEqual(plane.conns(server), [active, inactive], `server ${server}`);
  }
  plane.close();
});
