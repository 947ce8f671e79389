import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import { centis } from '../../../src/base/units.ts';
import { FakeLan, type FakeNode } from '../../fakes/lan.ts';
import { advertFrom } from '../../support/adverts.ts';
import { instanceConfig } from '../../support/instances.ts';

const VIP = '10.0.0.100/24@eth0';

async function lanOf(...priorities: readonly number[]) {
  const lan = new FakeLan();
  const nodes = priorities.map((_, i) => lan.node(`10.0.0.${i + 1}`));
  for (const [i, priority] of priorities.entries()) nodes[i]?.configure(1, [instanceConfig({ priority })]);
  await lan.run(5);
  return { lan, nodes };
}

const states = (nodes: readonly FakeNode[]) => nodes.map((node) => node.show().state);

/** Runs on and counts how often nobody had the address, and how often two answered for it. */
function watch(lan: FakeLan, nodes: readonly FakeNode[]) {
  const seen = { nobody: 0, several: 0 };
  lan.onStep = () => {
    const holders = nodes.filter((node) => node.addresses.has(VIP)).length;
    if (holders === 0) seen.nobody++;
    if (holders > 1) seen.several++;
  };
  return seen;
}

test('a handover moves the addresses without a moment in which nobody has them, and it stands back', async () => {
  const { lan, nodes } = await lanOf(150, 100);
  const [master, next] = nodes;
  assert.ok(master && next);
  const seen = watch(lan, nodes);
  assert.deepEqual(master.vrrp.handOver('VI_1'), { ok: true, value: undefined });
  await lan.run(10);
  assert.deepEqual(states(nodes), ['BACKUP', 'MASTER'], 'the higher priority leaves it there');
  assert.equal(seen.nobody, 0);
  assert.equal(master.show().standsBack, true);
  assert.deepEqual(master.vrrp.failBack('VI_1'), { ok: true, value: undefined });
  await lan.run(10);
  assert.deepEqual(states(nodes), ['MASTER', 'BACKUP']);
  assert.deepEqual([seen.nobody, master.quiet.size, next.quiet.size], [0, 0, 0]);
});

test('a handover to nobody leaves the addresses where they are', async () => {
  const { lan, nodes } = await lanOf(150);
  const [alone] = nodes;
  assert.ok(alone);
  const seen = watch(lan, nodes);
  alone.vrrp.handOver('VI_1');
  await lan.run(0.1);
  assert.deepEqual(states(nodes), ['BACKUP']);
  await lan.run(2);
  assert.deepEqual([states(nodes), seen.nobody], [['MASTER'], 0]);
  assert.match(alone.show().because, /nobody took over for 1\.25\d s/);
  const unknown = { ok: false, error: 'there is no instance or sync group VI_2: VI_1' };
  assert.deepEqual([alone.vrrp.handOver('VI_2'), alone.vrrp.failBack('VI_2')], [unknown, unknown]);
});

test('a forged advert of the highest priority takes nothing off the link', async () => {
  const { lan, nodes } = await lanOf(150, 100);
  const seen = watch(lan, nodes);
  for (const node of nodes) node.deliver(advertFrom('10.0.0.66', 255));
  await lan.run(10);
  assert.deepEqual([states(nodes), seen.nobody], [['MASTER', 'BACKUP'], 0]);
});

test('the addresses of a killed master go by themselves, and not before another has them', async () => {
  const { lan, nodes } = await lanOf(150, 100);
  const seen = watch(lan, nodes);
  nodes[0]?.kill();
  await lan.run(3.7);
  assert.equal(nodes[1]?.show().state, 'MASTER');
  await lan.run(0.4);
  assert.deepEqual([nodes[0]?.addresses.size, seen.nobody], [0, 0]);
});

test('a master that stood still for longer than its lease looks around before it serves again', async () => {
  const { lan, nodes } = await lanOf(150, 100);
  nodes[0]?.freeze(9);
  await lan.run(8.9);
  assert.deepEqual([nodes[0]?.addresses.size, nodes[1]?.show().state], [0, 'MASTER']);
  await lan.run(0.2);
  assert.deepEqual(states(nodes), ['MASTER', 'BACKUP'], 'it pre-empts the one that took over');
  const told = nodes[0]?.events.map(({ message }) => message).join('\n');
  assert.match(told ?? '', /the process stood still for 9\.\d+ s, longer than the lease/);
  const { lan: lonely, nodes: single } = await lanOf(150);
  single[0]?.freeze(9);
  await lonely.run(9.01);
  assert.deepEqual([states(single), single[0]?.addresses.size], [['MASTER'], 1], 'nobody else is there');
});

test('somebody else who claims an address of a master is contradicted once in ten seconds, and told of', async () => {
  const { lan, nodes } = await lanOf(150);
  const [node] = nodes;
  assert.ok(node);
  await lan.run(10);
  const before = node.garps.length;
  for (let i = 0; i < 30; i++) {
    node.hearClaim('10.0.0.100' as never, '02:00:00:00:00:66' as never);
    await lan.run(0.1);
  }
  assert.deepEqual([node.garps.length - before, node.show().state], [1, 'MASTER']);
  const conflicts = node.events.filter(({ event }) => event === 'vip_conflict');
  assert.equal(conflicts.length, 1);
  assert.match(conflicts[0]?.message ?? '', /02:00:00:00:00:66 says on eth0 that 10\.0\.0\.100 is its own/);
});

test('an address is leased for as long as peers wait, shorter when that is strict, and for ever when it is off', async () => {
  const left = async (lease: 'serve' | 'strict' | 'off', interval: number, version: 2 | 3 = 2) => {
    const lan = new FakeLan();
    const node = lan.node('10.0.0.1');
    const advertInterval = centis(interval);
    node.configure(1, [instanceConfig({ lease, advertInterval, version, authentication: null })]);
    await lan.run(60);
    node.kill();
    for (let seconds = 0; seconds <= 60; seconds += 0.5) {
      if (!node.addresses.has(VIP)) return seconds;
      await lan.run(0.5);
    }
    return null;
  };
  assert.deepEqual(await Promise.all([left('serve', 100), left('strict', 100), left('off', 100)]), [
    4,
    2,
    null,
  ]);
  assert.deepEqual(await Promise.all([left('serve', 10, 3), left('serve', 1, 3)]), [2, 2]);
});

test('a unicast sender that nobody has named draws no address away, however long it talks', async () => {
  const lan = new FakeLan();
  const peers = [{ address: '10.0.0.2' as Ip, minTtl: 0, maxTtl: 255 }];
  const transport = {
    kind: 'unicast',
    peers,
    ttl: 255,
    checkSource: false,
    faultWithoutPeer: false,
  } as const;
  const node = lan.node('10.0.0.1');
  node.configure(1, [instanceConfig({ priority: 150, transport })]);
  await lan.run(5);
  const seen = watch(lan, [node]);
  for (let i = 0; i < 20; i++) {
    node.deliver({ ...advertFrom('10.0.0.66', 255), destination: '10.0.0.1' as Ip, ttl: 7 });
    await lan.run(1);
  }
  await lan.run(4);
  assert.deepEqual([node.show().state, seen.nobody], ['MASTER', 0]);
});
