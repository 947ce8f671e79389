import assert from 'node:assert/strict';
import { test } from 'node:test';
import { millis } from '../../../src/base/units.ts';
import type { ServiceConfig } from '../../../src/model/config.ts';
import type { Service } from '../../../src/model/services.ts';
import { CheckWorld, ip, serverConfig, serviceConfig } from './check-world.ts';

const WEB = 'tcp 10.0.0.100:80';
const web = serviceConfig('10.0.0.100', ['10.0.0.1', '10.0.0.2']);
const mail = serviceConfig('10.0.0.101', ['10.0.0.3']);
const foreign = serviceConfig('192.0.2.1', []);

async function worldWith(...services: readonly ServiceConfig[]): Promise<CheckWorld> {
  const world = new CheckWorld();
  await world.desire(1, services);
  await world.run(1);
  return world;
}

const created = ({ key, attrs }: Service) => ({ op: 'newService', service: { key, attrs } }) as const;

test('Check programs all servers at once, before the first check', async () => {
  const world = new CheckWorld();
  await world.desire(1, [web]);
  assert.deepEqual(world.table(), { [WEB]: ['10.0.0.1', '10.0.0.2'] });
  assert.deepEqual(world.applied(), [[1, null]]);
  assert.deepEqual(world.healths(), ['10.0.0.1:80 up -', '10.0.0.2:80 up -']);
  await world.run(1);
  assert.deepEqual(
    world.events().map(({ event }) => event),
    ['ipvs_programmed'],
  );
});

test('Check removes a server that dies after its retries, and adds it again with its first success', async () => {
  const world = await worldWith(web);
  world.sicken('10.0.0.1');
  await world.run(3);
  assert.deepEqual(world.table()[WEB], ['10.0.0.1', '10.0.0.2'], 'one failure is tolerated');
  assert.equal(world.events('check_failed')[0]?.level, 'debug');
  await world.run(1);
  assert.deepEqual(world.table()[WEB], ['10.0.0.2']);
  assert.deepEqual(world.healths(), ['10.0.0.1:80 down refused', '10.0.0.2:80 up connected']);
  world.heal('10.0.0.1');
  await world.run(3);
  assert.deepEqual(world.table()[WEB], ['10.0.0.2', '10.0.0.1']);
  assert.deepEqual(
    world
      .events('server_down', 'server_up')
      .map(({ level, message, fields }) => [level, message, fields['reason']]),
    [
      ['warn', 'server 10.0.0.1:80 of service-10.0.0.100 is down: it was refused', 'it was refused'],
      ['info', 'server 10.0.0.1:80 of service-10.0.0.100 is up: it was connected', 'it was connected'],
    ],
  );
});

test('Check says once that a server stays down, and again only when it fails in another way', async () => {
  const world = new CheckWorld();
  world.sicken('10.0.0.1');
  await world.desire(1, [web]);
  await world.run(10);
  assert.deepEqual(world.table()[WEB], ['10.0.0.2'], 'the first failure is enough');
  assert.equal(world.events('check_failed').length, 0);
  world.sicken('10.0.0.1', 'timeout');
  await world.run(10);
  assert.equal(world.events('check_failed').length, 1);
});

test('Check blames no server for what this machine lacks', async () => {
  const world = await worldWith(web);
  for (const address of ['10.0.0.1', '10.0.0.2']) world.sicken(address, 'error');
  await world.run(30);
  assert.deepEqual(world.table()[WEB], ['10.0.0.1', '10.0.0.2']);
  assert.deepEqual(
    world.events('check_failed', 'server_down').map(({ level }) => level),
    ['warn'],
  );
});

test('Check adopts what a killed process left: no change, and a dead server must prove itself', async () => {
  const world = await worldWith(web, mail);
  world.sicken('10.0.0.1');
  await world.run(5);
  const operations = world.kernel.performed.length;
  world.restart();
  await world.desire(1, [web, mail]);
  assert.equal(world.kernel.performed.length, operations);
  assert.deepEqual(world.healths(), ['10.0.0.1:80 down -', '10.0.0.2:80 up -', '10.0.0.3:80 up -']);
  assert.deepEqual(
    world.events().map(({ event, fields }) => [event, fields]),
    [['ipvs_adopted', { services: 2, servers: 2, servers_out: 1 }]],
  );
  world.heal('10.0.0.1');
  await world.run(1);
  assert.deepEqual(world.table()[WEB], ['10.0.0.2', '10.0.0.1']);
});

test('Check reads and plans again when somebody else changes the table under it', async () => {
  const world = await worldWith(web);
  const { key } = web;
  world.sicken('10.0.0.1');
  world.kernel.others.push(() => {
    world.kernel.apply({ op: 'delDest', of: key, key: { address: ip('10.0.0.1'), port: 80 } });
    world.kernel.apply({ op: 'delDest', of: key, key: { address: ip('10.0.0.2'), port: 80 } });
  });
  await world.run(4);
  assert.deepEqual(world.table()[WEB], ['10.0.0.2']);
  world.heal('10.0.0.1');
  world.kernel.others.push(() => world.kernel.apply({ op: 'delService', key }));
  await world.run(3);
  assert.deepEqual(world.table()[WEB], ['10.0.0.1', '10.0.0.2']);
  assert.deepEqual(world.events('ipvs_op_failed'), []);
  assert.deepEqual(world.applied(), [[1, null]]);
});

test('Check reads only the service of a server that changed, and the whole table on a reload', async () => {
  const world = await worldWith(web, mail);
  const dumps = world.kernel.dumps;
  world.sicken('10.0.0.1');
  await world.run(5);
  assert.deepEqual(world.table()[WEB], ['10.0.0.2']);
  const { table } = world.status();
  assert.deepEqual(
    table.available && table.value,
    world.kernel.table,
    'the status shows what the kernel has',
  );
  assert.equal(world.kernel.dumps, dumps);
  await world.desire(2, [web, mail]);
  assert.equal(world.kernel.dumps, dumps + 1);
});

test('Check reads again when the table changes while it is read, and opens IPVS anew when it stops to answer', async () => {
  const world = new CheckWorld();
  world.kernel.unreadable.push({ code: 'interrupted', errno: 4, message: 'it changed' });
  await world.desire(1, [web]);
  assert.deepEqual(world.applied(), [[1, null]]);
  world.kernel.unreadable.push({ code: 'EOPNOTSUPP', errno: 95, message: 'no such family' });
  await world.desire(2, [web]);
  const problem = 'the table cannot be read: no such family';
  assert.deepEqual(world.applied().at(-1), [2, problem]);
  assert.deepEqual(world.status().table, { available: false, reason: problem });
  assert.equal(world.kernel.closed, true);
  await world.run(10);
  assert.deepEqual(world.applied().at(-1), [2, null]);
});

test('Check reports a table that never stops changing, and tries again later', async () => {
  const world = new CheckWorld();
  world.kernel.failures.push(
    ...Array.from({ length: 15 }, () => ({ code: 'overrun', errno: 0, message: 'lost' }) as const),
  );
  await world.desire(1, [web]);
  assert.match(world.applied()[0]?.[1] ?? '', /^newDest 10\.0\.0\.2:80 of tcp 10\.0\.0\.100:80: lost$/);
  assert.equal(world.kernel.performed.length, 15, 'five rounds of three changes');
  assert.deepEqual(world.refused(), [], 'it may succeed yet');
  await world.run(5);
  assert.deepEqual(world.applied().at(-1), [1, null]);
  assert.deepEqual(world.table(), { [WEB]: ['10.0.0.1', '10.0.0.2'] });
});

test('Check reports a refused change once, does all others, and keeps trying', async () => {
  const world = new CheckWorld();
  const missing = { code: 'ENOENT', errno: 2, message: 'the kernel lacks the scheduler rr' } as const;
  const refuse = () => world.kernel.failures.push(missing, null);
  refuse();
  await world.desire(1, [mail, web]);
  const problem = 'newService tcp 10.0.0.101:80: the kernel lacks the scheduler rr';
  assert.deepEqual(world.applied(), [[1, problem]]);
  assert.deepEqual(world.refused(), [problem]);
  assert.deepEqual(world.table(), { [WEB]: ['10.0.0.1', '10.0.0.2'] });
  refuse();
  await world.run(5);
  assert.deepEqual(
    world.events('ipvs_op_failed').map(({ message }) => message),
    [problem],
  );
  await world.run(5);
  assert.deepEqual(world.applied(), [
    [1, problem],
    [1, null],
  ]);
  assert.deepEqual(world.refused(), []);
  assert.deepEqual(world.table()['tcp 10.0.0.101:80'], ['10.0.0.3']);
});

test('Check goes on checking without IPVS, says so once, and programs it when it comes', async () => {
  const world = new CheckWorld();
  world.hasIpvs = false;
  world.sicken('10.0.0.1');
  await world.desire(1, [web]);
  assert.deepEqual(world.applied(), [[1, 'this kernel has no IPVS']]);
  await world.run(25);
  assert.deepEqual(
    world.events('ipvs_unavailable').map(({ level }) => level),
    ['error'],
  );
  assert.deepEqual(world.status().table, { available: false, reason: 'this kernel has no IPVS' });
  assert.deepEqual(world.healths(), ['10.0.0.1:80 down refused', '10.0.0.2:80 up connected']);
  world.hasIpvs = true;
  await world.run(10);
  assert.deepEqual(world.table(), { [WEB]: ['10.0.0.2'] });
  assert.deepEqual(world.applied().at(-1), [1, null]);
});

test('Check without services needs no IPVS', async () => {
  const world = new CheckWorld();
  world.hasIpvs = false;
  await world.desire(1, []);
  assert.deepEqual(world.applied(), [[1, null]]);
  assert.deepEqual(world.events(), []);
});

test('Check stops: it removes its own services and retired ones, and nobody else’s', async () => {
  const world = await worldWith(web, mail);
  world.kernel.apply(created(foreign));
  // Retired, but still in the kernel because its removal is refused.
  world.kernel.failures.push({ code: 'EPERM', errno: 1, message: 'not now' });
  await world.desire(2, [web], [mail]);
  assert.deepEqual(Object.keys(world.table()), [WEB, 'tcp 10.0.0.101:80', 'tcp 192.0.2.1:80']);
  const seen: string[][] = [];
  world.kernel.pause = async () => void seen.push(Object.keys(world.table()));
  await world.check.stop();
  assert.deepEqual(Object.keys(world.table()), ['tcp 192.0.2.1:80']);
  assert.deepEqual(seen, [['tcp 192.0.2.1:80']], 'a large table is removed before anything is read');
  assert.deepEqual(world.sent.at(-1), { message: 'stopped' });
  const probes = world.sent.length;
  await world.run(60);
  assert.equal(world.sent.length, probes, 'nothing goes on after it has stopped');
});

test('Check reloads: unchanged servers keep their health, removed services go, new servers come in', async () => {
  const world = await worldWith(web, mail);
  world.sicken('10.0.0.1');
  await world.run(5);
  const downSince = world.status().services[0]?.servers[0]?.since;
  const heavier = web.servers.map((server) => ({ ...server, attrs: { ...server.attrs, weight: 3 } }));
  world.kernel.performed.length = 0;
  await world.desire(2, [{ ...web, servers: [...heavier, serverConfig('10.0.0.4')] }], [mail]);
  assert.deepEqual(
    world.kernel.performed.map(({ op }) => op),
    ['setDest', 'newDest', 'setDest'],
  );
  await world.run(2);
  assert.deepEqual(world.table(), { [WEB]: ['10.0.0.2', '10.0.0.4'] });
  assert.deepEqual(world.kernel.performed.slice(3), [{ op: 'delService', key: mail.key }]);
  assert.equal(world.status().services[0]?.servers[0]?.since, downSince);
  assert.deepEqual(world.healths(), [
    '10.0.0.1:80 down refused',
    '10.0.0.2:80 up connected',
    '10.0.0.4:80 up connected',
  ]);
  await world.desire(1, [web, mail]);
  assert.deepEqual(world.table(), { [WEB]: ['10.0.0.2', '10.0.0.4'] }, 'an older generation is ignored');
});

test('Check ignores the end of a probe whose server was removed or is checked in another way now', async () => {
  const world = new CheckWorld();
  world.latency = 500;
  world.sicken('10.0.0.1');
  world.sicken('10.0.0.2');
  await world.desire(1, [web]);
  await world.run(1.2);
  const slower = web.servers.map((server) => ({
    ...server,
    checks: server.checks.map((check) => ({ ...check, interval: millis(9000) })),
  }));
  await world.desire(2, [{ ...web, servers: slower.slice(1) }]);
  await world.run(0.8);
  assert.deepEqual(world.healths(), ['10.0.0.2:80 up -']);
  await world.run(1);
  assert.deepEqual(world.healths(), ['10.0.0.2:80 down refused']);
  assert.equal(world.events('server_down').length, 1);
});

test('Check probes a removed server no more, and one that stays no more often', async () => {
  const world = await worldWith(web);
  world.probed.length = 0;
  const [, two] = web.servers;
  assert.ok(two);
  await world.desire(2, [{ ...web, servers: [{ ...two, attrs: { ...two.attrs, weight: 2 } }] }]);
  await world.run(6);
  assert.deepEqual(world.probed, ['10.0.0.2', '10.0.0.2']);
  await world.desire(3, [
    { ...web, servers: [{ ...two, checks: two.checks.map((check) => ({ ...check, retry: 2 })) }] },
  ]);
  await world.run(6);
  assert.deepEqual(world.probed.slice(2), ['10.0.0.2', '10.0.0.2']);
});

test('Check stops where it could not do its work, and leaves it at that', async () => {
  const world = new CheckWorld();
  world.hasIpvs = false;
  await world.desire(1, [web]);
  await world.check.stop();
  const { length } = world.sent;
  await world.run(60);
  assert.deepEqual(world.sent.slice(length - 1), [{ message: 'stopped' }]);
});

test('Check answers reports with the table of after they were asked for', async () => {
  const world = await worldWith(web);
  world.check.receive({ message: 'report', id: 1 });
  world.kernel.apply(created(foreign));
  world.check.receive({ message: 'report', id: 2 });
  await world.run(0);
  const reports = world.sent.flatMap((message) => (message.message === 'report' ? [message] : []));
  assert.deepEqual(
    reports.map(({ id }) => id),
    [1, 2],
  );
  const table = reports[1]?.status.table;
  assert.equal(table?.available === true && table.value.services.length, 2);
});
