import assert from 'node:assert/strict';
import { test } from 'node:test';
import { millis } from '../../../src/base/units.ts';
import type { ServiceConfig } from '../../../src/model/config.ts';
import type { DestKey } from '../../../src/model/services.ts';
import { CheckWorld, ip, serverConfig, serviceConfig } from './check-world.ts';

const two = serviceConfig('10.0.0.100', ['10.0.0.1', '10.0.0.2']);
const one: ServiceConfig = { ...two, servers: two.servers.slice(1) };
const first: DestKey = { address: ip('10.0.0.1'), port: 80 };

/** A service with two servers, one of which has clients. */
async function busyWorld(): Promise<CheckWorld> {
  const world = new CheckWorld();
  await world.desire(1, [two]);
  world.kernel.connect(two.key, first, 3);
  world.kernel.performed.length = 0;
  return world;
}

test('Check drains a removed server: no new connections, and gone once the last one has ended', async () => {
  const world = await busyWorld();
  await world.desire(2, [one]);
  assert.deepEqual(world.weights(two), ['10.0.0.1 0', '10.0.0.2 1']);
  assert.deepEqual(world.applied().at(-1), [2, null], 'a reload does not wait for it');
  await world.run(20);
  world.kernel.connect(two.key, first, 0);
  await world.run(1.9);
  assert.deepEqual(world.weights(two), ['10.0.0.1 0', '10.0.0.2 1'], 'one idle reading is not enough');
  await world.run(0.2);
  assert.deepEqual(world.weights(two), ['10.0.0.2 1']);
  assert.equal(world.kernel.cut, 0);
  assert.deepEqual(world.said('server_draining', 'server_drained'), [
    'server 10.0.0.1:80 of service-10.0.0.100 is drained: 3 active connections, at most 60 s',
    'server 10.0.0.1:80 of service-10.0.0.100 had no connection left after 22 s and is removed',
  ]);
});

test('Check removes an idle server after 2 s, not sooner', async () => {
  const world = new CheckWorld();
  await world.desire(1, [two]);
  await world.desire(2, [one]);
  await world.run(1.9);
  assert.deepEqual(world.weights(two), ['10.0.0.1 0', '10.0.0.2 1']);
  await world.run(0.2);
  assert.deepEqual(world.weights(two), ['10.0.0.2 1']);
});

test('Check cuts what is left when the drain timeout has passed, and says how much', async () => {
  const world = await busyWorld();
  await world.desire(2, [{ ...one, drainTimeout: millis(4500) }]);
  await world.run(4.4);
  assert.equal(world.kernel.cut, 0);
  await world.run(0.2);
  assert.deepEqual(world.weights(two), ['10.0.0.2 1']);
  const [event] = world.events('server_drained');
  assert.deepEqual(
    [event?.level, event?.fields['how'], event?.fields['connections_cut']],
    ['warn', 'timeout', 3],
  );
});

test('Check removes a server at once without a drain timeout', async () => {
  const world = await busyWorld();
  await world.desire(2, [{ ...one, drainTimeout: millis(0) }]);
  assert.deepEqual(world.weights(two), ['10.0.0.2 1']);
  assert.deepEqual(world.said('server_draining', 'server_drained'), [
    'server 10.0.0.1:80 of service-10.0.0.100 is removed at once, 3 active connections cut',
  ]);
});

test('Check gives a server that comes back its weight, and never makes it anew', async () => {
  const world = await busyWorld();
  await world.desire(2, [one]);
  await world.run(10);
  await world.desire(3, [two]);
  assert.deepEqual(world.weights(two), ['10.0.0.1 1', '10.0.0.2 1']);
  await world.run(100);
  assert.deepEqual(
    world.kernel.performed.map(({ op }) => op),
    ['setDest', 'setDest'],
  );
  assert.equal(world.kernel.cut, 0);
});

test('Check drains the old server and adds the new one when an address changes', async () => {
  const world = await busyWorld();
  await world.desire(2, [{ ...two, servers: [serverConfig('10.0.0.9'), ...one.servers] }]);
  assert.deepEqual(world.weights(two), ['10.0.0.1 0', '10.0.0.2 1', '10.0.0.9 1']);
});

test('Check drains a retired service and deletes it with its last server; one without servers at once', async () => {
  const world = await busyWorld();
  const empty = serviceConfig('10.0.0.101', []);
  await world.desire(2, [two, empty]);
  await world.desire(3, [], [two, empty]);
  assert.equal(world.weights(empty), null);
  assert.deepEqual(world.weights(two), ['10.0.0.1 0', '10.0.0.2 0']);
  await world.run(5);
  assert.deepEqual(world.weights(two), ['10.0.0.1 0']);
  const [shown] = world.status().services;
  assert.deepEqual(
    [shown?.name, shown?.servers.map(({ draining }) => draining?.activeConns)],
    ['service-10.0.0.100', [3]],
  );
  world.kernel.connect(two.key, first, 0);
  await world.run(3);
  assert.equal(world.weights(two), null);
  assert.deepEqual(world.kernel.performed.at(-1), { op: 'delService', key: two.key });
  assert.deepEqual(world.status().services, []);
});

test('Check leaves a retired service alone that somebody makes after it is gone', async () => {
  const world = new CheckWorld();
  await world.desire(1, [two]);
  await world.desire(2, [], [two]);
  await world.run(5);
  const { key, attrs } = two;
  world.kernel.byHand({ op: 'newService', service: { key, attrs } });
  await world.desire(3, [], [two]);
  await world.run(60);
  await world.check.stop();
  assert.deepEqual(world.weights(two), []);
});

test('Check takes a failed server out at once, whatever its connections', async () => {
  const world = await busyWorld();
  world.sicken('10.0.0.1');
  await world.run(5);
  assert.deepEqual(world.weights(two), ['10.0.0.2 1']);
  assert.deepEqual(world.events('server_draining'), []);
});

test('Check that was killed drains what it finds and the configuration has not, from the start', async () => {
  const world = await busyWorld();
  await world.desire(2, [one]);
  await world.run(50);
  world.restart();
  await world.desire(2, [one]);
  assert.deepEqual(world.events('server_draining').length, 1);
  await world.run(50);
  assert.deepEqual(world.weights(two), ['10.0.0.1 0', '10.0.0.2 1']);
  await world.run(11);
  assert.deepEqual(world.weights(two), ['10.0.0.2 1']);
});

test('Check stops without waiting for a drain', async () => {
  const world = await busyWorld();
  await world.desire(2, [one]);
  await world.check.stop();
  assert.equal(world.weights(two), null);
});

test('Check reads only the services that are drained, about once a second', async () => {
  const world = await busyWorld();
  const drift = { policy: 'repair', interval: millis(3_600_000) } as const;
  await world.desire(2, [one, serviceConfig('10.0.0.101', ['10.0.0.3'])], [], drift);
  const { dumps } = world.kernel;
  world.kernel.read.length = 0;
  await world.run(10);
  assert.deepEqual(
    world.kernel.read,
    Array.from({ length: 10 }, () => 'tcp 10.0.0.100:80'),
  );
  assert.equal(world.kernel.dumps, dumps);
});

test('Check shows since when and until when a server is drained, and its connections', async () => {
  const world = await busyWorld();
  await world.run(1);
  await world.desire(2, [one]);
  world.kernel.connect(two.key, first, 2);
  await world.run(5);
  const { servers } = world.status().services[0] ?? assert.fail('no service');
  assert.deepEqual(servers.at(-1)?.draining, { since: 1000, until: 61_000, activeConns: 2 });
});

test('Check tries again to remove a drained server when that is refused', async () => {
  const world = await busyWorld();
  await world.desire(2, [one]);
  world.kernel.connect(two.key, first, 0);
  world.kernel.failures.push({ code: 'EPERM', errno: 1, message: 'not now' });
  await world.run(3);
  assert.match(world.applied().at(-1)?.[1] ?? '', /^delDest 10\.0\.0\.1:80 of tcp .*: not now$/);
  await world.run(5);
  assert.deepEqual(world.weights(two), ['10.0.0.2 1']);
  assert.deepEqual(world.applied().at(-1), [2, null]);
  assert.equal(world.events('server_drained').length, 1);
});
