import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type IpvsConfig, NO_TIMEOUTS, type SyncDaemonConfig } from '../../../src/model/ipvs-settings.ts';
import { CheckWorld, ip, serviceConfig } from './check-world.ts';

const DAEMON: SyncDaemonConfig = {
  interface: 'eth0',
  instance: 'VI_1',
  id: 51,
  maxLength: null,
  group: ip('224.0.0.81'),
  port: 8848,
  ttl: 1,
};
const ipvs = (changes: Partial<IpvsConfig>): IpvsConfig => ({
  flush: false,
  flushOnStop: false,
  timeouts: NO_TIMEOUTS,
  syncDaemon: null,
  ...changes,
});

async function worldOf(changes: Partial<IpvsConfig>): Promise<CheckWorld> {
  const world = new CheckWorld();
  world.ipvs = ipvs(changes);
  await world.desire(1, []);
  return world;
}

test('Check runs the sync daemon of the role that the instance has, and ends it at the stop', async () => {
  const world = await worldOf({ syncDaemon: DAEMON });
  assert.deepEqual(world.kernel.set, ['start backup eth0 51']);
  await world.follow({ masters: ['VI_1'] });
  await world.follow({ masters: ['VI_1', 'VI_2'] });
  await world.follow({ masters: [] });
  assert.deepEqual(world.kernel.set.slice(1), [
    'start master eth0 51',
    'stop backup',
    'start backup eth0 51',
    'stop master',
  ]);
  assert.deepEqual(world.said('ipvs_sync').slice(0, 2), [
    'connections are synced as backup on eth0 with id 51',
    'connections are synced as master on eth0 with id 51',
  ]);
  const stopped = world.check.stop();
  await world.run(1);
  await stopped;
  assert.deepEqual([...world.kernel.daemons.keys()], []);
});

test('Check adopts a sync daemon that a former process left, and starts one again that somebody stopped', async () => {
  const world = await worldOf({ syncDaemon: { ...DAEMON, instance: null } });
  world.kernel.set.length = 0;
  world.restart();
  await world.desire(1, []);
  assert.deepEqual(world.kernel.set, []);
  world.kernel.daemons.delete('master');
  await world.run(31);
  assert.deepEqual(world.kernel.set, ['start master eth0 51']);
});

test('Check tells of an interface that is missing, and tries again', async () => {
  const world = await worldOf({ syncDaemon: { ...DAEMON, interface: 'eth1' } });
  const problem = 'sync daemon backup: there is no interface eth1';
  assert.deepEqual(world.applied(), [[1, problem]]);
  await world.run(20);
  assert.deepEqual(world.said('ipvs_op_failed'), [problem], 'said once');
  world.kernel.interfaces = ['eth1'];
  await world.run(6);
  assert.deepEqual(world.applied().at(-1), [1, null]);
  assert.deepEqual([...world.kernel.daemons.keys()], ['backup']);
});

test('Check sets the timeouts, and puts back what there was', async () => {
  const world = await worldOf({ timeouts: { tcp: 1200, tcpFin: null, udp: 60 } });
  assert.deepEqual(world.kernel.kernelTimeouts, { tcp: 1200, tcpFin: 120, udp: 60 });
  world.kernel.kernelTimeouts = { tcp: 1, tcpFin: 2, udp: 3 };
  await world.run(31);
  assert.deepEqual(world.kernel.kernelTimeouts, { tcp: 1200, tcpFin: 2, udp: 60 });
  world.ipvs = ipvs({ timeouts: { tcp: 1200, tcpFin: null, udp: null } });
  await world.desire(2, []);
  assert.deepEqual(world.kernel.kernelTimeouts, { tcp: 1200, tcpFin: 2, udp: 300 });
  const stopped = world.check.stop();
  await world.run(1);
  await stopped;
  assert.deepEqual(world.kernel.kernelTimeouts, { tcp: 900, tcpFin: 2, udp: 300 });
});

test('Check leaves a kernel alone of which nothing is asked, and one without IPVS is a problem', async () => {
  const plain = await worldOf({});
  plain.kernel.daemons.set('backup', { ...DAEMON, role: 'backup' });
  await plain.run(60);
  assert.deepEqual([plain.kernel.set, plain.applied()], [[], [[1, null]]]);
  const without = new CheckWorld();
  without.hasIpvs = false;
  without.ipvs = ipvs({ syncDaemon: DAEMON });
  await without.desire(1, [serviceConfig('10.0.0.100', [])]);
  assert.deepEqual(without.applied().at(-1), [1, 'this kernel has no IPVS']);
});

test('Check removes the services of others once where that is asked for', async () => {
  const others = serviceConfig('10.0.0.200', ['10.0.0.2']);
  const add = (world: CheckWorld) => {
    world.kernel.byHand({ op: 'newService', service: others });
  };
  const world = new CheckWorld();
  add(world);
  await world.desire(1, [serviceConfig('10.0.0.100', [])]);
  assert.deepEqual(Object.keys(world.table()), ['tcp 10.0.0.200:80', 'tcp 10.0.0.100:80']);
  world.restart();
  world.ipvs = ipvs({ flush: true });
  await world.desire(1, [serviceConfig('10.0.0.100', [])]);
  assert.deepEqual(Object.keys(world.table()), ['tcp 10.0.0.100:80']);
  add(world);
  await world.run(60);
  assert.deepEqual(Object.keys(world.table()).sort(), ['tcp 10.0.0.100:80', 'tcp 10.0.0.200:80']);
});

test('Check leaves the services of others at its stop, unless it is told otherwise', async () => {
  for (const flushOnStop of [false, true]) {
    const world = new CheckWorld();
    world.kernel.byHand({ op: 'newService', service: serviceConfig('10.0.0.200', ['10.0.0.2']) });
    world.ipvs = ipvs({ flushOnStop });
    await world.desire(1, [serviceConfig('10.0.0.100', ['10.0.0.1'])]);
    await world.run(60);
    await world.check.stop();
    assert.deepEqual(Object.keys(world.table()), flushOnStop ? [] : ['tcp 10.0.0.200:80']);
  }
});
