import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import type { InstanceConfig } from '../../../src/model/config.ts';
import { FakeLan, type FakeNode } from '../../fakes/lan.ts';
import { advertFrom } from '../../support/adverts.ts';
import { instanceConfig } from '../../support/instances.ts';

async function nodeOf(over: Partial<InstanceConfig>) {
  const lan = new FakeLan();
  const node = lan.node('10.0.0.1');
  node.configure(1, [instanceConfig(over)]);
  await lan.run(5);
  return { lan, node };
}

const junk = advertFrom('10.0.0.66', 100, { vrid: 9 });
const filter = { vrids: [51], versions: [2], ttl: 255 } as const;

/** So many packets in a tenth of a second, which is a flood from 300 on. */
function flood(node: FakeNode, count: number): void {
  for (let i = 0; i < count; i++) node.deliver(junk);
}

test('a flood is left to the kernel, followed, and looked at again after ten seconds', async () => {
  const { lan, node } = await nodeOf({});
  flood(node, 299);
  assert.deepEqual(node.guards, []);
  flood(node, 1);
  assert.deepEqual(node.guards, [{ ...filter, sources: [], othersOneIn: 16 }]);
  const told = node.events.filter(({ event }) => event === 'vrrp_flood' || event === 'vrrp_send_failed');
  assert.deepEqual(
    told.map(({ level, event, fields }) => [level, event, fields]),
    [['warn', 'vrrp_flood', { interface: 'eth0' }]],
  );
  flood(node, 280);
  await lan.run(0.29);
  // 280 of which one in 16 came through in 0.28 s are 16,000 a second, of which 400 are to be read.
  assert.deepEqual(node.guards.at(-1), { ...filter, sources: [], othersOneIn: 40 });
  await lan.run(0.5);
  assert.deepEqual(node.guards.at(-1), { ...filter, sources: [], othersOneIn: 1 });
  await lan.run(10);
  assert.deepEqual(node.guards.at(-1), null);
  const guards = node.guards.length;
  await lan.run(10);
  assert.equal(node.guards.length, guards);
});

test('a flood leaves free who is named and who has been accepted, a new one from the next look on', async () => {
  const { lan, node } = await nodeOf({ priority: 50 });
  node.deliver(advertFrom('10.0.0.2', 100));
  flood(node, 300);
  assert.deepEqual(node.guards, [{ ...filter, sources: ['10.0.0.2' as Ip], othersOneIn: 16 }]);
  node.deliver(advertFrom('10.0.0.3', 200));
  await lan.run(0.3);
  assert.deepEqual(node.guards.at(-1)?.sources, ['10.0.0.2', '10.0.0.3']);

  const allowedSources = ['10.0.0.7' as Ip];
  const named = await nodeOf({ allowedSources });
  flood(named.node, 300);
  assert.deepEqual(named.node.guards, [{ ...filter, sources: allowedSources, othersOneIn: null }]);
});

test('adverts of one that is known are no flood at any rate', async () => {
  const { node } = await nodeOf({ priority: 50 });
  for (let i = 0; i < 5000; i++) node.deliver(advertFrom('10.0.0.2', 100));
  assert.deepEqual(node.guards, []);
});
