import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { err, ok, type Result } from '../../../src/base/result.ts';
import { instant, millis } from '../../../src/base/units.ts';
import { createCore, type Loaded, type Rejection } from '../../../src/daemon/core.ts';
import type { CheckDesired, VrrpDesired } from '../../../src/ipc/messages.ts';
import { NOTHING_FOLLOWED } from '../../../src/model/check.ts';
import { PLAIN_DATAPLANE } from '../../../src/model/dataplane.ts';
import { PLAIN_IPVS } from '../../../src/model/ipvs-settings.ts';
import type { SavedVerdicts } from '../../../src/model/saved-verdicts.ts';
import { NO_SCRIPTS } from '../../../src/model/script.ts';
import type { CheckStatus, VrrpStatus } from '../../../src/model/status.ts';
import { NO_VERDICTS } from '../../../src/model/verdicts.ts';
import { instanceConfig } from '../../support/instances.ts';
import {
  configWith,
  DRIFT,
  EMPTY_CHECK,
  FakeChild,
  FakeClock,
  FakeHands,
  FakeLog,
  FakeState,
  FakeVerdicts,
  vrrpStatus,
  web,
} from './core-fakes.ts';

function begin(
  t: TestContext,
  first: Loaded,
  state = new FakeState(),
  verdicts: SavedVerdicts = { down: {} },
) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const clock = new FakeClock();
  const log = new FakeLog();
  const vrrps: FakeChild<VrrpDesired, VrrpStatus>[] = [];
  const checks: FakeChild<CheckDesired, CheckStatus>[] = [];
  const file: { now: Result<Loaded, Rejection> } = { now: ok(first) };
  const hands = Object.assign(new FakeHands(), { state, verdicts: new FakeVerdicts(ok(verdicts)) });
  let pid = 100;
  const core = createCore(
    {
      clock,
      log,
      forkVrrp: () => {
        const child = new FakeChild<VrrpDesired, VrrpStatus>(pid++);
        vrrps.push(child);
        return child;
      },
      forkCheck: () => {
        const child = new FakeChild<CheckDesired, CheckStatus>(pid++);
        checks.push(child);
        return child;
      },
      readConfig: async () => file.now,
      configFile: '/etc/lbd/lbd.yaml',
      version: '1.2.3',
      pid: 99,
      hands: (_, changed) => Object.assign(hands, { changed }),
      bootedAt: instant(0),
    },
    first,
  );
  core.start();
  const pass = (ms: number) => {
    clock.millis += ms;
    t.mock.timers.tick(ms);
  };
  const vrrp = () => vrrps.at(-1) ?? assert.fail('vrrp was not forked');
  const check = () => checks.at(-1) ?? assert.fail('check was not forked');
  return { clock, log, hands, core, file, pass, vrrp, check, vrrps, checks };
}

const configOf = (...names: string[]): Loaded => {
  const instances = names.map((name, i) => instanceConfig({ name, vrid: 51 + i }));
  return { config: { ...configWith().config, instances }, warnings: [] };
};

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

const FOLLOWED = {
  followed: NOTHING_FOLLOWED,
  ipvs: PLAIN_IPVS,
  dataplane: PLAIN_DATAPLANE,
  scripts: NO_SCRIPTS,
  serversAtFirst: false,
  orders: [],
  verdicts: NO_VERDICTS,
};

test('core sends the desired state to each process once it reads its channel', (t) => {
  const { vrrp, check } = begin(t, configWith(80));
  assert.deepEqual(vrrp().desired(), []);
  vrrp().boot(vrrpStatus());
  check().boot(EMPTY_CHECK);
  assert.deepEqual(
    vrrp()
      .desired()
      .map(({ generation, resume }) => ({ generation, resume })),
    [{ generation: 1, resume: [] }],
  );
  assert.deepEqual(check().desired(), [
    { generation: 1, services: configWith(80).config.services, retired: [], drift: DRIFT, ...FOLLOWED },
  ]);
});

test('core restarts vrrp at once and lets it resume the roles that peers cannot have missed', (t) => {
  const { vrrp, vrrps, pass, log } = begin(t, configOf('VI_1', 'VI_2'));
  vrrp().boot(vrrpStatus(['VI_1', 'MASTER'], ['VI_2', 'BACKUP']));
  vrrp().say({ message: 'applied', generation: 1, problem: null, refused: [] });
  pass(1000);
  vrrp().exit(null, 'SIGKILL');
  pass(0);
  assert.equal(vrrps.length, 2);
  pass(400);
  vrrp().boot(vrrpStatus(['VI_1', 'MASTER']));
  assert.deepEqual(vrrp().desired()[0]?.resume, [
    { name: 'VI_1', role: 'MASTER', evidence: 'supervised', standsBack: false },
  ]);
  assert.match(log.named('process_exited')[0]?.message ?? '', /^vrrp ended by SIGKILL/);

  vrrp().exit(1, null);
  pass(100);
  pass(3000);
  vrrp().boot(vrrpStatus());
  assert.deepEqual(vrrp().desired()[0]?.resume, [], 'after 3 × advert_int the peers have taken over');
});

test('core resumes no role of a vrrp that hung before it died', (t) => {
  const { vrrp, pass } = begin(t, configOf('VI_1'));
  vrrp().boot(vrrpStatus(['VI_1', 'MASTER']));
  pass(1000);
  pass(1000);
  pass(1000);
  pass(1000);
  vrrp().exit(null, 'SIGKILL');
  pass(0);
  vrrp().boot(vrrpStatus());
  assert.deepEqual(vrrp().desired()[0]?.resume, []);
});

test('core offers what a former daemon left, saves what becomes of it, and that nobody is master at the stop', async (t) => {
  const router = { interface: 'eth0', family: 'inet', vrid: 51, vmac: null } as const;
  const saved = [{ ...router, role: 'MASTER', standsBack: false } as const];
  const state = new FakeState(ok(saved));
  const { core, vrrp, check } = begin(t, configOf('VI_1'), state);
  vrrp().boot(vrrpStatus(['VI_1', 'BACKUP']));
  assert.deepEqual(vrrp().desired()[0]?.resume, [
    { name: 'VI_1', role: 'MASTER', evidence: 'saved', standsBack: false },
  ]);
  vrrp().say({ message: 'applied', generation: 1, problem: null, refused: [] });
  await settle();
  assert.deepEqual(state.saves, [[{ ...router, role: 'other', standsBack: false }]]);

  vrrp().status = vrrpStatus(['VI_1', 'MASTER']);
  const notice = { kind: 'INSTANCE', name: 'VI_1', state: 'MASTER', priority: 100, because: '' } as const;
  vrrp().say({ message: 'notice', notice });
  await settle();
  assert.deepEqual(state.saves.at(-1), saved);

  check().boot(EMPTY_CHECK);
  await core.stop();
  assert.equal(state.saves.at(-1)?.[0]?.role, 'other');
});

test('core tells check which servers were down, and saves it when that changes', async (t) => {
  const down = (...keys: string[]) => ({ down: { 'tcp 172.25.1.100:80': keys } });
  const known = { ...down('10.0.0.1:80'), quorum: { 'tcp 172.25.1.100:80': true } };
  const told = () =>
    check()
      .desired()
      .map(({ verdicts }) => verdicts);

  const { hands, core, check, vrrp, pass } = begin(t, configWith(80), new FakeState(), down('10.0.0.9:80'));
  vrrp().boot(vrrpStatus());
  check().boot(EMPTY_CHECK);
  assert.deepEqual(told(), [{ ...down('10.0.0.9:80'), quorum: {} }]);
  check().say({ message: 'verdicts', verdicts: known });
  await settle();
  assert.deepEqual(hands.verdicts.saves, [], 'a process that has applied nothing knows nothing');
  check().say({ message: 'applied', generation: 1, problem: null, refused: [] });
  check().say({ message: 'verdicts', verdicts: known });
  check().say({ message: 'verdicts', verdicts: known });
  await settle();
  assert.deepEqual(hands.verdicts.saves, [down('10.0.0.1:80')]);

  check().exit(null, 'SIGKILL');
  pass(0);
  check().boot(EMPTY_CHECK);
  assert.deepEqual(told(), [known]);
  check().exit(null, 'SIGKILL');
  pass(100);
  check().boot(EMPTY_CHECK);
  assert.deepEqual(told(), [known], 'one that died young has changed nothing');
  check().say({ message: 'applied', generation: 1, problem: null, refused: [] });
  check().say({ message: 'verdicts', verdicts: { ...known, down: {} } });
  await settle();
  assert.deepEqual(hands.verdicts.saves.at(-1), { down: {} });

  check().obedient = false;
  const stopped = core.stop();
  await settle();
  check().say({ message: 'verdicts', verdicts: known });
  check().exit(0, null);
  await stopped;
  assert.deepEqual(hands.verdicts.saves.length, 2, 'the stop changes nothing of it');
});

const readiness = ({ received }: FakeChild<VrrpDesired, VrrpStatus>) =>
  received.flatMap((message) => (message.message === 'desired' ? [message.desired.servicesReady] : []));

test('core holds the election back until check has programmed its table or says that it cannot', (t) => {
  const { vrrp, check, pass } = begin(t, configWith(80));
  vrrp().boot(vrrpStatus());
  check().boot(EMPTY_CHECK);
  assert.deepEqual(readiness(vrrp()), [false]);
  check().say({ message: 'applied', generation: 1, problem: 'the kernel has no IPVS', refused: [] });
  assert.deepEqual(readiness(vrrp()), [false, true]);

  check().exit(1, null);
  pass(6000);
  check().boot(EMPTY_CHECK);
  check().say({ message: 'applied', generation: 1, problem: null, refused: [] });
  assert.deepEqual(readiness(vrrp()), [false, true], 'the table outlives the process');
});

test('core holds the election back for 5 s at most', (t) => {
  const { vrrp, pass } = begin(t, configWith(80));
  vrrp().boot(vrrpStatus());
  pass(4999);
  assert.deepEqual(readiness(vrrp()), [false]);
  pass(1);
  assert.deepEqual(readiness(vrrp()), [false, true]);
});

test('core without services lets the election begin at once', (t) => {
  const { vrrp } = begin(t, configWith());
  vrrp().boot(vrrpStatus());
  assert.deepEqual(readiness(vrrp()), [true]);
});

test('core reloads as a whole: a good file reaches both processes, what it leaves out is retired', async (t) => {
  const { core, file, vrrp, check, checks, pass, log } = begin(t, configWith(80, 443));
  vrrp().boot(vrrpStatus());
  check().boot(EMPTY_CHECK);
  vrrp().applies = [];
  check().applies = [];
  file.now = ok(configWith(443));
  assert.deepEqual(await core.reload(), { accepted: true, generation: 2, warnings: [], problems: [] });
  file.now = ok(configWith(443, 8080));
  assert.equal((await core.reload()).generation, 3);
  assert.equal(vrrp().desired().at(-1)?.generation, 3);
  const { services } = configWith(443, 8080).config;
  const retired = [{ key: web(80), drainTimeout: millis(60_000) }];
  const last = { generation: 3, services, retired, drift: DRIFT, ...FOLLOWED };
  assert.deepEqual(check().desired().at(-1), last);
  assert.equal(log.named('config_applied').length, 2);

  check().exit(1, null);
  pass(0);
  check().boot(EMPTY_CHECK);
  assert.equal(checks.length, 2);
  assert.deepEqual(check().desired(), [last], 'a new process is sent the same state');
});

test('core puts the former configuration back when the kernel refuses the new one', async (t) => {
  const { core, file, vrrp, check, log } = begin(t, configWith(80));
  vrrp().boot(vrrpStatus());
  check().boot(EMPTY_CHECK);
  vrrp().applies = [];
  check().applies = ['newService tcp 172.25.1.100:443: no scheduler mh'];
  file.now = ok(configWith(443));
  const outcome = await core.reload();
  assert.equal(!outcome.accepted && outcome.code, 'kernel_refused');
  assert.deepEqual(
    check()
      .desired()
      .map(({ generation }) => generation),
    [1, 2, 3],
  );
  assert.deepEqual(check().desired().at(-1)?.services, configWith(80).config.services);
  const { generation, reloadError } = (await core.status()).daemon;
  assert.equal(generation, 3);
  assert.match(reloadError ?? '', /the kernel refuses newService tcp 172.25.1.100:443/);
  assert.equal(log.named('config_applied').length, 0);

  const again = await core.reload();
  assert.equal(again.accepted, true, 'what the kernel refused before is not news');
});

test('core makes one more reload of all that are asked for during one, and it reads the file after them', async (t) => {
  const { core, file, vrrp, check, log } = begin(t, configWith(80));
  vrrp().boot(vrrpStatus());
  check().boot(EMPTY_CHECK);
  vrrp().applies = [];
  const first = core.reload();
  await settle();
  assert.equal(check().desired().at(-1)?.generation, 2, 'the first one is under way');
  const others = [443, 8443, 9443].map((port) => {
    file.now = ok(configWith(port));
    return core.reload();
  });
  check().applies = [];
  check().say({ message: 'applied', generation: 2, problem: null, refused: [] });
  const generations = await Promise.all([first, ...others].map(async (reload) => (await reload).generation));
  assert.deepEqual(generations, [2, 3, 3, 3]);
  assert.deepEqual(check().desired().at(-1)?.services, configWith(9443).config.services);
  assert.equal(log.named('config_applied').length, 2);
  assert.equal((await core.reload()).generation, 4);
});

test('core says which process has not answered a reload', async (t) => {
  const { core, vrrp, check, pass } = begin(t, configWith(80));
  vrrp().boot(vrrpStatus());
  check().boot(EMPTY_CHECK);
  vrrp().applies = [];
  const reload = core.reload();
  await settle();
  pass(10_000);
  const outcome = await reload;
  assert.deepEqual(outcome.accepted && outcome.problems, ['check has not answered yet']);
});

test('core refuses a bad file, keeps what runs and says so until a good one comes', async (t) => {
  const { core, file, vrrp, check, log } = begin(t, configWith(80));
  vrrp().boot(vrrpStatus());
  check().boot(EMPTY_CHECK);
  vrrp().applies = [];
  check().applies = [];
  file.now = err(['lbd.yaml:3:1: unknown key', 'lbd.yaml:9:1: missing port']);
  assert.equal((await core.reload()).accepted, false);
  assert.equal(vrrp().desired().length, 1);
  assert.equal(check().desired().length, 1);
  const refused = (await core.status()).daemon;
  assert.equal(refused.generation, 1);
  assert.equal(refused.reloadError, 'lbd.yaml:3:1: unknown key (and 1 more)');
  assert.equal(log.named('config_rejected')[0]?.fields['errors'], 2);

  file.now = ok(configWith(80));
  await core.reload();
  assert.equal((await core.status()).daemon.reloadError, null);
});

test('core stops vrrp, then check, and kills what does not stop in time', async (t) => {
  const { core, vrrp, vrrps, check, checks, pass, log } = begin(t, configWith(80));
  vrrp().boot(vrrpStatus());
  check().boot(EMPTY_CHECK);
  vrrp().obedient = false;
  const stopped = core.stop();
  assert.equal(core.stop(), stopped, 'a second SIGTERM changes nothing');
  assert.equal(vrrp().received.at(-1)?.message, 'stop');
  assert.equal(check().received.at(-1)?.message, 'handover', 'check goes on, and is told what comes');
  pass(7999);
  assert.deepEqual(vrrp().signals, []);
  pass(1);
  await settle();
  assert.deepEqual(vrrp().signals, ['SIGKILL']);
  assert.equal(check().received.at(-1)?.message, 'stop');
  await stopped;
  pass(10_000);
  assert.deepEqual([vrrps.length, checks.length], [1, 1], 'nothing is restarted while stopping');
  assert.equal(log.events.at(-1)?.event, 'stopped');
});

test('core stops while a process is waiting to be restarted', async (t) => {
  const { core, vrrp, vrrps, check, pass } = begin(t, configWith());
  vrrp().exit(1, null);
  pass(0);
  vrrp().exit(1, null);
  check().exit(1, null);
  await core.stop();
  pass(10_000);
  assert.equal(vrrps.length, 2);
});

test('core shows a silent process with its age, and never its old state', async (t) => {
  const { core, vrrp, check, pass, log } = begin(t, configWith(80));
  vrrp().boot(vrrpStatus(['VI_1', 'MASTER']));
  check().boot(EMPTY_CHECK);
  vrrp().frozen = true;
  pass(1000);
  const early = core.status();
  pass(1000);
  const recalled = (await early).vrrp;
  assert.equal(recalled.available && (await early).takenAt - recalled.takenAt, 2000);

  for (let i = 0; i < 4; i++) pass(1000);
  const late = core.status();
  pass(1000);
  assert.deepEqual((await late).vrrp, {
    available: false,
    reason: 'vrrp (pid 100) does not answer, last heard 7.0 s ago',
  });
  assert.equal((await late).check.available, true);
  assert.equal(log.named('process_silent').filter(({ fields }) => fields['child'] === 'vrrp').length, 1);
  assert.deepEqual(vrrp().signals, []);

  vrrp().frozen = false;
  vrrp().say({ message: 'status', status: vrrpStatus(['VI_1', 'BACKUP']) });
  pass(1000);
  assert.equal(log.named('process_silent').at(-1)?.fields['silent'], false);
});

test('core judges nobody after a stall of its own', (t) => {
  const { vrrp, check, clock, pass, log } = begin(t, configWith());
  vrrp().boot(vrrpStatus());
  check().boot(EMPTY_CHECK);
  clock.millis += 60_000;
  pass(1000);
  assert.deepEqual(log.named('process_silent'), []);
});

test('core logs what its processes say, and how much of it was lost', (t) => {
  const { check, log } = begin(t, configWith());
  check().boot(EMPTY_CHECK);
  const event = { at: log.events[0]?.at ?? assert.fail(), level: 'warn', event: 'server_down' } as const;
  check().say({ message: 'event', event: { ...event, message: 'gone', fields: {} } }, 7);
  assert.equal(log.named('events_lost')[0]?.fields['count'], 7);
  assert.equal(log.named('server_down')[0]?.from, 'check');
});
