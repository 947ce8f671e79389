import assert from 'node:assert/strict';
import { test } from 'node:test';
import { micros, seconds } from '../../../src/base/units.ts';
import type { HeartbeatConfig, TakeoverConfig } from '../../../src/model/config.ts';
import { FakeLan, type FakeNode } from '../../fakes/lan.ts';
import { instanceConfig } from '../../support/instances.ts';

const GATEWAY = '10.0.0.254';
const KEY = { kind: 'bytes', bytes: new Uint8Array(32).fill(1) } as const;

const SLOW = { interval: micros(200_000), failover: false };
const FAST = { interval: micros(1000), failover: true };

const pathOf = (node: FakeNode, peer: FakeNode, how: typeof SLOW): HeartbeatConfig => ({
  key: KEY,
  paths: [
    {
      local: node.secondAddress,
      peer: peer.secondAddress,
      port: 7112,
      ...how,
      witness: false,
    },
  ],
});

/** A master of priority 150 and its backup, with a second path between them unless that is null. */
async function pair(takeover: TakeoverConfig | null, path: typeof SLOW | null = SLOW) {
  const lan = new FakeLan();
  lan.neighbours.add(GATEWAY);
  const [master, backup] = [lan.node('10.0.0.1'), lan.node('10.0.0.2')];
  for (const [node, peer, priority] of [
    [master, backup, 150],
    [backup, master, 100],
  ] as const) {
    const heartbeat = path === null ? null : pathOf(node, peer, path);
    node.configure(1, [instanceConfig({ priority, takeover })], [], {
      heartbeat,
      routerId: `lb-${node.address}`,
    });
  }
  await lan.run(6);
  assert.deepEqual([master.show().state, backup.show().state], ['MASTER', 'BACKUP']);
  return { lan, master, backup };
}

const told = (node: FakeNode, name: string) => node.events.filter(({ event }) => event === name).length;
const takeover = (over: Partial<TakeoverConfig> = {}): TakeoverConfig => ({
  gateway: null,
  suspectHold: null,
  witness: null,
  ...over,
});

test('Vrrp leaves a master in its place that only the adverts do not reach from, until the second path is lost too', async () => {
  const { lan, backup } = await pair(null);
  backup.hears = false;
  await lan.run(10);
  assert.deepEqual([backup.show().state, told(backup, 'advert_path_broken')], ['BACKUP', 1]);
  assert.match(backup.show().withheld ?? '', /^lb-10\.0\.0\.1 lives and serves/);
  lan.secondPathUp = false;
  await lan.run(3);
  assert.deepEqual([backup.show().state, told(backup, 'heartbeat_lost')], ['MASTER', 1]);
});

test('Vrrp takes over at once from a master that says on the second path that it lost its link, or stops', async () => {
  const { lan, master, backup } = await pair(takeover({ gateway: GATEWAY as never }));
  master.setLink(false);
  await lan.run(0.05);
  assert.equal(backup.show().state, 'MASTER');
  assert.match(backup.show().because, /^lb-10\.0\.0\.1 says on the path to 10\.9\.0\.1 that it has a fault/);
  const without = await pair(null, null);
  without.master.setLink(false);
  await without.lan.run(1.5);
  assert.equal(without.backup.show().state, 'BACKUP', 'it has to wait for Master_Down_Interval');
});

test('Vrrp takes over from a master at the fourth heartbeat that is missing, where its silence counts', async () => {
  const { lan, master, backup } = await pair(null, FAST);
  master.kill();
  await lan.run(0.0045);
  assert.equal(backup.show().state, 'MASTER');
  assert.match(
    backup.show().because,
    /^lb-10\.0\.0\.1, the master, has fallen silent on the path to 10\.9\.0\.1/,
  );
  // The other way round: a backup that dies is nobody's to replace, and a master that comes back has its place again.
  master.revive();
  master.restart();
  master.configure(1, [instanceConfig({ priority: 150 })], [], {
    heartbeat: pathOf(master, backup, FAST),
    routerId: `lb-${master.address}`,
  });
  await lan.run(5);
  assert.deepEqual([master.show().state, backup.show().state], ['MASTER', 'BACKUP']);
  const hiccup = async (after: number) => {
    const { lan, backup } = await pair(null, FAST);
    lan.secondPathUp = false;
    await lan.run(0.01);
    lan.secondPathUp = true;
    await lan.run(after);
    const before = backup.show().counters.becameMaster;
    lan.secondPathUp = false;
    await lan.run(0.01);
    return backup.show().counters.becameMaster - before;
  };
  assert.deepEqual(
    [await hiccup(0.5), await hiccup(1.5)],
    [0, 1],
    'one that has just come back is not judged',
  );
  const slow = await pair(null, { ...FAST, failover: false });
  slow.master.kill();
  await slow.lan.run(1);
  assert.equal(slow.backup.show().state, 'BACKUP');
});

test('Vrrp believes nobody dead for what waited in a link until it came back', async () => {
  const { lan, master, backup } = await pair(null, FAST);
  const waiting: Parameters<FakeLan['beat']>[0][] = [];
  const arrive = lan.beat.bind(lan);
  lan.beat = (datagram) => {
    if (datagram.source === master.secondAddress) waiting.push(datagram);
    else arrive(datagram);
  };
  await lan.run(0.002);
  master.setLink(false);
  await lan.run(0.1);
  assert.deepEqual([master.show().state, backup.show().state], ['FAULT', 'MASTER']);
  master.setLink(true);
  await lan.run(5);
  assert.deepEqual([master.show().state, backup.show().state], ['MASTER', 'BACKUP']);
  lan.beat = arrive;
  for (const datagram of waiting) lan.beat(datagram);
  await lan.run(0.05);
  assert.deepEqual([backup.show().state, backup.show().counters.becameMaster], ['BACKUP', 1]);
});

test('Vrrp never takes over while its gateway does not answer, and does once it answers again', async () => {
  const { lan, master, backup } = await pair(takeover({ gateway: GATEWAY as never }), null);
  lan.neighbours.delete(GATEWAY);
  master.kill();
  await lan.run(10);
  assert.deepEqual([backup.show().state, told(backup, 'takeover_withheld')], ['BACKUP', 1]);
  assert.match(backup.show().withheld ?? '', /its gateway 10\.0\.0\.254 does not answer/);
  lan.neighbours.add(GATEWAY);
  await lan.run(2);
  assert.deepEqual([backup.show().state, backup.show().withheld], ['MASTER', null]);
});

test('Vrrp waits suspect_hold for a silent master that still answers ARP, and not for one that does not', async () => {
  const { lan, backup } = await pair(takeover({ suspectHold: seconds(3) }), null);
  backup.hears = false;
  await lan.run(5.5);
  assert.deepEqual([backup.show().state, told(backup, 'takeover_withheld')], ['BACKUP', 1]);
  await lan.run(3);
  assert.equal(backup.show().state, 'MASTER');
  const gone = await pair(takeover({ suspectHold: seconds(3) }), null);
  gone.master.kill();
  gone.master.addresses.clear();
  await gone.lan.run(4.5);
  assert.equal(gone.backup.show().state, 'MASTER');
});

test('Vrrp asks nobody and sends nothing more where neither takeover nor heartbeat is configured', async () => {
  const { lan, master, backup } = await pair(null, null);
  assert.equal(backup.onHeartbeat, null);
  master.kill();
  let asked = 0;
  lan.ask = () => void asked++;
  await lan.run(5);
  assert.deepEqual([backup.show().state, asked], ['MASTER', 0]);
  assert.match(backup.show().because, /limit 3\.609 s/);
});

test('Vrrp: a master that its gateway does not answer hands over, and waits for the gateway', async () => {
  for (const hasPath of [true, false]) {
    const { lan, master, backup } = await pair(
      takeover({ gateway: GATEWAY as never }),
      hasPath ? SLOW : null,
    );
    let none = 0;
    lan.onStep = () => {
      if (master.addresses.size + backup.addresses.size === 0) none++;
    };
    master.reachesNeighbours = false;
    await lan.run(6);
    assert.deepEqual([master.show().state, backup.show().state, none], ['BACKUP', 'MASTER', 0]);
    assert.match(
      master.show().because,
      /^this machine is cut off: its gateway 10\.0\.0\.254 does not answer/,
    );
    await lan.run(10);
    assert.deepEqual([master.show().state, master.addresses.size], ['BACKUP', 0]);
    master.reachesNeighbours = true;
    await lan.run(6);
    assert.equal(master.show().state, 'MASTER');
    assert.deepEqual([told(master, 'gateway_lost'), told(master, 'gateway_regained'), none], [1, 1, 0]);
  }
});

test('Vrrp: a master whose gateway answers nobody stays if the peer says so on the second path, and hands over on request', async () => {
  const { lan, master, backup } = await pair(takeover({ gateway: GATEWAY as never }));
  lan.neighbours.delete(GATEWAY);
  await lan.run(20);
  assert.deepEqual([master.show().state, master.show().counters.releasedMaster], ['MASTER', 0]);
  assert.equal(told(master, 'gateway_lost'), 1);
  // The peer has asked it a moment before us.
  master.reachesNeighbours = false;
  lan.neighbours.add(GATEWAY);
  await lan.run(1);
  master.reachesNeighbours = true;
  await lan.run(10);
  assert.deepEqual([master.show().state, master.show().counters.releasedMaster], ['MASTER', 0]);
  lan.neighbours.delete(GATEWAY);
  await lan.run(5);
  assert.ok(master.vrrp.handOver('VI_1').ok);
  await lan.run(10);
  assert.deepEqual([master.show().state, backup.show().state], ['BACKUP', 'MASTER']);
});

test('Vrrp: a gateway that answers nobody takes the addresses down where there is no second path, until it is back', async () => {
  const { lan, master, backup } = await pair(takeover({ gateway: GATEWAY as never }), null);
  lan.neighbours.delete(GATEWAY);
  await lan.run(10);
  assert.deepEqual([master.show().state, backup.show().state], ['BACKUP', 'BACKUP']);
  assert.equal(master.addresses.size + backup.addresses.size, 0);
  lan.neighbours.add(GATEWAY);
  await lan.run(6);
  assert.equal(master.show().state, 'MASTER');
});

test('Vrrp: a process that stood still does not take its own silence for that of its gateway', async () => {
  const { lan, master } = await pair(takeover({ gateway: GATEWAY as never }), null);
  master.freeze(3.2);
  await lan.run(8);
  assert.deepEqual([master.show().state, told(master, 'gateway_lost')], ['MASTER', 0]);
});
