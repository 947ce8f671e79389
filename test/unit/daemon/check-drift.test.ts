import assert from 'node:assert/strict';
import { test } from 'node:test';
import { millis } from '../../../src/base/units.ts';
import type { DriftPolicy, ServiceConfig } from '../../../src/model/config.ts';
import type { DestKey } from '../../../src/model/services.ts';
import { CheckWorld, ip, serverConfig, serviceConfig } from './check-world.ts';

const web = serviceConfig('10.0.0.100', ['10.0.0.1', '10.0.0.2']);
const mail = serviceConfig('10.0.0.101', ['10.0.0.3']);
const at = (address: string): DestKey => ({ address: ip(address), port: 80 });
const of = web.key;
const [server] = web.servers;
assert.ok(server !== undefined);
const weighing = (address: string, weight: number) => ({
  key: at(address),
  attrs: { ...server.attrs, weight },
});

/** The configuration with another weight for its first server. */
const heavier: ServiceConfig = {
  ...web,
  servers: web.servers.map((each, i) => (i > 0 ? each : { ...each, attrs: { ...each.attrs, weight: 5 } })),
};

interface Site {
  readonly world: CheckWorld;
  /** Puts the next configuration in force. */
  readonly reload: (...services: readonly ServiceConfig[]) => Promise<void>;
}

async function siteUnder(policy: DriftPolicy): Promise<Site> {
  const world = new CheckWorld();
  let generation = 0;
  const reload = (...services: readonly ServiceConfig[]) => {
    const retired = [web, mail].filter((ours) => services.every(({ key }) => key !== ours.key));
    return world.desire(++generation, services, retired, { policy, interval: millis(10_000) });
  };
  await reload(web, mail);
  await world.run(1);
  return { world, reload };
}

test('Check repairs: it undoes what somebody changed and says so once per change', async () => {
  const { world } = await siteUnder('repair');
  const { kernel } = world;
  kernel.byHand({ op: 'setDest', of, dest: weighing('10.0.0.1', 0) });
  kernel.byHand({ op: 'delDest', of, key: at('10.0.0.2') });
  kernel.byHand({ op: 'delService', key: mail.key });
  const service = { key: of, attrs: { ...web.attrs, scheduler: 'wlc' } };
  kernel.byHand({ op: 'setService', service });
  kernel.byHand({ op: 'newDest', of, dest: weighing('10.0.0.9', 7) });
  kernel.connect(of, at('10.0.0.9'), 1);
  await world.run(10);
  assert.deepEqual(world.weights(web), ['10.0.0.1 1', '10.0.0.9 0', '10.0.0.2 1']);
  assert.deepEqual(world.weights(mail), ['10.0.0.3 1']);
  assert.equal(kernel.table.services.find(({ key }) => key === of)?.attrs.scheduler, 'rr');
  await world.run(30);
  const name = 'service-10.0.0.100';
  assert.deepEqual(world.said('ipvs_drift'), [
    `somebody changed service ${name}: scheduler wlc instead of rr; repaired`,
    `somebody changed server 10.0.0.1:80 of ${name}: weight 0 instead of 1; repaired`,
    `somebody added server 10.0.0.9:80 of ${name}; taken out again`,
    `somebody removed server 10.0.0.2:80 of ${name}; repaired`,
    'somebody removed service service-10.0.0.101 with its server; repaired',
  ]);
  assert.ok(world.events('ipvs_drift').every(({ level }) => level === 'warn'));
  assert.deepEqual(world.applied(), [[1, null]]);
  await world.run(31);
  assert.deepEqual(
    world.weights(web),
    ['10.0.0.1 1', '10.0.0.2 1'],
    'the added server is drained, then removed',
  );
});

test('Check finds no drift in what it did itself, and none at its first reading', async () => {
  const { world, reload } = await siteUnder('repair');
  world.sicken('10.0.0.1');
  await world.run(15);
  world.heal('10.0.0.1');
  await world.run(15);
  await reload({ ...web, servers: [...web.servers.slice(1), serverConfig('10.0.0.4')] });
  await world.run(15);
  world.restart();
  world.kernel.byHand({ op: 'setDest', of, dest: weighing('10.0.0.2', 9) });
  await world.desire(9, [web, mail]);
  await world.run(15);
  assert.deepEqual(world.weights(web), ['10.0.0.2 1', '10.0.0.1 1']);
  assert.deepEqual(world.said('ipvs_drift'), []);
});

test('Check that lost an answer takes what it then finds for its own', async () => {
  const { world } = await siteUnder('report');
  world.kernel.failures.push({ code: 'overrun', errno: 0, message: 'lost' });
  world.sicken('10.0.0.1');
  await world.run(10);
  assert.deepEqual(world.weights(web), ['10.0.0.2 1']);
  assert.deepEqual(world.said('ipvs_drift'), []);
});

test('Check never touches nor mentions services that are not its own', async () => {
  const { world } = await siteUnder('repair');
  const foreign = serviceConfig('192.0.2.1', []);
  world.kernel.performed.length = 0;
  world.kernel.byHand({ op: 'newService', service: { key: foreign.key, attrs: foreign.attrs } });
  await world.run(15);
  world.kernel.byHand({ op: 'newDest', of: foreign.key, dest: weighing('10.0.0.1', 1) });
  await world.run(15);
  assert.deepEqual(world.weights(foreign), ['10.0.0.1 1']);
  assert.deepEqual([world.kernel.performed, world.said('ipvs_drift')], [[], []]);
});

test('Check reports: it leaves a change alone and shows it until the next reload', async () => {
  const { world, reload } = await siteUnder('report');
  world.kernel.byHand({ op: 'setDest', of, dest: weighing('10.0.0.1', 0) });
  world.kernel.byHand({ op: 'newDest', of, dest: weighing('10.0.0.9', 7) });
  world.kernel.byHand({ op: 'delService', key: mail.key });
  world.kernel.performed.length = 0;
  await world.run(60);
  assert.deepEqual(world.kernel.performed, []);
  const [changed, added, removed, ...more] = world.events('ipvs_drift');
  assert.deepEqual(more, []);
  assert.equal(
    changed?.message,
    'somebody changed server 10.0.0.1:80 of service-10.0.0.100: weight 0 instead of 1; left alone until the next reload',
  );
  assert.deepEqual([added?.level, removed?.level], ['warn', 'warn']);
  assert.deepEqual(world.applied().at(-1), [
    1,
    [
      'server 10.0.0.1:80 of service-10.0.0.100: weight 0 instead of 1',
      'server 10.0.0.9:80 of service-10.0.0.100: added',
      'service service-10.0.0.101: removed',
    ].join('; '),
  ]);
  const [shown, gone] = world.status().services;
  assert.deepEqual(
    shown?.servers.map(({ key, byHand }) => [key.address, byHand?.difference ?? null]),
    [
      ['10.0.0.1', 'weight 0 instead of 1'],
      ['10.0.0.2', null],
      ['10.0.0.9', 'added'],
    ],
  );
  assert.deepEqual(gone?.byHand, {
    ...{ policy: 'report', attrs: null, configured: mail.attrs, difference: 'removed' },
  });

  world.sicken('10.0.0.2');
  await world.run(10);
  assert.deepEqual(world.weights(web), ['10.0.0.1 0', '10.0.0.9 7'], 'our change to another server goes on');
  world.heal('10.0.0.2');
  await reload(web, mail);
  await world.run(5);
  assert.deepEqual(world.weights(web), ['10.0.0.1 1', '10.0.0.2 1']);
  assert.deepEqual(world.weights(mail), ['10.0.0.3 1']);
  assert.deepEqual(world.applied().at(-1), [2, null]);
});

test('Check reports, and its own change to that very server wins', async () => {
  const { world } = await siteUnder('report');
  world.kernel.byHand({ op: 'setDest', of, dest: weighing('10.0.0.1', 9) });
  await world.run(11);
  assert.deepEqual(world.weights(web), ['10.0.0.1 9', '10.0.0.2 1']);
  world.sicken('10.0.0.1');
  await world.run(10);
  assert.deepEqual(world.weights(web), ['10.0.0.2 1']);
  world.heal('10.0.0.1');
  await world.run(10);
  assert.deepEqual(world.weights(web), ['10.0.0.2 1', '10.0.0.1 1']);
  assert.deepEqual(world.applied().at(-1), [1, null]);
});

test('Check reports no more what somebody has put back', async () => {
  const { world } = await siteUnder('report');
  world.kernel.byHand({ op: 'setDest', of, dest: weighing('10.0.0.1', 9) });
  await world.run(11);
  world.kernel.byHand({ op: 'setDest', of, dest: weighing('10.0.0.1', 1) });
  await world.run(11);
  assert.deepEqual(world.applied().at(-1), [1, null]);
  assert.match(world.said('ipvs_drift').at(-1) ?? '', /: weight 1 instead of 9; which is as configured$/);
});

test('Check adopts: a weight set by hand outlasts health changes and reloads that do not touch it', async () => {
  const { world, reload } = await siteUnder('adopt');
  world.kernel.byHand({ op: 'setDest', of, dest: weighing('10.0.0.1', 9) });
  await world.run(11);
  assert.deepEqual(
    world.events('ipvs_drift').map(({ level, fields }) => [level, fields['verdict']]),
    [['info', 'kept']],
  );
  world.sicken('10.0.0.1');
  await world.run(10);
  assert.deepEqual(world.weights(web), ['10.0.0.2 1'], 'a dead server is out');
  world.heal('10.0.0.1');
  await world.run(10);
  assert.deepEqual(world.weights(web), ['10.0.0.2 1', '10.0.0.1 9']);
  await reload(web, serviceConfig('10.0.0.102', []));
  await world.run(30);
  assert.deepEqual(world.weights(web), ['10.0.0.2 1', '10.0.0.1 9']);
  assert.deepEqual(world.applied().at(-1), [2, null], 'it is no problem');
  await reload(heavier, mail);
  assert.deepEqual(world.weights(web), ['10.0.0.2 1', '10.0.0.1 5']);
});

test('Check adopts what was added and removed by hand, until the configuration says otherwise', async () => {
  const { world, reload } = await siteUnder('adopt');
  world.kernel.byHand({ op: 'newDest', of, dest: weighing('10.0.0.9', 7) });
  world.kernel.byHand({ op: 'delDest', of, key: at('10.0.0.2') });
  await world.run(60);
  assert.deepEqual(world.weights(web), ['10.0.0.1 1', '10.0.0.9 7']);
  await reload({ ...heavier, servers: [...heavier.servers, serverConfig('10.0.0.9')] }, mail);
  assert.deepEqual(world.weights(web), ['10.0.0.1 5', '10.0.0.9 1']);
  await reload(mail);
  await reload(web, mail);
  await world.run(5);
  assert.deepEqual(world.weights(web), ['10.0.0.1 1', '10.0.0.2 1'], 'it was out of the configuration');
});

test('Check under another policy forgets what it left alone', async () => {
  const { world } = await siteUnder('adopt');
  world.kernel.byHand({ op: 'setDest', of, dest: weighing('10.0.0.1', 9) });
  await world.run(11);
  await world.desire(2, [web, mail], [], { policy: 'repair', interval: millis(10_000) });
  assert.deepEqual(world.weights(web), ['10.0.0.1 1', '10.0.0.2 1']);
});

test('Check puts the table back under every policy when the kernel has lost it', async () => {
  const { world } = await siteUnder('report');
  world.kernel.unreadable.push({ code: 'EOPNOTSUPP', errno: 95, message: 'no such family' });
  world.kernel.byHand({ op: 'delService', key: of });
  await world.run(30);
  assert.deepEqual(world.weights(web), ['10.0.0.1 1', '10.0.0.2 1']);
  assert.deepEqual(world.said('ipvs_drift'), []);
});

test('Check compares on when a health change found IPVS again', async () => {
  const { world } = await siteUnder('repair');
  world.kernel.unreadable.push({ code: 'EOPNOTSUPP', errno: 95, message: 'no such family' });
  await world.run(10);
  assert.equal(world.status().table.available, false);
  world.sicken('10.0.0.1');
  await world.run(8);
  assert.deepEqual(world.weights(web), ['10.0.0.2 1']);
  world.kernel.byHand({ op: 'setDest', of, dest: weighing('10.0.0.2', 9) });
  await world.run(11);
  assert.deepEqual(world.weights(web), ['10.0.0.2 1']);
});

test('Check tells of a flushed table by its services, and of thousands of changes by their number', async () => {
  const world = new CheckWorld();
  const addresses = Array.from({ length: 150 }, (_, i) => `10.1.0.${i + 1}`);
  const large = serviceConfig('10.0.0.100', addresses);
  const unchecked = { ...large, servers: large.servers.map((each) => ({ ...each, checks: [] })) };
  await world.desire(1, [unchecked]);
  for (const address of addresses) {
    world.kernel.byHand({ op: 'setDest', of, dest: weighing(address, 3) });
  }
  await world.run(11);
  assert.equal(world.said('ipvs_drift').length, 101);
  assert.equal(world.said('ipvs_drift').at(-1), 'and 50 more like this at the same time');
  world.kernel.byHand({ op: 'delService', key: of });
  await world.run(11);
  assert.match(world.said('ipvs_drift').at(-1) ?? '', / with its 150 servers; repaired$/);
});

test('Check compares the table every interval, and rests where that takes long', async () => {
  const { world } = await siteUnder('repair');
  const { dumps } = world.kernel;
  await world.run(100);
  assert.equal(world.kernel.dumps - dumps, 10);
  world.slowness = 5;
  await world.run(10);
  const before = world.kernel.dumps;
  await world.run(500);
  assert.equal(world.kernel.dumps - before, 10, 'one part in ten of the time');
});
