import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeLan, type FakeNode } from '../../fakes/lan.ts';
import { advertFrom } from '../../support/adverts.ts';
import { instanceConfig, virtualAddress } from '../../support/instances.ts';

const VIP = '10.0.0.100/24@eth0';

async function lanOf(...priorities: readonly number[]) {
  const lan = new FakeLan();
  const nodes = priorities.map((priority, i) => {
    const node = lan.node(`10.0.0.${i + 1}`);
    node.configure(1, [instanceConfig({ priority })]);
    return node;
  });
  await lan.run(5);
  return { lan, nodes };
}

const states = (nodes: readonly FakeNode[]) => nodes.map((node) => node.show().state);
const holders = (nodes: readonly FakeNode[]) => nodes.map((node) => node.addresses.has(VIP));

test('three nodes elect the highest priority, and it alone holds the address', async () => {
  const { nodes } = await lanOf(100, 150, 50);
  assert.deepEqual(states(nodes), ['BACKUP', 'MASTER', 'BACKUP']);
  assert.deepEqual(holders(nodes), [false, true, false]);
  assert.deepEqual(nodes[0]?.show().master, { address: '10.0.0.2', priority: 150 });
});

test('nodes of equal priority do not fight over a segment: a backup accepts an equal', async () => {
  const { lan, nodes } = await lanOf(100, 100);
  const [low, high] = nodes;
  assert.ok(low && high);
  low.setLink(false);
  await lan.run(5);
  high.setLink(false);
  low.setLink(true);
  await lan.run(5);
  assert.deepEqual(states(nodes), ['MASTER', 'FAULT']);
  high.setLink(true);
  await lan.run(5);
  assert.deepEqual(states(nodes), ['MASTER', 'BACKUP'], 'a backup accepts an equal');
});

test('a stopped master resigns: the next one takes over after its skew, and yields when it returns', async () => {
  const { lan, nodes } = await lanOf(100, 150, 50);
  const [next, master] = nodes;
  assert.ok(next && master);
  void master.vrrp.stop();
  await lan.run(0.6);
  assert.deepEqual([master.addresses.has(VIP), next.show().state], [true, 'BACKUP'], 'it serves until then');
  await lan.run(0.02);
  assert.equal(next.show().state, 'MASTER');
  assert.match(next.show().because, /10\.0\.0\.2 resigned/);
  assert.deepEqual([master.addresses.has(VIP), master.quiet.has(VIP)], [false, true]);
  await lan.run(0.51);
  assert.deepEqual([master.quiet.size, master.messages.at(-1)?.message], [0, 'stopped']);
  master.restart();
  master.configure(1, [instanceConfig({ priority: 150 })]);
  await lan.run(5);
  assert.deepEqual(states(nodes), ['BACKUP', 'MASTER', 'BACKUP']);
  assert.deepEqual(holders(nodes), [false, true, false]);
});

test('a cut link makes its master a fault at once and the backup a master after Master_Down', async () => {
  const { lan, nodes } = await lanOf(100, 150);
  nodes[1]?.setLink(false);
  assert.deepEqual(states(nodes), ['BACKUP', 'FAULT']);
  await lan.run(3.7);
  assert.deepEqual(states(nodes), ['MASTER', 'FAULT']);
  assert.match(
    nodes[0]?.show().because ?? '',
    /no advert from 10\.0\.0\.2 for 3\.6\d\d s \(limit 3\.609 s\)/,
  );
});

test('a fault tells its present reason, and core hears of its beginning and its end', async () => {
  const { lan, nodes } = await lanOf(100);
  const [node] = nodes;
  assert.ok(node);
  const problems = () => node.messages.flatMap((m) => (m.message === 'applied' ? [m.problem] : []));
  node.setLink(false);
  node.linkProblem = 'does not exist';
  node.vrrp.refresh();
  assert.equal(node.show().because, 'interface eth0 does not exist');
  node.setLink(true);
  await lan.run(5);
  assert.equal(node.show().state, 'MASTER');
  assert.deepEqual(problems(), [
    null,
    'VI_1: interface eth0 is down',
    'VI_1: interface eth0 does not exist',
    null,
  ]);
});

test('a backup that was frozen past its deadline drains its socket before it judges', async () => {
  const { lan, nodes } = await lanOf(100, 150);
  const [backup] = nodes;
  assert.ok(backup);
  backup.freeze(8);
  await lan.run(10);
  assert.equal(backup.show().counters.becameMaster, 0);
  assert.equal(backup.events.filter(({ event }) => event === 'vrrp_late').length, 1);
  assert.ok(backup.vrrp.show().lateness.worst > 3e6);
});

test('a restarted process that resumes keeps the mastership, and its peers notice nothing', async () => {
  const { lan, nodes } = await lanOf(100, 150);
  const [backup, master] = nodes;
  assert.ok(backup && master);
  await lan.run(0.4);
  master.restart();
  await lan.run(0.3);
  master.configure(1, [instanceConfig({ priority: 150 })], ['VI_1']);
  assert.equal(master.show().state, 'MASTER');
  await lan.run(10);
  assert.deepEqual(states(nodes), ['BACKUP', 'MASTER']);
  assert.equal(backup.show().counters.becameMaster, 0);
});

test('a restarted process that does not resume takes its leftover address off', async () => {
  const { lan, nodes } = await lanOf(150);
  const [node] = nodes;
  assert.ok(node);
  node.restart();
  assert.equal(node.addresses.has(VIP), true);
  node.configure(1, [instanceConfig({ priority: 150 })]);
  await lan.run(0.1);
  assert.deepEqual([node.show().state, node.addresses.has(VIP)], ['BACKUP', false]);
});

test('a reload keeps the mastership, moves addresses, and stops what was removed', async () => {
  const { lan, nodes } = await lanOf(150);
  const [node] = nodes;
  assert.ok(node);
  const garps = node.garps.length;
  node.configure(2, [
    instanceConfig({
      priority: 150,
      virtualAddresses: [virtualAddress('10.0.0.101'), virtualAddress('10.0.0.102')],
    }),
  ]);
  await lan.run(0.1);
  assert.equal(node.show().state, 'MASTER');
  assert.deepEqual([...node.addresses], ['10.0.0.101/24@eth0', '10.0.0.102/24@eth0']);
  assert.equal(node.garps.length - garps, 10);
  node.configure(3, []);
  await lan.run(1.1);
  assert.equal(node.addresses.size, 2, 'a successor is waited for');
  await lan.run(0.2);
  assert.deepEqual([[...node.addresses], node.vrrp.show().instances.length], [[], 0]);
  assert.deepEqual(
    node.messages.filter((m) => m.message === 'applied').map((m) => m.generation),
    [1, 2, 3],
  );
});

test('a flood of refused adverts changes nothing but counters and one log line per reason', async () => {
  const { lan, nodes } = await lanOf(100, 150);
  const before = nodes.map((node) => ({ ...node.show(), counters: null }));
  const wrong = advertFrom('10.0.0.66', 254, { authentication: { type: 'pass', password: 'wrong' } });
  const hops = { ...wrong, ttl: 64 };
  const stranger = advertFrom('10.0.0.66', 254, { vrid: 9 });
  for (let i = 0; i < 5000; i++) {
    for (const node of nodes) for (const datagram of [wrong, hops, stranger]) node.deliver(datagram);
    if (i % 1000 === 0) await lan.run(1);
  }
  await lan.run(5);
  assert.deepEqual(
    nodes.map((node) => ({ ...node.show(), counters: null })),
    before,
  );
  for (const node of nodes) {
    const { refused } = node.show().counters;
    assert.deepEqual([refused.auth, refused.ttl], [5000, 5000]);
    assert.equal(node.vrrp.show().unmatched.vrid, 5000);
    assert.equal(node.events.filter(({ event }) => event === 'vrrp_advert_refused').length, 2);
    assert.ok(!JSON.stringify(node.messages).includes('1111'), 'no secret in a message');
  }
});

test('the address is on the interface before its gratuitous ARP, and adverts carry priority 0 before it goes', async () => {
  const { lan, nodes } = await lanOf(150);
  const [node] = nodes;
  assert.ok(node);
  assert.equal(node.garps.length, 5);
  await lan.run(5);
  assert.equal(node.garps.length, 10, 'the second burst after garp_master_delay');
  const watcher = lan.node('10.0.0.9');
  watcher.configure(1, [instanceConfig({ priority: 1 })]);
  await lan.run(1);
  void node.vrrp.stop();
  await lan.run(0.1);
  assert.equal(watcher.show().counters.priorityZeroReceived, 1);
  await lan.run(1.5);
  assert.equal(node.messages.at(-1)?.message, 'stopped');
});

test('a reload ends the fault of an interface whose only address was called virtual', async () => {
  const lan = new FakeLan();
  const node = lan.node('10.0.0.1');
  node.configure(1, [instanceConfig({ virtualAddresses: [virtualAddress('10.0.0.1')] })]);
  assert.equal(node.show().state, 'FAULT');
  node.configure(2, [instanceConfig()]);
  assert.equal(node.show().state, 'BACKUP');
});

test('an owner advertises from the address that is both its own and virtual', async () => {
  const lan = new FakeLan();
  const node = lan.node('10.0.0.1');
  node.configure(1, [instanceConfig({ priority: 255, virtualAddresses: [virtualAddress('10.0.0.1')] })]);
  assert.equal(node.show().state, 'MASTER');
});
