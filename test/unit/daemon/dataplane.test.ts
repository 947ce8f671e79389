import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLAIN_DATAPLANE } from '../../../src/model/dataplane.ts';
import { CheckWorld, serviceConfig } from './check-world.ts';

const web = serviceConfig('10.0.0.100', ['10.0.0.1', '10.0.0.2']);
const WEB = { 'tcp 10.0.0.100:80': ['10.0.0.1', '10.0.0.2'] };

test('another data plane holds the table before the former one lets go, and health is kept', async () => {
  const world = new CheckWorld();
  world.sicken('10.0.0.2');
  await world.desire(1, [web]);
  await world.run(10);
  const one = { 'tcp 10.0.0.100:80': ['10.0.0.1'] };
  assert.deepEqual([world.table(), world.table(world.xdp)], [one, {}]);

  let atFirst: unknown = null;
  const perform = world.xdp.perform.bind(world.xdp);
  world.xdp.perform = (ops) => {
    atFirst ??= world.table();
    return perform(ops);
  };
  world.dataplane = { ...PLAIN_DATAPLANE, use: 'xdp', interfaces: ['eth0'] };
  await world.desire(2, [web]);
  await world.run(0);
  assert.deepEqual(atFirst, one);
  assert.deepEqual([world.table(), world.table(world.xdp)], [{}, one]);
  assert.deepEqual(world.applied().at(-1), [2, null]);
  // Who is dead counts for the ring of those who are not.
  const [configured] = world.xdp.setup?.services ?? [];
  assert.deepEqual(
    configured?.dests.map(({ key }) => key.address),
    ['10.0.0.1', '10.0.0.2'],
  );

  world.heal('10.0.0.2');
  await world.run(10);
  assert.deepEqual(world.table(world.xdp), WEB);

  world.dataplane = PLAIN_DATAPLANE;
  await world.desire(3, [web]);
  await world.run(0);
  assert.deepEqual([world.table(), world.table(world.xdp), world.xdp.closings], [WEB, {}, 1]);
});

test('auto is IPVS where there is IPVS, and else XDP, whose interfaces change without a new table', async () => {
  const world = new CheckWorld();
  world.hasIpvs = false;
  world.dataplane = { ...PLAIN_DATAPLANE, use: 'auto', interfaces: ['eth0'] };
  await world.desire(1, [web]);
  assert.deepEqual(world.table(world.xdp), WEB);
  world.dataplane = { ...world.dataplane, interfaces: ['eth1'] };
  await world.desire(2, [web]);
  assert.deepEqual([world.xdp.setup?.interfaces, world.xdp.closings], [['eth1'], 0]);

  world.restart();
  world.hasIpvs = true;
  await world.desire(3, [web]);
  await world.run(0);
  assert.deepEqual([world.table(), world.table(world.xdp)], [WEB, {}]);
});

test('other directors are told at once of connections that they are about to go on with', async () => {
  const world = new CheckWorld();
  world.check.receive({ message: 'handover' });
  await world.desire(1, [web]);
  world.check.receive({ message: 'handover' });
  assert.equal(world.xdp.tellings, 0, 'IPVS has a sync daemon for that');
  world.dataplane = { ...PLAIN_DATAPLANE, use: 'xdp', interfaces: ['eth0'] };
  await world.desire(2, [web]);
  world.check.receive({ message: 'handover' });
  assert.equal(world.xdp.tellings, 1);
  let atTelling: unknown = null;
  world.xdp.tellPeers = () => {
    atTelling = world.table(world.xdp);
  };
  await world.check.stop();
  assert.deepEqual([atTelling, world.table(world.xdp)], [WEB, {}]);
});

test('without the IPVS that is asked for the former plane goes on, until the stop', async () => {
  const world = new CheckWorld();
  world.hasIpvs = false;
  world.dataplane = { ...PLAIN_DATAPLANE, use: 'xdp', interfaces: ['eth0'] };
  await world.desire(1, [web]);
  world.dataplane = PLAIN_DATAPLANE;
  await world.desire(2, [web]);
  await world.run(30);
  assert.deepEqual(world.table(world.xdp), WEB);
  assert.deepEqual(world.applied().at(-1), [2, 'this kernel has no IPVS']);
  await world.check.stop();
  assert.deepEqual(world.table(world.xdp), {});
});
