import assert from 'node:assert/strict';
import { test } from 'node:test';
import { centis, instant, micros, seconds } from '../../../src/base/units.ts';
import type { VrrpDesired } from '../../../src/ipc/messages.ts';
import type { InstanceConfig, SyncGroupConfig } from '../../../src/model/config.ts';
import { NO_NOTIFY } from '../../../src/model/notify.ts';
import type { Track } from '../../../src/model/tracking.ts';
import { FakeLan, type FakeNode } from '../../fakes/lan.ts';
import { instanceConfig, virtualAddress } from '../../support/instances.ts';

const first = (over: Partial<InstanceConfig> = {}) => instanceConfig({ name: 'VI_1', vrid: 51, ...over });
const second = (over: Partial<InstanceConfig> = {}) =>
  instanceConfig({ name: 'VI_2', vrid: 52, virtualAddresses: [virtualAddress('10.0.0.200')], ...over });

const group = (over: Partial<SyncGroupConfig> = {}): SyncGroupConfig => ({
  name: 'VG_1',
  members: ['VI_1', 'VI_2'],
  tracks: [],
  notify: NO_NOTIFY,
  ...over,
});

const script = (weight: number): Track => ({ kind: 'script', name: 'chk', weight, reverse: false });
const said = (health: 'good' | 'bad') => ({ scripts: { chk: health }, files: {}, processes: {} });

const states = (node: FakeNode) => node.vrrp.show().instances.map(({ state }) => state);
const notices = (node: FakeNode) =>
  node.messages.flatMap((message) =>
    message.message === 'notice' && 'priority' in message.notice
      ? [`${message.notice.kind} ${message.notice.name} ${message.notice.state} ${message.notice.priority}`]
      : [],
  );

function nodeOf(lan: FakeLan, address: string, instances: InstanceConfig[], over: Partial<VrrpDesired> = {}) {
  const node = lan.node(address);
  node.configure(1, instances, [], over);
  return node;
}

test('a sync group becomes master and yields as a whole, and is told of after its members', async () => {
  const lan = new FakeLan();
  const grouped = { syncGroups: [group()] };
  const one = nodeOf(lan, '10.0.0.1', [first({ priority: 100 }), second({ priority: 90 })], grouped);
  await lan.run(8);
  assert.deepEqual(states(one), ['MASTER', 'MASTER']);
  assert.deepEqual(notices(one).slice(-3), [
    'INSTANCE VI_1 MASTER 100',
    'INSTANCE VI_2 MASTER 90',
    'GROUP VG_1 MASTER 0',
  ]);
  // A neighbour that is better in one of the two takes both: the other by the silence that follows.
  const two = nodeOf(lan, '10.0.0.2', [first({ priority: 150 }), second({ priority: 80 })], grouped);
  await lan.run(5);
  assert.deepEqual(states(one), ['MASTER', 'MASTER'], 'VI_2 of the neighbour does not want to');
  assert.deepEqual(states(two), ['BACKUP', 'BACKUP']);
  two.configure(2, [first({ priority: 150 }), second({ priority: 120 })], [], grouped);
  await lan.run(5);
  assert.deepEqual(
    [states(one), states(two)],
    [
      ['BACKUP', 'BACKUP'],
      ['MASTER', 'MASTER'],
    ],
  );
  assert.equal(notices(one).at(-1), 'GROUP VG_1 BACKUP 0');
});

test('a fault of one member is a fault of the whole group, which resigns everywhere', async () => {
  const lan = new FakeLan();
  const one = nodeOf(lan, '10.0.0.1', [first({ tracks: [script(0)] }), second()], {
    syncGroups: [group()],
    trackers: said('good'),
  });
  const two = nodeOf(lan, '10.0.0.2', [first({ priority: 50 }), second({ priority: 50 })]);
  await lan.run(8);
  assert.deepEqual(
    [states(one), states(two)],
    [
      ['MASTER', 'MASTER'],
      ['BACKUP', 'BACKUP'],
    ],
  );
  one.vrrp.receive({ message: 'trackers', trackers: said('bad') });
  await lan.run(0.9);
  assert.deepEqual(
    [states(one), states(two)],
    [
      ['FAULT', 'FAULT'],
      ['MASTER', 'MASTER'],
    ],
  );
  assert.match(one.show().because, /script chk fails/);
  assert.match(one.vrrp.show().instances[1]?.because ?? '', /VI_1 of sync group VG_1 is in fault/);
  assert.equal(one.addresses.size, 0);
  one.vrrp.receive({ message: 'trackers', trackers: said('good') });
  await lan.run(8);
  assert.deepEqual(states(one), ['MASTER', 'MASTER']);
});

test('a weight changes the priority of a running instance, and the deadline of a backup moves with it', async () => {
  const lan = new FakeLan();
  const tracked = first({ priority: 100, tracks: [script(-60)], notify: NO_NOTIFY });
  const one = nodeOf(lan, '10.0.0.1', [tracked], { trackers: said('good') });
  const two = nodeOf(lan, '10.0.0.2', [first({ priority: 50 })]);
  await lan.run(5);
  assert.deepEqual([states(one), states(two)], [['MASTER'], ['BACKUP']]);
  one.vrrp.receive({ message: 'trackers', trackers: said('bad') });
  await lan.run(5);
  assert.deepEqual([states(one), states(two)], [['BACKUP'], ['MASTER']]);
  assert.deepEqual([one.show().priority, one.show().effectivePriority], [100, 40]);
  one.vrrp.receive({ message: 'trackers', trackers: said('good') });
  await lan.run(5);
  assert.deepEqual([states(one), states(two)], [['MASTER'], ['BACKUP']]);
});

test('a tracker that is new to a master does not stop it before it has told anything', async () => {
  const lan = new FakeLan();
  const one = nodeOf(lan, '10.0.0.1', [first()]);
  await lan.run(5);
  one.configure(2, [first({ tracks: [script(0)] })]);
  await lan.run(1);
  assert.deepEqual(states(one), ['MASTER']);
  const fresh = nodeOf(lan, '10.0.0.2', [second({ tracks: [script(0)] })]);
  await lan.run(5);
  assert.deepEqual(states(fresh), ['FAULT'], 'but one that has not begun yet waits for it');
});

test('vrrp_startup_delay throws adverts away, and a whole Master_Down_Interval follows it', async () => {
  const lan = new FakeLan();
  const delayed = {
    startedAt: instant(lan.now),
    vrrp: { startupDelay: seconds(10), delayAfterBoot: micros(0), announcePace: [], linkDelays: [] },
  };
  const one = nodeOf(lan, '10.0.0.1', [first({ priority: 100 })], delayed);
  await lan.run(9.9);
  assert.deepEqual([states(one), one.show().because], [['INIT'], 'waits for the startup delay to end']);
  await lan.run(3.6);
  assert.deepEqual(states(one), ['BACKUP']);
  await lan.run(0.2);
  assert.deepEqual(states(one), ['MASTER']);
});

test('a VRRPv3 backup counts with the interval of its master', async () => {
  const lan = new FakeLan();
  const v3 = { version: 3, authentication: null } as const;
  const one = nodeOf(lan, '10.0.0.1', [first({ ...v3, priority: 150, advertInterval: centis(50) })]);
  const two = nodeOf(lan, '10.0.0.2', [first({ ...v3, priority: 100, advertInterval: centis(400) })]);
  await lan.run(10);
  assert.deepEqual([states(one), states(two)], [['MASTER'], ['BACKUP']]);
  assert.ok(two.show().counters.intervalMismatches > 0);
  one.setLink(false);
  // 3 × 0.5 s + 156/256 × 0.5 s, from the last advert on.
  await lan.run(1.9);
  assert.deepEqual(states(two), ['MASTER']);
});

test('an address that somebody removed from a master is put back, announced and told', async () => {
  const lan = new FakeLan();
  const one = nodeOf(lan, '10.0.0.1', [first()]);
  await lan.run(12);
  const before = one.garps.length;
  one.addresses.clear();
  one.vrrp.refresh();
  await lan.run(0.1);
  assert.deepEqual([...one.addresses], ['10.0.0.100/24@eth0']);
  assert.equal(one.garps.length, before + 5);
  const told = one.events.filter(({ event }) => event === 'address_restored');
  assert.match(told[0]?.message ?? '', /somebody removed 10\.0\.0\.100\/24 on eth0; it is back/);
  assert.deepEqual(states(one), ['MASTER']);
});

test('unicast adverts go to each peer, and a multicast neighbour is not heard', async () => {
  const lan = new FakeLan();
  const unicast = (...peers: string[]): Partial<InstanceConfig> => ({
    transport: {
      kind: 'unicast',
      peers: peers.map((address) => ({ address: virtualAddress(address).address, minTtl: 0, maxTtl: 255 })),
      ttl: 255,
      checkSource: false,
      faultWithoutPeer: false,
    },
  });
  const sent: string[] = [];
  lan.onTransmit = ({ destination }) => void sent.push(destination);
  const one = nodeOf(lan, '10.0.0.1', [first(unicast('10.0.0.2', '10.0.0.3'))]);
  await lan.run(4);
  assert.deepEqual([...new Set(sent)], ['10.0.0.2', '10.0.0.3']);
  nodeOf(lan, '10.0.0.9', [first({ priority: 200 })]);
  await lan.run(6);
  assert.deepEqual(states(one), ['MASTER']);
  assert.ok(one.show().counters.refused.destination > 0);
});

test('gratuitous ARPs keep the pace of their interface, and those of an address that is gone are not sent', async () => {
  const lan = new FakeLan();
  const vrrp = { startupDelay: micros(0), delayAfterBoot: micros(0), linkDelays: [] };
  const pace = { interfaces: null, garp: seconds(0.1), na: micros(0) };
  const one = nodeOf(lan, '10.0.0.1', [first()], { vrrp: { ...vrrp, announcePace: [pace] } });
  await lan.run(3.8);
  const gaps = one.garps.slice(1).map((at, i) => at - (one.garps[i] ?? 0));
  assert.deepEqual([one.garps.length, ...gaps], [2, 100_000]);
  one.configure(2, [first()], [], { vrrp: { ...vrrp, announcePace: [pace] } });
  one.setLink(false);
  await lan.run(1);
  assert.equal(one.garps.length, 2, 'the rest of the burst is not wanted any more');
});

test('a link that is down for less than its delay is no fault', async () => {
  const lan = new FakeLan();
  const delays = { interface: 'eth0', down: seconds(2), up: micros(0) };
  const vrrp = { startupDelay: micros(0), delayAfterBoot: micros(0), announcePace: [], linkDelays: [delays] };
  const one = nodeOf(lan, '10.0.0.1', [first()], { vrrp });
  await lan.run(5);
  one.setLink(false);
  await lan.run(1.5);
  assert.deepEqual(states(one), ['MASTER']);
  one.setLink(true);
  await lan.run(3);
  assert.deepEqual(states(one), ['MASTER']);
  one.setLink(false);
  await lan.run(2.1);
  assert.deepEqual(states(one), ['FAULT']);
});
