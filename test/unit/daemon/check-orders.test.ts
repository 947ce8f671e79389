import assert from 'node:assert/strict';
import { test } from 'node:test';
import { millis, wallTime } from '../../../src/base/units.ts';
import type { ServerConfig, ServiceConfig } from '../../../src/model/config.ts';
import type { ServerOrder } from '../../../src/model/orders.ts';
import { type DestKey, serviceKey } from '../../../src/model/services.ts';
import type { ServerStatus } from '../../../src/model/status.ts';
import { CheckWorld, ip, serverConfig, serviceConfig } from './check-world.ts';

const two = serviceConfig('10.0.0.100', ['10.0.0.1', '10.0.0.2']);
const first: DestKey = { address: ip('10.0.0.1'), port: 80 };
const ALL = ['10.0.0.1 1', '10.0.0.2 1'];

/** What is ordered of the first server of the site, and of no other; null for nothing. */
function order(world: CheckWorld, kind: 'drain' | 'maint' | number | null, seconds = 0): void {
  const since = wallTime(seconds * 1000);
  const made: Record<string, ServerOrder> = {
    drain: { kind: 'drain', since, limit: millis(30_000) },
    maint: { kind: 'maint', since },
  };
  const weight: ServerOrder = { kind: 'weight', since, weight: { count: Number(kind), isPercent: false } };
  const placed = kind === null ? [] : [made[kind] ?? weight];
  world.orders = placed.map((one) => ({ service: serviceKey(two.key), server: '10.0.0.1:80', order: one }));
}

async function siteOf(service: ServiceConfig = two): Promise<CheckWorld> {
  const world = new CheckWorld();
  await world.desire(1, [service]);
  await world.run(2);
  world.kernel.performed.length = 0;
  return world;
}

function shown(world: CheckWorld): ServerStatus {
  return world.status().services[0]?.servers[0] ?? assert.fail('no server is shown');
}

const sorry = (service: ServiceConfig): ServiceConfig => {
  const { key, attrs } = serverConfig('10.0.0.9');
  return { ...service, sorry: { key, attrs, inhibit: false } };
};

test('Check drains a server by order: weight 0, out when it is idle, and in again when it is ready', async () => {
  const world = await siteOf();
  world.kernel.connect(two.key, first, 2);
  order(world, 'drain', 2);
  await world.desire(1, [two]);
  assert.deepEqual(world.weights(two), ['10.0.0.2 1', '10.0.0.1 0'].sort());
  await world.run(5);
  assert.deepEqual(
    [shown(world).draining, shown(world).order?.ended],
    [{ since: 2000, until: 32_000, activeConns: 2 }, null],
  );
  assert.equal(world.status().services[0]?.servers.length, 2, 'it is shown once');
  world.kernel.connect(two.key, first, 0);
  await world.run(3);
  assert.deepEqual(world.weights(two), ['10.0.0.2 1']);
  assert.deepEqual(shown(world).order?.ended, { how: 'idle', cut: 0, at: 9000 });
  assert.deepEqual(world.said('server_draining', 'server_drained'), [
    'server 10.0.0.1:80 of service-10.0.0.100 is drained: 2 active connections, at most 30 s',
    'server 10.0.0.1:80 of service-10.0.0.100 had no connection left after 7 s and is removed',
  ]);
  await world.run(100);
  assert.deepEqual(world.weights(two), ['10.0.0.2 1'], 'its checks do not bring it back');
  order(world, null);
  await world.desire(1, [two]);
  assert.deepEqual(world.weights(two)?.sort(), ALL);
  assert.deepEqual(world.events('ipvs_drift', 'server_up', 'server_down'), []);
});

test('Check cuts at the limit of an ordered drain, which goes on through a reload and a restart', async () => {
  const world = await siteOf();
  world.kernel.connect(two.key, first, 2);
  order(world, 'drain', 2);
  await world.desire(1, [two]);
  await world.run(10);
  await world.desire(2, [{ ...two, drainTimeout: millis(1000) }]);
  await world.run(10);
  world.restart();
  await world.desire(2, [two]);
  await world.run(9.9);
  assert.deepEqual([world.weights(two), world.kernel.cut], [['10.0.0.1 0', '10.0.0.2 1'], 0]);
  await world.run(0.2);
  assert.deepEqual([world.weights(two), world.kernel.cut], [['10.0.0.2 1'], 2]);
  assert.deepEqual(shown(world).order?.ended, { how: 'timeout', cut: 2, at: 32_000 });
  world.restart();
  await world.desire(2, [two]);
  await world.run(20);
  assert.deepEqual(world.weights(two), ['10.0.0.2 1']);
  assert.deepEqual(shown(world).health, 'up', 'who is out by order is not down for that');
});

test('Check counts and tells what a drain by order cuts that is given no time', async () => {
  const world = await siteOf();
  world.kernel.connect(two.key, first, 1);
  const limit = millis(0);
  const none: ServerOrder = { kind: 'drain', since: wallTime(2000), limit };
  world.orders = [{ service: serviceKey(two.key), server: '10.0.0.1:80', order: none }];
  await world.desire(1, [two]);
  assert.deepEqual(world.weights(two), ['10.0.0.2 1']);
  assert.deepEqual(shown(world).order?.ended, { how: 'timeout', cut: 1, at: 2000 });
  assert.deepEqual(
    world.events('server_drained').map(({ fields }) => fields['connections_cut']),
    [1],
  );
});

test('Check takes a server out at once for maintenance, during a drain too, and goes on checking it', async () => {
  const world = await siteOf();
  world.kernel.connect(two.key, first, 3);
  order(world, 'drain', 2);
  await world.desire(1, [two]);
  await world.run(3);
  order(world, 'maint', 5);
  await world.desire(1, [two]);
  assert.deepEqual([world.weights(two), world.kernel.cut], [['10.0.0.2 1'], 3]);
  world.sicken('10.0.0.1');
  await world.run(10);
  assert.equal(shown(world).health, 'down');
  world.heal('10.0.0.1');
  await world.run(10);
  assert.deepEqual([shown(world).health, world.weights(two)], ['up', ['10.0.0.2 1']]);
});

test('Check leaves a server that is down out when it is ready, until it is up', async () => {
  const world = await siteOf();
  order(world, 'maint');
  await world.desire(1, [two]);
  world.sicken('10.0.0.1');
  await world.run(10);
  order(world, null);
  await world.desire(1, [two]);
  assert.deepEqual(world.weights(two), ['10.0.0.2 1']);
  world.heal('10.0.0.1');
  await world.run(4);
  assert.deepEqual(world.weights(two)?.sort(), ALL);
});

test('Check gives a server the weight that is ordered, over its checks and a change by hand', async () => {
  const adopting = { policy: 'adopt', interval: millis(1000) } as const;
  const world = await siteOf();
  order(world, 7);
  await world.desire(1, [two]);
  assert.deepEqual(world.weights(two), ['10.0.0.1 7', '10.0.0.2 1']);
  assert.deepEqual([shown(world).configuredWeight, shown(world).effectiveWeight], [1, 7]);
  const { attrs } = two.servers[0] ?? assert.fail();
  const byHand = (weight: number) =>
    world.kernel.byHand({ op: 'setDest', of: two.key, dest: { key: first, attrs: { ...attrs, weight } } });
  byHand(9);
  await world.run(11);
  assert.deepEqual(world.weights(two), ['10.0.0.1 7', '10.0.0.2 1'], 'drift is repaired to the order');
  await world.desire(2, [two], [], adopting);
  byHand(9);
  await world.run(2);
  assert.deepEqual(world.weights(two), ['10.0.0.1 9', '10.0.0.2 1'], 'and kept where that is the policy');
  order(world, 0);
  await world.desire(2, [two], [], adopting);
  assert.deepEqual(world.weights(two), ['10.0.0.1 0', '10.0.0.2 1'], 'a newer order counts again');
  world.restart();
  await world.desire(2, [two], [], adopting);
  assert.deepEqual([world.weights(two), shown(world).health], [['10.0.0.1 0', '10.0.0.2 1'], 'up']);
});

test('Check does not count who is out by order for the quorum: with all of them the sorry server serves', async () => {
  const only = sorry({ ...two, servers: two.servers.slice(0, 1) });
  const world = await siteOf(only);
  world.kernel.connect(two.key, first, 1);
  order(world, 'drain', 2);
  await world.desire(1, [only]);
  assert.deepEqual(
    world.weights(two)?.sort(),
    ['10.0.0.1 0', '10.0.0.9 1'],
    'and the drain goes on beside it',
  );
  order(world, 'maint', 3);
  await world.desire(1, [only]);
  assert.deepEqual(world.weights(two), ['10.0.0.9 1']);
  order(world, null);
  await world.desire(1, [only]);
  assert.deepEqual(world.weights(two), ['10.0.0.1 1']);
  assert.deepEqual(world.notices(), [
    'VS service-10.0.0.100 UP',
    'VS service-10.0.0.100 DOWN',
    'VS service-10.0.0.100 UP',
  ]);
});

test('Check drains as ever a server that leaves the configuration with its order', async () => {
  const world = await siteOf();
  world.kernel.connect(two.key, first, 1);
  order(world, 'drain', 2);
  await world.desire(1, [two]);
  await world.run(5);
  order(world, null);
  await world.desire(2, [{ ...two, servers: two.servers.slice(1), drainTimeout: millis(10_000) }]);
  await world.run(4.9);
  assert.deepEqual(world.weights(two), ['10.0.0.1 0', '10.0.0.2 1']);
  await world.run(0.2);
  assert.deepEqual(world.weights(two), ['10.0.0.2 1']);
});

const slow = (takes: number): ServiceConfig => ({
  ...two,
  servers: two.servers.map(
    (server): ServerConfig => ({
      ...server,
      attrs: { ...server.attrs, weight: 10 },
      slowStart: millis(takes),
    }),
  ),
});

test('Check raises the weight of a server that recovers, a step a second, and a reload does not begin it anew', async () => {
  const world = await siteOf(slow(9000));
  assert.deepEqual(world.weights(two), ['10.0.0.1 10', '10.0.0.2 10'], 'nobody recovers at the start');
  world.sicken('10.0.0.1');
  await world.run(6);
  world.heal('10.0.0.1');
  await world.run(3);
  world.kernel.performed.length = 0;
  const before = world.events('ipvs_programmed').length;
  for (let weight = 1; weight <= 4; weight++) {
    assert.deepEqual(world.weights(two)?.sort(), [`10.0.0.1 ${weight}`, '10.0.0.2 10']);
    await world.run(1);
  }
  assert.equal(shown(world).slowStart?.full, 10);
  await world.desire(2, [slow(9000)]);
  assert.deepEqual(world.weights(two)?.sort(), ['10.0.0.1 5', '10.0.0.2 10']);
  await world.run(10);
  assert.deepEqual(
    [world.weights(two)?.sort(), shown(world).slowStart],
    [['10.0.0.1 10', '10.0.0.2 10'], null],
  );
  assert.equal(world.kernel.performed.length, 9);
  assert.deepEqual(
    world
      .events('ipvs_programmed')
      .slice(before)
      .map(({ level }) => level),
    [...Array<string>(8).fill('debug'), 'info'],
    'of a rise the log has its end',
  );
  assert.deepEqual(world.said('server_slow_start'), [
    'server 10.0.0.1:80 of service-10.0.0.100 begins at weight 1 of 10, which it has after 9 s',
  ]);
});

test('Check raises the weight of a server that is ready again, counts all of it, and adopts a restart whole', async () => {
  const lone: ServiceConfig = { ...slow(9000), servers: slow(9000).servers.slice(0, 1) };
  const service = { ...lone, quorum: { ...lone.quorum, quorum: 10 } };
  const world = await siteOf(service);
  order(world, 'maint');
  await world.desire(1, [service]);
  order(world, null);
  await world.desire(1, [service]);
  assert.deepEqual(world.weights(two), ['10.0.0.1 1']);
  assert.deepEqual(world.status().services[0]?.quorum?.has, true);
  await world.run(2);
  world.restart();
  await world.desire(1, [service]);
  assert.deepEqual(world.weights(two), ['10.0.0.1 10']);
});
