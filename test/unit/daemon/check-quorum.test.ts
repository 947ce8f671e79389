import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceConfig } from '../../../src/model/config.ts';
import type { ScriptCommand } from '../../../src/model/script.ts';
import { CheckWorld, serverConfig, serviceConfig } from './check-world.ts';

const SERVERS = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
const NAME = 'service-10.0.0.100';
const run = (argv: string): ScriptCommand => ({ argv: [argv], user: null, group: null });
const sorry = (inhibit = false): NonNullable<ServiceConfig['sorry']> => {
  const { key, attrs } = serverConfig('10.0.0.9');
  return { key, attrs, inhibit };
};

/** Three servers of weight 1, of which two have to be up. */
function site(logic: Partial<ServiceConfig> = {}, server: Partial<ServiceConfig['servers'][number]> = {}) {
  const service = serviceConfig('10.0.0.100', SERVERS);
  return {
    ...service,
    quorum: { quorum: 2, hysteresis: 0, up: run('/up'), down: run('/down') },
    ...logic,
    servers: service.servers.map((one) => ({ ...one, ...server })),
  };
}

async function worldOf(service: ServiceConfig): Promise<CheckWorld> {
  const world = new CheckWorld();
  await world.desire(1, [service]);
  return world;
}

test('Check puts the sorry server in place of all servers when the quorum is lost, and takes it out again', async () => {
  const service = site({ sorry: sorry() });
  const world = await worldOf(service);
  assert.deepEqual(world.weights(service), ['10.0.0.1 1', '10.0.0.2 1', '10.0.0.3 1']);
  world.sicken('10.0.0.1');
  await world.run(2);
  assert.deepEqual(world.weights(service), ['10.0.0.2 1', '10.0.0.3 1']);
  world.sicken('10.0.0.2');
  await world.run(6);
  assert.deepEqual(world.weights(service), ['10.0.0.9 1']);
  const { quorum, sorryServer } = world.status().services[0] ?? {};
  assert.deepEqual([quorum?.has, quorum?.live, sorryServer?.serves], [false, 1, true]);
  world.heal('10.0.0.1');
  await world.run(6);
  assert.deepEqual(world.weights(service), ['10.0.0.3 1', '10.0.0.1 1'].sort());
  assert.deepEqual(world.said('quorum_lost', 'quorum_gained'), [
    `service ${NAME} has lost its quorum: its servers that are up weigh 1, and 2 is needed; sorry server 10.0.0.9:80 serves`,
    `service ${NAME} has gained its quorum: its servers that are up weigh 2, and 2 is needed; its servers take over from sorry server 10.0.0.9:80`,
  ]);
});

test('Check leaves inhibited servers in with weight 0, and takes them out with the configuration', async () => {
  const service = site({ sorry: sorry(true) }, { inhibitOnFailure: true });
  const world = await worldOf(service);
  assert.deepEqual(world.weights(service), ['10.0.0.1 1', '10.0.0.2 1', '10.0.0.3 1', '10.0.0.9 0']);
  world.sicken('10.0.0.1');
  world.sicken('10.0.0.2');
  await world.run(2);
  assert.deepEqual(world.weights(service), ['10.0.0.1 0', '10.0.0.2 0', '10.0.0.3 0', '10.0.0.9 1']);
  world.heal('10.0.0.2');
  await world.run(5);
  assert.deepEqual(world.weights(service), ['10.0.0.1 0', '10.0.0.2 1', '10.0.0.3 1', '10.0.0.9 0']);
  assert.equal(world.kernel.performed.filter(({ op }) => op === 'delDest').length, 0);
  const [, ...others] = service.servers;
  await world.desire(2, [{ ...service, drainTimeout: 0 as ServiceConfig['drainTimeout'], servers: others }]);
  assert.deepEqual(world.weights(service), ['10.0.0.2 1', '10.0.0.3 1', '10.0.0.9 0']);
});

test('Check tells of servers and quorums in order, once the kernel has been changed', async () => {
  const service = site({ sorry: sorry() });
  const world = await worldOf(service);
  assert.deepEqual(world.notices(), [`VS ${NAME} UP`], 'what it begins with');
  const send = world.kernel.perform.bind(world.kernel);
  const before: string[][] = [];
  world.kernel.perform = async (ops) => {
    before.push(world.notices());
    return send(ops);
  };
  world.sent.length = 0;
  for (const address of SERVERS) world.sicken(address);
  await world.run(2);
  assert.deepEqual(before[0], [], 'nobody is told before');
  assert.deepEqual(world.notices(), [
    `RS 10.0.0.1:80 of ${NAME} DOWN`,
    `RS 10.0.0.2:80 of ${NAME} DOWN`,
    `VS ${NAME} DOWN`,
    `RS 10.0.0.3:80 of ${NAME} DOWN`,
  ]);
  world.sent.length = 0;
  for (const address of SERVERS) world.heal(address);
  await world.run(4);
  assert.deepEqual(world.notices(), [
    `RS 10.0.0.1:80 of ${NAME} UP`,
    `RS 10.0.0.2:80 of ${NAME} UP`,
    `VS ${NAME} UP`,
    `RS 10.0.0.3:80 of ${NAME} UP`,
  ]);
});

test('Check tells what servers begin with where it is asked to, once, and who has to prove itself later', async () => {
  const plain = site();
  const [first, second, third] = plain.servers;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  const alpha = { ...third, checks: third.checks.map((check) => ({ ...check, alpha: true })) };
  const world = new CheckWorld();
  world.serversAtFirst = true;
  world.verdicts = { down: { 'tcp 10.0.0.100:80': ['10.0.0.2:80'] }, quorum: {} };
  await world.desire(1, [
    { ...plain, quorum: { ...plain.quorum, quorum: 1 }, servers: [first, second, alpha] },
  ]);
  assert.deepEqual(world.notices(), [
    `RS 10.0.0.1:80 of ${NAME} UP`,
    `RS 10.0.0.2:80 of ${NAME} DOWN`,
    `VS ${NAME} UP`,
  ]);
  world.sicken('10.0.0.3');
  await world.run(2);
  const firsts = world.sent.map((message) =>
    message.message === 'notice' && 'service' in message.notice ? message.notice : null,
  );
  assert.deepEqual(
    firsts.flatMap((notice) => (notice?.server == null ? [] : [[notice.server.address, notice.isFirst]])),
    [
      ['10.0.0.1', true],
      ['10.0.0.2', true],
      ['10.0.0.2', false],
      ['10.0.0.3', true],
    ],
  );
  world.sent.length = 0;
  const more = [first, second, alpha, serverConfig('10.0.0.4')];
  await world.desire(2, [{ ...plain, quorum: { ...plain.quorum, quorum: 1 }, servers: more }]);
  assert.deepEqual(world.notices(), [`RS 10.0.0.4:80 of ${NAME} UP`], 'who is new');
  world.verdicts = { down: {}, quorum: { 'tcp 10.0.0.100:80': true } };
  world.restart();
  await world.desire(2, [{ ...plain, servers: [first, second] }]);
  assert.deepEqual(world.notices(), [], 'everybody has been told');
});

test('Check tells of changes where there is no IPVS, too', async () => {
  const world = new CheckWorld();
  world.hasIpvs = false;
  await world.desire(1, [site()]);
  for (const address of SERVERS) world.sicken(address);
  await world.run(20);
  assert.deepEqual(world.notices().slice(0, 2), [`VS ${NAME} UP`, `RS 10.0.0.1:80 of ${NAME} DOWN`]);
  assert.equal(world.notices().length, 5);
});

test('Check begins without a quorum where servers have to prove themselves: the sorry server serves at once', async () => {
  const plain = site();
  const servers = plain.servers.map((server) => ({
    ...server,
    checks: server.checks.map((check) => ({ ...check, alpha: true })),
  }));
  const world = await worldOf({ ...plain, servers, sorry: sorry() });
  assert.deepEqual(world.weights(plain), ['10.0.0.9 1']);
  assert.deepEqual(world.notices(), [`VS ${NAME} DOWN`]);
  world.sicken('10.0.0.3');
  await world.run(2);
  assert.deepEqual(world.weights(plain), ['10.0.0.1 1', '10.0.0.2 1']);
  // keepalived tells of a first failure what it has held down.
  assert.deepEqual(world.notices().sort(), [
    `RS 10.0.0.1:80 of ${NAME} UP`,
    `RS 10.0.0.2:80 of ${NAME} UP`,
    `RS 10.0.0.3:80 of ${NAME} DOWN`,
    `VS ${NAME} DOWN`,
    `VS ${NAME} UP`,
  ]);
  const silent = await worldOf({ ...plain, servers });
  assert.deepEqual(silent.notices(), [], 'nobody stands in for them');
});

test('Check counts the weights that checks set', async () => {
  const plain = site({ sorry: sorry() });
  const servers = plain.servers.map((server) => ({ ...server, attrs: { ...server.attrs, weight: 2 } }));
  const quorum = { ...plain.quorum, quorum: 4, hysteresis: 1 };
  const service = { ...plain, quorum, servers };
  const world = await worldOf(service);
  world.weigh('10.0.0.1', 0);
  world.weigh('10.0.0.2', 1);
  await world.run(2);
  assert.deepEqual(world.weights(service), ['10.0.0.1 0', '10.0.0.2 1', '10.0.0.3 2'], 'three will do');
  world.weigh('10.0.0.2', 0);
  await world.run(4);
  assert.deepEqual(world.weights(service), ['10.0.0.9 1']);
  world.weigh('10.0.0.2', 2);
  await world.run(4);
  assert.deepEqual(world.weights(service), ['10.0.0.9 1'], 'four will not');
  world.weigh('10.0.0.2', 3);
  await world.run(4);
  assert.deepEqual(world.weights(service)?.sort(), ['10.0.0.1 0', '10.0.0.2 3', '10.0.0.3 2']);
});

test('Check tells that what a reload takes away is gone', async () => {
  const service = site();
  const world = await worldOf(service);
  world.sicken('10.0.0.1');
  await world.run(2);
  world.sent.length = 0;
  await world.desire(2, [{ ...service, servers: service.servers.slice(0, 2) }]);
  assert.deepEqual(world.notices(), [`RS 10.0.0.3:80 of ${NAME} DOWN`, `VS ${NAME} DOWN`]);
  world.heal('10.0.0.1');
  await world.run(4);
  world.sent.length = 0;
  await world.desire(3, [], [service]);
  assert.deepEqual(world.notices(), [
    `RS 10.0.0.1:80 of ${NAME} DOWN`,
    `RS 10.0.0.2:80 of ${NAME} DOWN`,
    `VS ${NAME} DOWN`,
  ]);
});

test('Check ends with the commands for what is lost only with omega', async () => {
  for (const omega of [false, true]) {
    const service = site({ omega });
    const world = await worldOf(service);
    world.sicken('10.0.0.1');
    await world.run(2);
    world.sent.length = 0;
    const stopped = world.check.stop();
    await world.run(1);
    await stopped;
    const told = [`RS 10.0.0.2:80 of ${NAME} DOWN`, `RS 10.0.0.3:80 of ${NAME} DOWN`, `VS ${NAME} DOWN`];
    assert.deepEqual(world.notices(), omega ? told : []);
    assert.equal(world.sent.at(-1)?.message, 'stopped');
    assert.deepEqual(world.table(), {});
  }
});

test('Check goes on after a crash as if nothing had been, and tells nobody of what they know', async () => {
  const quorum = { ...site().quorum, quorum: 2, hysteresis: 1 };
  const service = site({ quorum, sorry: sorry() });
  const world = await worldOf(service);
  world.sicken('10.0.0.1');
  world.sicken('10.0.0.2');
  await world.run(2);
  // One of two is within the hysteresis: it has the quorum because it had it.
  assert.deepEqual(world.weights(service), ['10.0.0.3 1']);
  world.verdicts = {
    down: { 'tcp 10.0.0.100:80': ['10.0.0.1:80', '10.0.0.2:80'] },
    quorum: { 'tcp 10.0.0.100:80': true },
  };
  world.restart();
  const changes = world.kernel.performed.length;
  await world.desire(1, [service]);
  assert.equal(world.kernel.performed.length, changes);
  assert.deepEqual(world.notices(), []);
  world.verdicts = { ...world.verdicts, quorum: {} };
  world.restart();
  await world.desire(1, [service]);
  assert.equal(world.kernel.performed.length, changes, 'the kernel says it too');
  assert.deepEqual(world.notices(), [`VS ${NAME} UP`], 'whoever follows a new lbd is told anew');
});

test('Check puts no server into an empty table that was down before', async () => {
  const service = site();
  const world = new CheckWorld();
  world.verdicts = { down: { 'tcp 10.0.0.100:80': ['10.0.0.2:80', '10.0.0.77:80'] }, quorum: {} };
  await world.desire(1, [service]);
  assert.deepEqual(world.weights(service), ['10.0.0.1 1', '10.0.0.3 1']);
  await world.run(2);
  assert.deepEqual(world.weights(service), ['10.0.0.1 1', '10.0.0.3 1', '10.0.0.2 1']);
});

test('Check takes up what an earlier process left where IPVS comes late', async () => {
  const service = site();
  const world = await worldOf(service);
  world.sicken('10.0.0.1');
  world.sicken('10.0.0.2');
  await world.run(2);
  world.restart();
  world.hasIpvs = false;
  await world.desire(1, [service]);
  assert.deepEqual(world.notices(), [`VS ${NAME} UP`], 'nothing is known to the contrary');
  world.hasIpvs = true;
  world.latency = 60_000;
  await world.run(10);
  assert.deepEqual(world.weights(service), ['10.0.0.3 1']);
  assert.deepEqual(world.notices(), [`VS ${NAME} UP`, `VS ${NAME} DOWN`]);
});

test('Check pauses the checks of a service whose address is elsewhere, and believes what it believed', async () => {
  const service = site({ haSuspend: true });
  const world = await worldOf(service);
  world.sicken('10.0.0.1');
  await world.run(10);
  assert.deepEqual(world.probed, []);
  assert.equal(world.status().services[0]?.suspended, true);
  world.own('10.0.0.100');
  await world.run(2);
  assert.deepEqual(world.weights(service), ['10.0.0.2 1', '10.0.0.3 1']);
  world.latency = 1000;
  await world.run(2.5);
  world.own('192.0.2.1');
  world.heal('10.0.0.1');
  const probed = world.probed.length;
  await world.run(20);
  assert.equal(world.probed.length, probed);
  assert.deepEqual(world.weights(service), ['10.0.0.2 1', '10.0.0.3 1']);
  await world.desire(2, [{ ...service, haSuspend: false }]);
  await world.run(3);
  assert.deepEqual(world.weights(service), ['10.0.0.2 1', '10.0.0.3 1', '10.0.0.1 1']);
  assert.deepEqual(
    world
      .said('checks_suspended', 'checks_resumed')
      .map((message) => message.replace(`service ${NAME} `, '')),
    ['is checked: its address is on this machine', 'is not checked: its address is not on this machine'],
  );
});

test('Check makes all checks where the addresses of this machine cannot be read, and says so', async () => {
  const world = new CheckWorld();
  world.hideAddresses();
  await world.desire(1, [site({ haSuspend: true })]);
  await world.run(2);
  assert.equal(world.probed.length, 3);
  assert.deepEqual(world.said('checks_resumed'), [
    'the addresses of this machine cannot be read, ha_suspend has no effect: EPERM',
  ]);
});
