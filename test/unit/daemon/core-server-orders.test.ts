import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { err, ok, type Result } from '../../../src/base/result.ts';
import { instant, millis, wallTime } from '../../../src/base/units.ts';
import { createCore, type Loaded, type Rejection } from '../../../src/daemon/core.ts';
import { createCoreServerOrders } from '../../../src/daemon/core-server-orders.ts';
import type { OrderWish } from '../../../src/daemon/order-wish.ts';
import type { CheckDesired, VrrpDesired } from '../../../src/ipc/messages.ts';
import type { ServiceConfig } from '../../../src/model/config.ts';
import type { CheckStatus, VrrpStatus } from '../../../src/model/status.ts';
import { CheckWorld, ip, serverConfig, serviceConfig } from './check-world.ts';
import {
  configWith,
  EMPTY_CHECK,
  FakeChild,
  FakeClock,
  FakeHands,
  FakeLog,
  FakeOrders,
  vrrpStatus,
} from './core-fakes.ts';

const web: ServiceConfig = { ...serviceConfig('10.0.0.100', ['10.0.0.1', '10.0.0.2']), name: 'web' };
const persistent: ServiceConfig = {
  ...web,
  attrs: { ...web.attrs, persistence: { timeout: 300, prefix: 32, engine: null } },
};
const one: ServiceConfig = { ...web, servers: web.servers.slice(1) };
const loaded = (...services: ServiceConfig[]): Loaded => ({
  config: { ...configWith().config, services },
  warnings: [],
});
const NAMES = { service: 'tcp 10.0.0.100:80', server: '10.0.0.1:80' };

/** A core over a check process that does its work on a fake kernel, as far as it is sent something. */
class WorkingCheck extends FakeChild<CheckDesired, CheckStatus> {
  readonly world: CheckWorld;

  constructor(pid: number, world: CheckWorld) {
    super(pid);
    this.world = world;
  }

  override send(...words: Parameters<FakeChild<CheckDesired, CheckStatus>['send']>): boolean {
    const [envelope] = words;
    const { body } = envelope as { body: { message: string; desired?: CheckDesired } };
    const { world } = this;
    if (body.message === 'desired' && body.desired !== undefined) {
      const { desired } = body;
      world.check.receive({ message: 'desired', desired });
      void world
        .run(0)
        .then(() =>
          this.say({ message: 'applied', generation: desired.generation, problem: null, refused: [] }),
        );
    }
    this.status = world.status();
    return super.send(...words);
  }
}

async function begin(t: TestContext, first: Loaded, orders = new FakeOrders(), world = new CheckWorld()) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const checks: WorkingCheck[] = [];
  const vrrp = new FakeChild<VrrpDesired, VrrpStatus>(101);
  const file: { now: Result<Loaded, Rejection> } = { now: ok(first) };
  const hands = Object.assign(new FakeHands(), { orders });
  vrrp.applies = [];
  const core = createCore(
    {
      clock,
      log,
      forkVrrp: () => vrrp,
      forkCheck: () => {
        const child = new WorkingCheck(102 + checks.length, world);
        checks.push(child);
        return child;
      },
      readConfig: async () => file.now,
      configFile: '/etc/lbd/lbd.yaml',
      version: '1.2.3',
      pid: 99,
      hands: () => hands,
      bootedAt: instant(0),
    },
    first,
  );
  core.start();
  vrrp.boot(vrrpStatus());
  checks[0]?.boot(EMPTY_CHECK);
  const weights = () => world.weights(web)?.sort();
  const said = () => log.named('server_order').map(({ message }) => message);
  t.after(() => core.stop());
  await world.run(2);
  return { clock, hands, core, file, world, weights, said, log, checks };
}

test('core orders a server out, saves that, and keeps it over a reload and a restart of check', async (t) => {
  const { core, hands, weights, file, checks, world, said } = await begin(t, loaded(web));
  const ordered = await core.serverOrders.give('10.0.0.1', { kind: 'maint' });
  assert.ok(ordered.ok);
  assert.deepEqual(weights(), ['10.0.0.2 1']);
  assert.deepEqual(ordered.value.notes, []);
  const [saved] = hands.orders.saves;
  assert.deepEqual(
    saved?.map(({ order, ...names }) => [names, order.kind]),
    [[NAMES, 'maint']],
  );

  await core.serverOrders.give('10.0.0.2', { kind: 'weight', weight: { count: 7, isPercent: false } });
  assert.deepEqual(weights(), ['10.0.0.2 7']);
  const preview = await core.plan(loaded(web).config);
  assert.deepEqual(
    preview.ok && preview.value.services.available ? preview.value.services.value : preview,
    [],
  );
  await core.serverOrders.give('10.0.0.2', { kind: 'ready' });

  file.now = ok(loaded({ ...web, drainTimeout: millis(1) }));
  const outcome = await core.reload();
  assert.ok(outcome.accepted);
  assert.deepEqual(weights(), ['10.0.0.2 1']);

  world.restart();
  checks[0]?.exit(null, 'SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 10));
  checks[1]?.boot(EMPTY_CHECK);
  await world.run(5);
  assert.deepEqual(weights(), ['10.0.0.2 1']);

  const weight = { count: 5, isPercent: false };
  const refused = await core.serverOrders.give('10.0.0.1', { kind: 'weight', weight });
  assert.equal(refused.ok ? null : refused.error.code, 'conflict', 'a weight does not put it back');
  const ready = await core.serverOrders.give('10.0.0.1:80@web', { kind: 'ready' });
  assert.ok(ready.ok);
  assert.deepEqual([weights(), hands.orders.saves.at(-1)], [['10.0.0.1 1', '10.0.0.2 1'], []]);
  assert.deepEqual(said(), [
    'an operator orders of server 10.0.0.1:80 of web: maintenance, out of the table',
    'an operator orders of server 10.0.0.2:80 of web: weight 7',
    'an operator orders of server 10.0.0.2:80 of web: ready: its health decides',
    'an operator orders of server 10.0.0.1:80 of web: ready: its health decides',
  ]);
});

test('core takes up what was ordered of a former daemon, and drops it with its server', async (t) => {
  const since = wallTime(1_794_000_000_000);
  const gone = { ...NAMES, server: '10.0.0.9:80' };
  const left = [
    { ...NAMES, order: { kind: 'maint', since } as const },
    { ...gone, order: { kind: 'maint', since } as const },
  ];
  const { core, weights, file, hands, said } = await begin(t, loaded(web), new FakeOrders(ok(left)));
  assert.deepEqual(weights(), ['10.0.0.2 1']);
  file.now = err(['/etc/lbd/lbd.yaml:1:1: nothing is right']);
  await core.reload();
  assert.equal(core.serverOrders.placed().length, 1, 'a refused reload changes nothing');
  file.now = ok(loaded(one));
  await core.reload();
  assert.deepEqual([core.serverOrders.placed(), hands.orders.saves.at(-1)], [[], []]);
  file.now = ok(loaded(web));
  await core.reload();
  assert.deepEqual(weights(), ['10.0.0.1 1', '10.0.0.2 1']);
  assert.deepEqual(said(), [
    'server 10.0.0.9:80 of tcp 10.0.0.100:80 is not configured any more: its order ends (maintenance, out of the table)',
    'server 10.0.0.1:80 of tcp 10.0.0.100:80 is as an operator ordered: maintenance, out of the table',
    'server 10.0.0.1:80 of tcp 10.0.0.100:80 is not configured any more: its order ends (maintenance, out of the table)',
  ]);
});

test('core says what persistence does to a drain, and that an order is not saved', async (t) => {
  const { core, hands, weights, log } = await begin(t, loaded(persistent));
  hands.sysctls['net.ipv4.vs.expire_quiescent_template'] = '0';
  hands.orders.problem = 'the disk is full';
  const wish = { kind: 'drain', timeout: millis(10_000) } as const;
  const notes = async () => {
    const given = await core.serverOrders.give('10.0.0.1', wish);
    return given.ok ? given.value.notes : given.error.message;
  };
  assert.deepEqual(await notes(), [
    'web is persistent (300 s), and net.ipv4.vs.expire_quiescent_template is 0: clients that were sent to a drained server still get new connections to it, so that this may last until its limit; with 1 they go to another server at once',
    'this does not outlive lbd: the disk is full',
  ]);
  assert.deepEqual(weights(), ['10.0.0.1 0', '10.0.0.2 1'], 'it counts all the same');
  assert.equal(log.named('state_unavailable').length, 1);
  hands.sysctls['net.ipv4.vs.expire_quiescent_template'] = '1';
  hands.orders.problem = null;
  assert.deepEqual(await notes(), [
    'web is persistent, and net.ipv4.vs.expire_quiescent_template is 1: clients that were sent to a drained server go to another one',
  ]);
});

test('core tells which other servers an order takes out with the quorum, at all addresses of a service', async (t) => {
  const { key, attrs } = serverConfig('10.0.0.9');
  const pair: ServiceConfig = {
    ...web,
    quorum: { ...web.quorum, quorum: 2 },
    sorry: { key, attrs, inhibit: false },
  };
  const second = { ...pair, key: serviceConfig('10.0.0.101', []).key };
  const { core, world, weights } = await begin(t, loaded(pair, second));
  const other = { ...key, address: ip('10.0.0.2') };
  world.kernel.connect(pair.key, other, 2);
  world.kernel.connect(second.key, other, 1);
  await world.run(10);
  const lossesOf = async (wish: OrderWish) => {
    const given = await core.serverOrders.give('10.0.0.1', wish);
    return given.ok ? given.value.losses : given.error.message;
  };
  const losses = await lossesOf({ kind: 'drain', timeout: null });
  assert.deepEqual(losses, [
    { service: 'web', live: 1, needed: 2, sorryServer: key, leaving: [other], cut: 3 },
  ]);
  assert.deepEqual([weights()?.includes('10.0.0.2 1'), world.kernel.cut], [false, 3], 'that is what happens');
  assert.deepEqual(await lossesOf({ kind: 'maint' }), [], 'it was lost before');
  await lossesOf({ kind: 'ready' });
  const zero = await lossesOf({ kind: 'weight', weight: { count: 0, isPercent: false } });
  const left = typeof zero === 'string' ? zero : zero[0]?.leaving.map(({ address }) => address);
  assert.deepEqual(left, ['10.0.0.1', '10.0.0.2'], 'with weight 0 the server itself leaves, too');
});

test('core keeps an order that the kernel cannot take yet, and says so', async (t) => {
  const world = new CheckWorld();
  world.hasIpvs = false;
  const { core, weights } = await begin(t, loaded(web), new FakeOrders(), world);
  const given = await core.serverOrders.give('10.0.0.1', {
    kind: 'weight',
    weight: { count: 5, isPercent: false },
  });
  assert.ok(given.ok);
  assert.equal(given.value.isConfirmed, false);
  assert.match(
    given.value.notes.join(),
    /^ordered and kept, but not confirmed: it counts once there is IPVS: /,
  );
  const drained = await core.serverOrders.give('10.0.0.2', { kind: 'drain', timeout: millis(3000) });
  assert.deepEqual(drained.ok && drained.value.standings.map(({ server }) => server.order?.kind), ['drain']);
  await core.serverOrders.give('10.0.0.2', { kind: 'ready' });
  const looked = await core.serverOrders.look('10.0.0.1');
  assert.equal(looked.ok ? null : looked.error.code, 'ipvs_unavailable', 'nobody can say that it is drained');
  world.hasIpvs = true;
  await world.run(11);
  assert.deepEqual(weights(), ['10.0.0.1 5', '10.0.0.2 1']);
});

test('core takes orders while check hangs, and says within ten seconds and one for each more that it cannot confirm them', async () => {
  const clock = new FakeClock();
  const state = new FakeOrders();
  const orders = createCoreServerOrders({
    ...{ clock, state, say: () => undefined, saidOf: () => null, config: () => loaded(web).config },
    ask: async (bound) => {
      clock.millis += bound;
      return { available: false, reason: 'check (pid 7) does not answer' };
    },
    ...{ changed: () => undefined, sysctl: () => null },
  });
  const given = await Promise.all(
    ['10.0.0.1', '10.0.0.2'].map(async (server) => {
      const ordered = await orders.give(server, { kind: 'maint' });
      return ordered.ok && [clock.millis, ordered.value.isConfirmed, ordered.value.notes];
    }),
  );
  const note =
    'ordered and kept, but not confirmed: it counts as soon as check answers: check (pid 7) does not answer';
  assert.deepEqual(given, [
    [10_000, false, [note]],
    [11_000, false, [note]],
  ]);
  assert.equal(state.saves.at(-1)?.length, 2);
});

test('core confirms an order that is given while check is started again', async (t) => {
  const { core, checks, world, weights } = await begin(t, loaded(web));
  world.restart();
  checks[0]?.exit(null, 'SIGKILL');
  const given = core.serverOrders.give('10.0.0.1', { kind: 'maint' });
  await new Promise((resolve) => setTimeout(resolve, 10));
  checks[1]?.boot(EMPTY_CHECK);
  await world.run(5);
  const ordered = await given;
  assert.deepEqual([ordered.ok && ordered.value.isConfirmed, weights()], [true, ['10.0.0.2 1']]);
});

test('core refuses an order for a server that nobody has, and says why it has none of a former daemon', async (t) => {
  const orders = new FakeOrders(
    err({ level: 'warn', because: '/var/lib/lbd/orders.json is a symbolic link' }),
  );
  const { core, log, hands } = await begin(t, loaded(web), orders);
  const given = await core.serverOrders.give('10.0.0.3', { kind: 'maint' });
  assert.equal(given.ok ? null : given.error.code, 'unknown_server');
  assert.deepEqual([hands.orders.saves, log.named('server_order')], [[], []]);
  assert.deepEqual(
    log.named('state_unavailable').map(({ message }) => message),
    ['starts without the orders of a former lbd: /var/lib/lbd/orders.json is a symbolic link'],
  );
});
