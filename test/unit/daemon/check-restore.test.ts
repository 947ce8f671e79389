import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RestoreOutcome, RestoreRequest } from '../../../src/model/restore.ts';
import { type DesiredService, type ServiceKey, serviceKey } from '../../../src/model/services.ts';
import { CheckWorld, ip, serverConfig, serviceConfig } from './check-world.ts';

const saved = (address: string, ...servers: readonly string[]): DesiredService => {
  const { key, attrs } = serviceConfig(address, []);
  return { key, attrs, dests: servers.map(serverConfig).map(({ key, attrs }) => ({ key, attrs })) };
};
const keyOf = (address: string): ServiceKey => saved(address).key;

/** One service is ours and runs; what restoring comes to. */
async function begin(): Promise<CheckWorld> {
  const world = new CheckWorld();
  await world.desire(1, [serviceConfig('10.0.0.100', ['10.0.0.1', '10.0.0.2'])]);
  await world.run(5);
  return world;
}

async function restore(
  world: CheckWorld,
  request: Partial<RestoreRequest>,
): Promise<RestoreOutcome | string> {
  world.check.receive({
    message: 'restore',
    id: 7,
    request: { services: [], prune: false, dryRun: false, ...request },
  });
  await world.run(1);
  const answer = world.sent.findLast((message) => message.message === 'restored');
  assert.ok(answer?.message === 'restored' && answer.id === 7);
  return answer.outcome.ok ? answer.outcome.value : answer.outcome.error;
}

const refusals = (outcome: RestoreOutcome | string) =>
  typeof outcome === 'string' ? outcome : outcome.refused;

test('Check restores the services of others, and nothing changes in a dry run', async () => {
  const world = await begin();
  const services = [saved('10.0.0.200', '10.0.0.7', '10.0.0.8')];
  const before = world.table();
  const planned = await restore(world, { services, dryRun: true });
  assert.deepEqual(world.table(), before);
  const done = await restore(world, { services });
  assert.deepEqual(done, planned);
  assert.deepEqual(world.table(), { ...before, 'tcp 10.0.0.200:80': ['10.0.0.7', '10.0.0.8'] });
  assert.deepEqual(world.said('ipvs_restored'), ['a saved table was restored: 1 service changed']);
  assert.deepEqual((await restore(world, { services })) satisfies RestoreOutcome | string, {
    ...{ changes: [], refused: [], configured: [], kept: 0 },
  });
  // What is restored is no drift, and stays.
  await world.run(60);
  assert.equal(Object.keys(world.table()).length, 2);
  await restore(world, { prune: true });
  assert.deepEqual(world.table(), before);
});

test('Check restores nothing where the saved table has a service of the configuration otherwise', async () => {
  const world = await begin();
  const services = [saved('10.0.0.200', '10.0.0.7'), saved('10.0.0.100', '10.0.0.3')];
  assert.equal(
    await restore(world, { services }),
    'server 10.0.0.3:80 of service-10.0.0.100 (tcp 10.0.0.100:80): the configuration does not have it, or it is ordered out',
  );
  assert.deepEqual(Object.keys(world.table()), ['tcp 10.0.0.100:80']);
});

test('Check restores what the kernel takes, and names what it refuses', async () => {
  const world = await begin();
  const services = [saved('10.0.0.200', '10.0.0.7'), saved('10.0.0.201', '10.0.0.7')];
  world.kernel.failures.push({ code: 'ENOENT', errno: 2, message: 'the kernel lacks the scheduler rr' });
  assert.deepEqual(refusals(await restore(world, { services })), [
    'newService tcp 10.0.0.200:80: the kernel lacks the scheduler rr',
  ]);
  assert.deepEqual(world.table()['tcp 10.0.0.201:80'], ['10.0.0.7']);
});

test('Check restores although somebody else changes the table meanwhile', async () => {
  const world = await begin();
  const [service] = [saved('10.0.0.200', '10.0.0.7')];
  world.kernel.others.push(() => world.kernel.byHand({ op: 'newService', service }));
  assert.deepEqual(refusals(await restore(world, { services: [service] })), []);
  assert.deepEqual(world.table()[serviceKey(keyOf('10.0.0.200'))], ['10.0.0.7']);
});

test('Check says why it restores nothing, and tells no settings, where there is no IPVS', async () => {
  const world = new CheckWorld();
  world.hasIpvs = false;
  assert.equal(await restore(world, { services: [saved('10.0.0.200')] }), 'this kernel has no IPVS');
  world.check.receive({ message: 'settings', id: 8 });
  await world.run(0);
  assert.deepEqual(world.sent.at(-1), {
    message: 'settings',
    id: 8,
    settings: { ok: false, error: 'this kernel has no IPVS' },
  });
});

test('Check tells timeouts and sync daemons as they are', async () => {
  const world = await begin();
  world.kernel.byHand({ op: 'newService', service: saved('10.0.0.200') });
  world.kernel.setting({
    op: 'startSyncDaemon',
    daemon: {
      ...{ role: 'master', interface: 'eth0', id: 7, maxLength: null },
      ...{ group: ip('224.0.0.81'), port: 8848, ttl: 1 },
    },
  });
  world.check.receive({ message: 'settings', id: 9 });
  await world.run(0);
  const answer = world.sent.findLast((message) => message.message === 'settings');
  assert.ok(answer?.message === 'settings' && answer.settings.ok);
  assert.deepEqual(answer.settings.value.timeouts, { tcp: 900, tcpFin: 120, udp: 300 });
  assert.deepEqual(
    answer.settings.value.syncDaemons.map(({ role, id }) => `${role} ${id}`),
    ['master 7'],
  );
});
