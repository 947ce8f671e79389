import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { err, ok, type Result } from '../../../src/base/result.ts';
import { createCoreRoles } from '../../../src/daemon/core-roles.ts';
import type { Config, InstanceConfig } from '../../../src/model/config.ts';
import { NO_NOTIFY } from '../../../src/model/notify.ts';
import { routerId, type SavedRole } from '../../../src/model/saved-state.ts';
import type { InstanceState, VrrpStatus } from '../../../src/model/status.ts';
import { instanceConfig } from '../../support/instances.ts';
import { configWith, FakeClock, FakeLog, FakeState, vrrpStatus } from './core-fakes.ts';

const V1 = instanceConfig({ name: 'VI_1', vrid: 51 });
const V2 = instanceConfig({ name: 'VI_2', vrid: 52 });
const V3 = instanceConfig({ name: 'VI_3', vrid: 53 });

const saved = (config: InstanceConfig, role: SavedRole['role'], standsBack = false): SavedRole => ({
  ...routerId(config),
  role,
  standsBack,
});

const group = (...members: string[]): Config['syncGroups'][number] => ({
  name: 'G',
  members,
  tracks: [],
  notify: NO_NOTIFY,
});

function open(state: FakeState, instances: readonly InstanceConfig[], syncGroups: Config['syncGroups'] = []) {
  const log = new FakeLog();
  const clock = new FakeClock();
  const world: { status: VrrpStatus } = { status: vrrpStatus() };
  const roles = createCoreRoles({
    clock,
    say: (level, event, message, fields) =>
      log.write({ at: clock.wall(), level, event, message, fields }, 'core'),
    state,
    config: () => ({ ...configWith().config, instances, syncGroups }),
    ask: async () => ({ available: true, takenAt: clock.wall(), value: world.status }),
  });
  const become = async (...states: [name: string, state: InstanceState][]) => {
    world.status = vrrpStatus(...states);
    roles.look();
    await settle();
  };
  return { roles, log, clock, world, become, said: () => log.named('state_unavailable') };
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test('resume offers the masters and those that stand back, by router and not by name, until they are taken up', () => {
  const left = [
    saved(V1, 'MASTER'),
    saved(V2, 'other', true),
    saved(V3, 'other'),
    saved(instanceConfig({ vrid: 99 }), 'MASTER'),
    { ...saved(instanceConfig({ vrid: 54 }), 'MASTER'), vmac: 'vrrp.54' },
  ];
  const renamed = { ...V1, name: 'VI_A' };
  const { roles } = open(new FakeState(ok(left)), [
    renamed,
    V2,
    V3,
    instanceConfig({ name: 'VI_4', vrid: 54 }),
  ]);
  assert.deepEqual(roles.resume(null), [
    { name: 'VI_A', role: 'MASTER', evidence: 'saved', standsBack: false },
    { name: 'VI_2', role: 'other', evidence: 'saved', standsBack: true },
  ]);
  roles.applied();
  assert.deepEqual(roles.resume(null), []);
});

test('resume offers the roles of all members of a sync group or none', () => {
  const left = new FakeState(ok([saved(V1, 'MASTER'), saved(V2, 'MASTER'), saved(V3, 'other')]));
  const names = (...members: string[]) =>
    open(left, [V1, V2, V3], [group(...members)])
      .roles.resume(null)
      .map(({ name }) => name);
  assert.deepEqual(names('VI_1', 'VI_2'), ['VI_1', 'VI_2']);
  assert.deepEqual(names('VI_1', 'VI_3'), ['VI_2']);
});

test('resume prefers what it has watched itself, and keeps a standing back however old', () => {
  const { roles, clock } = open(new FakeState(ok([saved(V1, 'MASTER'), saved(V2, 'MASTER')])), [V1, V2]);
  const { instances, ...status } = vrrpStatus(['VI_1', 'BACKUP'], ['VI_2', 'MASTER']);
  const [first, second] = instances;
  assert.ok(first !== undefined && second !== undefined);
  const predecessor = {
    status: { ...status, instances: [{ ...first, standsBack: true }, second] },
    aliveAt: clock.now(),
  };
  clock.millis = 2999;
  assert.deepEqual(roles.resume(predecessor), [
    { name: 'VI_1', role: 'other', evidence: 'supervised', standsBack: true },
    { name: 'VI_2', role: 'MASTER', evidence: 'supervised', standsBack: false },
  ]);
  clock.millis = 3000;
  roles.applied();
  assert.deepEqual(
    roles.resume(predecessor).map(({ name }) => name),
    ['VI_1'],
  );
});

test('look saves a change once, and nothing of what was not seen under its router', async () => {
  const state = new FakeState();
  const { become, world, roles } = open(state, [V1, V3]);
  await become(['VI_1', 'MASTER'], ['VI_3', 'MASTER']);
  await become(['VI_1', 'MASTER'], ['VI_3', 'MASTER']);
  assert.deepEqual(state.saves, [[saved(V1, 'MASTER')]], 'VI_3 is shown with VRID 52, as before a reload');
  world.status = vrrpStatus(['VI_1', 'FAULT']);
  roles.look();
  roles.look();
  await settle();
  assert.deepEqual(state.saves.slice(1), [[saved(V1, 'other')]]);
});

test('look saves one state at a time, and of those that come meanwhile only the last', async () => {
  const state = new FakeState();
  const begun: [InstanceState, (saved: Result<undefined, string>) => void][] = [];
  state.save = (roles) =>
    new Promise((resolve) => begun.push([roles[0]?.role === 'MASTER' ? 'MASTER' : 'BACKUP', resolve]));
  const { become } = open(state, [V1]);
  await become(['VI_1', 'MASTER']);
  await become(['VI_1', 'BACKUP']);
  await become(['VI_1', 'MASTER']);
  await become(['VI_1', 'FAULT']);
  assert.deepEqual(
    begun.map(([role]) => role),
    ['MASTER'],
  );
  begun[0]?.[1](ok(undefined));
  await settle();
  assert.deepEqual(
    begun.map(([role]) => role),
    ['MASTER', 'BACKUP'],
  );
});

test('a failure to save is said once, tried again at the next change, and said anew after a success', async () => {
  const state = new FakeState();
  state.problem = 'cannot write roles.json: no space left on device';
  const { become, said } = open(state, [V1]);
  await become(['VI_1', 'MASTER']);
  await become(['VI_1', 'BACKUP']);
  assert.equal(said().length, 1);
  assert.match(said()[0]?.message ?? '', /no space left on device$/);
  state.problem = null;
  await become(['VI_1', 'MASTER']);
  assert.deepEqual(state.saves, [[saved(V1, 'MASTER')]]);
  state.problem = 'cannot write roles.json: no space left on device';
  await become(['VI_1', 'BACKUP']);
  assert.equal(said().length, 2);
});

test('start says why nothing was left, and a save that fails for the same reason does not say it again', async () => {
  const because = '/var/lib/lbd is a symbolic link';
  const state = new FakeState(err({ level: 'warn', because }));
  state.problem = because;
  const { roles, become, said } = open(state, [V1]);
  roles.start();
  await become(['VI_1', 'MASTER']);
  assert.deepEqual(
    said().map(({ level, fields }) => [level, fields['reason']]),
    [['warn', because]],
  );
  assert.deepEqual(roles.resume(null), []);
});

test('stop saves that nobody is master, keeps who stands back, and hears no status any more', async () => {
  const state = new FakeState(ok([saved(V1, 'MASTER'), saved(V2, 'other', true)]));
  const { roles, become } = open(state, [V1, V2]);
  await roles.stop();
  await become(['VI_1', 'MASTER']);
  assert.deepEqual(state.saves, [[saved(V1, 'other'), saved(V2, 'other', true)]]);
});

test('stop waits a second for a disk that hangs', async (t: TestContext) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const state = new FakeState();
  state.save = () => new Promise(() => undefined);
  let ended = false;
  const stopped = open(state, [V1])
    .roles.stop()
    .then(() => {
      ended = true;
    });
  t.mock.timers.tick(999);
  await settle();
  assert.equal(ended, false);
  t.mock.timers.tick(1);
  await stopped;
});
