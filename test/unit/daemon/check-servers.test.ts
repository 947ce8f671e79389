import assert from 'node:assert/strict';
import { test } from 'node:test';
import { millis } from '../../../src/base/units.ts';
import type { CheckConfig } from '../../../src/model/check.ts';
import type { ServiceConfig } from '../../../src/model/config.ts';
import { CheckWorld, checkConfig, serviceConfig } from './check-world.ts';

const plain = serviceConfig('10.0.0.100', ['10.0.0.1', '10.0.0.2']);

const weights = (world: CheckWorld): readonly string[] | undefined => world.weights(plain)?.sort();

/** The service with these checks for its first server and one by TCP for the second. */
const checked = (...checks: readonly CheckConfig[]): ServiceConfig => ({
  ...plain,
  servers: plain.servers.map((server, i) => (i === 0 ? { ...server, checks } : server)),
});

const { interval, timeout, retry, delayBeforeRetry, rise, warmup, alpha } = checkConfig('10.0.0.1');
const timing = { interval, timeout, retry, delayBeforeRetry, rise, warmup, alpha };
const file = (tracker: string, weight: number): CheckConfig => ({
  ...timing,
  retry: 0,
  type: 'file',
  tracker,
  weight,
  isReversed: false,
});
const session: CheckConfig = { ...timing, retry: 0, type: 'bfd', session: 'peer' };
const command: CheckConfig = {
  ...timing,
  retry: 0,
  type: 'misc',
  command: { argv: ['load'], user: null, group: null },
  isDynamic: true,
};

async function worldOf(...checks: readonly CheckConfig[]): Promise<CheckWorld> {
  const world = new CheckWorld();
  await world.desire(1, [checked(...checks)]);
  return world;
}

test('Check has a server in while all of its checks are well, and says which one is not', async () => {
  const web = checkConfig('10.0.0.1');
  const other = { ...web, target: { ...web.target, address: checkConfig('10.0.0.9').target.address } };
  const world = await worldOf(web, other);
  await world.run(2);
  world.sicken('10.0.0.9', 'timeout');
  await world.run(5);
  assert.deepEqual(weights(world), ['10.0.0.2 1']);
  world.sicken('10.0.0.1');
  await world.run(5);
  world.heal('10.0.0.9');
  await world.run(4);
  assert.deepEqual(weights(world), ['10.0.0.2 1'], 'the other one fails still');
  assert.deepEqual(world.healths()[0], '10.0.0.1:80 down refused');
  const [status] = world.status().services[0]?.servers ?? [];
  assert.deepEqual(
    status?.checks.map(({ type, of, health, last }) => [type, of, health, last?.result]),
    [
      ['tcp', '10.0.0.1:80', 'down', 'refused'],
      ['tcp', '10.0.0.9:80', 'up', 'connected'],
    ],
  );
  world.heal('10.0.0.1');
  await world.run(4);
  assert.deepEqual(weights(world), ['10.0.0.1 1', '10.0.0.2 1']);
  assert.equal(world.events('server_down', 'server_up').length, 2);
});

test('Check has a server with alpha out until its first success, and one that is there already in', async () => {
  const world = await worldOf({ ...checkConfig('10.0.0.1'), alpha: true });
  assert.deepEqual(weights(world), ['10.0.0.2 1']);
  await world.run(2);
  assert.deepEqual(weights(world), ['10.0.0.1 1', '10.0.0.2 1']);
  world.restart();
  await world.desire(1, [checked({ ...checkConfig('10.0.0.1'), alpha: true })]);
  assert.deepEqual(weights(world), ['10.0.0.1 1', '10.0.0.2 1']);
});

test('Check waits for as many successes as a rise asks for', async () => {
  const world = await worldOf({ ...checkConfig('10.0.0.1'), rise: 3 });
  world.sicken('10.0.0.1');
  await world.run(2);
  world.heal('10.0.0.1');
  await world.run(7);
  assert.deepEqual(weights(world), ['10.0.0.2 1']);
  await world.run(3);
  assert.deepEqual(weights(world), ['10.0.0.1 1', '10.0.0.2 1']);
});

test('Check gives a server the weight that its command sets, and leaves it when that says nothing of it', async () => {
  const world = await worldOf(command);
  world.weigh('load', 7);
  await world.run(2);
  assert.deepEqual(weights(world), ['10.0.0.1 7', '10.0.0.2 1']);
  assert.equal(world.status().services[0]?.servers[0]?.effectiveWeight, 7);
  await world.desire(2, [checked({ ...command, interval: millis(5000) })]);
  assert.deepEqual(weights(world), ['10.0.0.1 7', '10.0.0.2 1'], 'nothing new is known yet');
  world.weigh('load', null);
  await world.run(6);
  assert.deepEqual(weights(world), ['10.0.0.1 7', '10.0.0.2 1']);
  await world.desire(3, [checked({ ...command, isDynamic: false })]);
  assert.deepEqual(weights(world), ['10.0.0.1 1', '10.0.0.2 1'], 'a command that may set none has set none');
});

test('Check runs a command every interval, however long it takes', async () => {
  const world = await worldOf(command);
  world.latency = 2000;
  await world.run(1 + 9 * 3 + 0.5);
  assert.equal(world.probed.filter((subject) => subject === 'load').length, 10);
});

test('Check follows files and sessions at once, and adds what files add', async () => {
  const world = await worldOf(file('load', -1), file('more', 3), session);
  assert.deepEqual(weights(world), ['10.0.0.1 1', '10.0.0.2 1']);
  await world.follow({ files: { load: 0, more: 2 }, bfd: { peer: 'unknown' } });
  assert.deepEqual(weights(world), ['10.0.0.1 7', '10.0.0.2 1']);
  await world.follow({ files: { load: 4, more: 2 }, bfd: { peer: 'good' } });
  assert.deepEqual(weights(world), ['10.0.0.1 3', '10.0.0.2 1']);
  await world.follow({ files: { load: 4, more: 2 }, bfd: { peer: 'bad' } });
  assert.deepEqual(weights(world), ['10.0.0.2 1']);
  assert.match(world.said('server_down')[0] ?? '', /is down: BFD session peer is down$/);
  await world.follow({ files: { load: 99, more: 2 }, bfd: { peer: 'good' } });
  assert.deepEqual(weights(world), ['10.0.0.1 0', '10.0.0.2 1']);
});

test('Check takes a server out whose file of weight 0 says so', async () => {
  const world = await worldOf(file('stop', 0));
  await world.follow({ files: { stop: 1 }, bfd: {} });
  assert.deepEqual(weights(world), ['10.0.0.2 1']);
  await world.desire(2, [checked(file('stop', 0), checkConfig('10.0.0.1'))]);
  await world.follow({ files: { stop: 0 }, bfd: {} });
  assert.deepEqual(weights(world), ['10.0.0.1 1', '10.0.0.2 1']);
});

test('Check names every server whose own check cannot be made here, and again after a while', async () => {
  const broken = {
    ...plain,
    servers: plain.servers.map((server, i) => ({
      ...server,
      checks: [{ ...command, command: { ...command.command, argv: [`load${i}`] as [string] } }],
    })),
  };
  const world = new CheckWorld();
  await world.desire(1, [broken]);
  for (const name of ['load0', 'load1']) world.sicken(name, 'error');
  await world.run(540);
  assert.deepEqual(
    world.said('check_failed').sort(),
    [1, 2].map(
      (n) =>
        `server 10.0.0.${n}:80 of service-10.0.0.100 could not be checked, its health stays as it was: it was error`,
    ),
  );
  assert.deepEqual(weights(world), ['10.0.0.1 1', '10.0.0.2 1']);
  await world.run(120);
  assert.equal(world.events('check_failed').length, 4);
});
