// What a director tells of its flows, and when.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Ip } from '../../src/base/ip.ts';
import { FlowSyncSender, MOST_FLOWS } from '../../src/daemon/flow-sync-sender.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { FlowBatch } from '../../src/model/flow-sync.ts';
import { ACK, ethernet, ipv4, SYN, tcp } from './frames.ts';
import { CLIENT_MAC, clientOf, OUR_MAC, TestPlane } from './plane.ts';

const VIP = '10.0.0.1' as Ip;
const BUCKETS = 1 << 15;

const planes: TestPlane[] = [];
after(() => {
  for (const plane of planes) plane.close();
});

/** A director that has the address until it is told otherwise, with a service by rr. */
function director() {
  const plane = new TestPlane(BUCKETS);
  planes.push(plane);
  plane.server({ slot: 1, address: '10.0.1.1' as Ip });
  plane.service({ slot: 0, address: VIP, ring: [1] });
  let isHeld = true;
  const sender = new FlowSyncSender(plane.xdp.maps, () => isHeld, systemClock);
  return {
    sender,
    open(from: number, count: number) {
      for (let n = from; n < from + count; n++)
        for (const flags of [SYN, ACK]) {
          const packet = { source: clientOf(VIP, n & 127), destination: VIP, protocol: 6 };
          const link = { destination: OUR_MAC, source: CLIENT_MAC };
          plane.run(ethernet(link, ipv4(packet, tcp(1024 + (n >> 7), 80, flags))));
        }
    },
    leave: () => {
      isHeld = false;
    },
  };
}

const count = (batches: readonly FlowBatch[]): number =>
  batches.reduce((sum, { flows }) => sum + flows.length, 0);

test('a turn looks at a part of the table, a rush at all of it, and neither tells more than a peer takes', () => {
  const { sender, open } = director();
  open(0, 400);
  const first = count(sender.turn());
  assert.ok(first > 0 && first < 60, `${first} in the first turn`);
  assert.equal(count(sender.rush()), 400 - first);
  assert.equal(count(sender.rush()), 0);

  const many = 5 * MOST_FLOWS;
  open(400, many);
  const rushed = sender.rush();
  assert.equal(count(rushed), 4 * MOST_FLOWS);
  assert.ok(rushed.length < 100, `${rushed.length} datagrams`);
  assert.equal(count(sender.rush()), MOST_FLOWS);
});

test('what began between the last look and the loss of the address is told once more, and then nothing', () => {
  const { sender, open, leave } = director();
  sender.rush();
  open(0, 10);
  leave();
  assert.equal(count(sender.rush()), 10);
  open(10, 10);
  assert.equal(count(sender.rush()), 0);
});
