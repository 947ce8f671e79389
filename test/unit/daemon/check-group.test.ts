import assert from 'node:assert/strict';
import { test } from 'node:test';
import { millis, wallTime } from '../../../src/base/units.ts';
import type { ServiceConfig } from '../../../src/model/config.ts';
import { destKey, serviceKey } from '../../../src/model/services.ts';
import { CheckWorld, serverConfig, serviceConfig } from './check-world.ts';

const SERVERS = ['10.0.0.1', '10.0.0.2'];

/** One service at these addresses. */
const group = (addresses: readonly string[], logic: Partial<ServiceConfig> = {}): readonly ServiceConfig[] =>
  addresses.map((address) => ({
    ...serviceConfig(address, SERVERS),
    quorum: { quorum: 2, hysteresis: 0, up: null, down: null },
    sorry: { key: serverConfig('10.0.0.9').key, attrs: serverConfig('10.0.0.9').attrs, inhibit: false },
    ...logic,
    name: 'web',
  }));
const addresses = (world: CheckWorld): Record<string, string[]> => world.table();

test('Check checks and counts the servers of a service once, and programs them at all of its addresses', async () => {
  const world = new CheckWorld();
  await world.desire(1, group(['10.0.0.100', '10.0.0.101', '10.0.0.102']));
  assert.deepEqual(addresses(world), {
    'tcp 10.0.0.100:80': SERVERS,
    'tcp 10.0.0.101:80': SERVERS,
    'tcp 10.0.0.102:80': SERVERS,
  });
  await world.run(2);
  assert.deepEqual(world.probed.toSorted(), SERVERS, 'once each');
  world.sicken('10.0.0.1');
  await world.run(6);
  assert.deepEqual(Object.values(addresses(world)), [['10.0.0.9'], ['10.0.0.9'], ['10.0.0.9']]);
  assert.deepEqual(world.notices(), ['VS web UP', 'RS 10.0.0.1:80 of web DOWN', 'VS web DOWN']);
  assert.equal(world.said('server_down', 'quorum_lost').length, 2, 'said once');
  const { services } = world.status();
  assert.deepEqual(
    services.map(({ servers, quorum, sorryServer }) => [
      servers.map(({ health }) => health),
      quorum?.has,
      sorryServer?.serves,
    ]),
    [1, 2, 3].map(() => [['down', 'up'], false, true]),
  );
  world.heal('10.0.0.1');
  await world.run(6);
  assert.deepEqual(
    Object.values(addresses(world)).map((servers) => servers.toSorted()),
    [SERVERS, SERVERS, SERVERS],
  );
});

test('Check goes on with a service whose first address is taken from it, as if nothing had been', async () => {
  const world = new CheckWorld();
  await world.desire(1, group(['10.0.0.100', '10.0.0.101']));
  world.sicken('10.0.0.1');
  await world.run(6);
  world.sent.length = 0;
  const [gone] = group(['10.0.0.100']);
  assert.ok(gone !== undefined);
  await world.desire(2, group(['10.0.0.101', '10.0.0.102']), [{ ...gone, drainTimeout: 0 as never }]);
  assert.deepEqual(addresses(world), {
    'tcp 10.0.0.101:80': ['10.0.0.9'],
    'tcp 10.0.0.102:80': ['10.0.0.9'],
  });
  assert.deepEqual([world.notices(), world.said('quorum_lost', 'quorum_gained')], [[], []]);
});

test('Check suspends the checks of a service while none of its addresses is here', async () => {
  const world = new CheckWorld();
  await world.desire(1, group(['10.0.0.100', '10.0.0.101'], { haSuspend: true }));
  await world.run(10);
  assert.deepEqual(world.probed, []);
  world.own('10.0.0.101');
  await world.run(2);
  assert.deepEqual(world.probed.toSorted(), SERVERS);
  assert.deepEqual(
    world.said('checks_suspended', 'checks_resumed').at(-1),
    'service web is checked: an address of it is on this machine',
  );
});

test('Check takes up at all addresses what an earlier process left', async () => {
  const world = new CheckWorld();
  const services = group(['10.0.0.100', '10.0.0.101']);
  await world.desire(1, services);
  world.sicken('10.0.0.1');
  await world.run(6);
  assert.deepEqual(world.told(), {
    down: { 'tcp 10.0.0.100:80': ['10.0.0.1:80'], 'tcp 10.0.0.101:80': ['10.0.0.1:80'] },
    quorum: { 'tcp 10.0.0.100:80': false, 'tcp 10.0.0.101:80': false },
  });
  world.verdicts = world.told();
  world.restart();
  const changes = world.kernel.performed.length;
  await world.desire(1, services);
  assert.equal(world.kernel.performed.length, changes);
  assert.deepEqual(world.notices(), []);
});

test('Check tells of each address of a service by itself how far a drain by order has come there', async () => {
  const world = new CheckWorld();
  const both = group(['10.0.0.100', '10.0.0.101']);
  await world.desire(1, both);
  const { key: server } = serverConfig('10.0.0.1');
  const [, second] = both;
  assert.ok(second !== undefined);
  world.kernel.connect(second.key, server, 2);
  const order = { kind: 'drain', since: wallTime(0), limit: millis(5000) } as const;
  world.orders = both.map(({ key }) => ({ service: serviceKey(key), server: destKey(server), order }));
  await world.desire(1, both);
  const ends = () => world.status().services.map(({ servers }) => servers[0]?.order?.ended);
  await world.run(3);
  assert.deepEqual(ends(), [{ how: 'idle', cut: 0, at: 2000 }, null], 'it goes on at the second one');
  await world.run(3);
  assert.deepEqual(ends()[1], { how: 'timeout', cut: 2, at: 5000 });
});
