// What a director makes of datagrams: those of its peers go into its table, any other changes nothing but a counter.
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import { instant, wallTime } from '../../../src/base/units.ts';
import { FlowSyncReceiver } from '../../../src/daemon/flow-sync-receiver.ts';
import type { FlowSyncRefusal, SharedFlow } from '../../../src/model/flow-sync.ts';
import type { FlowSyncBody, FlowSyncMessage } from '../../../src/wire/flow-sync.ts';
import { flowSyncKey, sealFlowSync } from '../../../src/wire/flow-sync-seal.ts';
import { TestPlane } from '../plane.ts';

const VIP = '10.0.0.1' as Ip;
const [OURS, PEER, OTHER] = ['192.0.2.1' as Ip, '192.0.2.2' as Ip, '192.0.2.3' as Ip];
const KEY = flowSyncKey(new Uint8Array(32).fill(1));
const service = { kind: 'address', protocol: 'tcp', address: VIP, port: 80 } as const;

const planes: TestPlane[] = [];
after(() => {
  for (const plane of planes) plane.close();
});

let plane: TestPlane;
let receiver: FlowSyncReceiver;
let seconds: number;
let isHeld: boolean;
let asked: number;
let events: string[];
let sequence: bigint;
beforeEach(() => {
  plane = new TestPlane();
  planes.push(plane);
  plane.servers(1, 2);
  plane.service({ address: VIP, ring: [1, 2] });
  [seconds, isHeld, asked, events, sequence] = [1000, false, 0, [], 0n];
  const clock = {
    now: () => instant(seconds * 1e6),
    wall: () => wallTime(1_700_000_000_000 + seconds * 1000),
  };
  const tell = (_: string, event: string) => events.push(event);
  const parts = { maps: plane.xdp.maps, isHeld: () => isHeld, clock, tell };
  receiver = new FlowSyncReceiver(parts, KEY, [PEER, OTHER], null, () => asked++);
});

const flow = (tag: bigint, server: number, state: SharedFlow['state'] = 'established'): SharedFlow => ({
  tag,
  server,
  state,
  left: 100,
});
const told = (...flows: readonly SharedFlow[]): FlowSyncBody => ({
  kind: 'flows',
  services: [service],
  servers: [
    { service: 0, key: { address: '10.0.1.1' as Ip, port: 80 } },
    { service: 0, key: { address: '10.0.1.2' as Ip, port: 80 } },
    { service: 0, key: { address: '10.0.1.3' as Ip, port: 80 } },
  ],
  flows,
});
const HELLO: FlowSyncBody = { kind: 'hello', request: 0 };
function sealed(body: FlowSyncBody, more: Partial<FlowSyncMessage> = {}, key = KEY): Uint8Array {
  const time = wallTime(1_700_000_000_000 + seconds * 1000);
  return sealFlowSync(key, { source: PEER, epoch: 5n, sequence: ++sequence, time, body, ...more });
}
const hear = (payload: Uint8Array, source: Ip = PEER) =>
  receiver.hear({ source, destination: OURS, ttl: 64, payload });
/** The only reason there was to refuse anything; null for none. */
const refused = (): FlowSyncRefusal | null => {
  const [reason, ...more] = Object.entries(receiver.refused).filter(([, count]) => count > 0);
  assert.equal(more.length, 0);
  return (reason?.[0] ?? null) as FlowSyncRefusal | null;
};

test('flows of a peer are stored and follow it, until their address is here', () => {
  hear(sealed(told(flow(1n, 0), flow(2n, 1), flow(3n, 2), flow(4n, 0, 'udp'))));
  assert.deepEqual(receiver.received, { datagrams: 1, stored: 2, kept: 0, full: 0, unknown: 2 });
  hear(sealed(told(flow(1n, 1), flow(2n, 1, 'fin'))));
  assert.deepEqual(
    [plane.conns(1), plane.conns(2)],
    [
      [0, 0],
      [1, 1],
    ],
  );
  isHeld = true;
  hear(sealed(told(flow(1n, 0), flow(5n, 0))));
  assert.deepEqual(receiver.received, { datagrams: 3, stored: 5, kept: 1, full: 0, unknown: 2 });
  assert.deepEqual(
    [plane.conns(1), plane.conns(2)],
    [
      [1, 0],
      [1, 1],
    ],
  );
  assert.equal(refused(), null);
});

for (const [reason, what, send] of [
  ['truncated', 'nothing at all', () => hear(new Uint8Array(3))],
  ['signature', 'one cut off', () => hear(sealed(told(flow(1n, 0))).subarray(0, 120))],
  [
    'signature',
    'one of another key',
    () => hear(sealed(told(flow(1n, 0)), {}, flowSyncKey(new Uint8Array(32)))),
  ],
  ['foreign', 'one of nobody that is known', () => hear(sealed(told(flow(1n, 0))), '192.0.2.9' as Ip)],
  ['foreign', 'one of a peer under the address of another', () => hear(sealed(told(flow(1n, 0))), OTHER)],
  ['foreign', 'one of our own, come back', () => hear(sealed(told(flow(1n, 0)), { source: OURS }))],
  ['time', 'an old one', () => hear(sealed(told(flow(1n, 0)), { time: wallTime(1_700_000_900_000) }))],
] as const) {
  test(`refuses, and changes nothing for, ${what}`, () => {
    send();
    assert.equal(refused(), reason);
    assert.equal(receiver.received.datagrams, 0);
    assert.deepEqual(plane.flows(), []);
    assert.deepEqual(
      receiver.show().map((peer) => peer.isHeard),
      [false, false],
    );
  });
}

test('what was heard is not heard again, and what is too much costs nothing', () => {
  const first = sealed(told(flow(1n, 0)));
  hear(first);
  hear(sealed(told(flow(1n, 1))));
  hear(first);
  assert.equal(refused(), 'replay');
  assert.deepEqual(
    [plane.conns(1), plane.conns(2)],
    [
      [0, 0],
      [1, 0],
    ],
  );
  receiver.refused.replay = 0;
  for (let i = 0; i < 200; i++) hear(sealed(HELLO));
  assert.equal(refused(), 'flood');
  assert.equal(receiver.refused.flood, 103);
  receiver.turn();
  hear(sealed(HELLO));
  assert.equal(receiver.refused.flood, 103);
});

test('a peer that starts, or was not heard, is told everything; its silence is said once', () => {
  hear(sealed(HELLO));
  hear(sealed(HELLO));
  assert.equal(asked, 1);
  hear(sealed({ ...HELLO, request: 1 }));
  hear(sealed({ ...HELLO, request: 1 }, { epoch: 6n, sequence: 1n }));
  assert.equal(asked, 3);
  assert.equal(receiver.request, 0);
  for (let i = 0; i < 5; i++) {
    seconds++;
    receiver.turn();
  }
  hear(sealed(HELLO, { epoch: 6n, sequence: 2n }));
  assert.deepEqual(events, ['xdp_sync_up', 'xdp_sync_lost', 'xdp_sync_up']);
  assert.equal(receiver.request, 1, 'it may have told of much meanwhile');
});
