import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { wallTime } from '../../../src/base/units.ts';
import { runLbctl } from '../../../src/cli/lbctl.ts';
import { journalRoutes } from '../../../src/daemon/core-journal-routes.ts';
import { rememberEvents } from '../../../src/daemon/event-ring.ts';
import { openControl } from '../../../src/ipc/control.ts';
import type { LbdEvent } from '../../../src/model/events.ts';
import type { CheckStatus, Status } from '../../../src/model/status.ts';
import { PLAIN_STATUS } from '../../support/services.ts';
import { EMPTY_CHECK, FakeLog, vrrpStatus } from '../daemon/core-fakes.ts';
import { at, backup, ip, takeOver } from '../view/journals.ts';

const CHECK: CheckStatus = {
  ...EMPTY_CHECK,
  services: [
    {
      name: 'web',
      key: { kind: 'address', protocol: 'tcp', address: ip('10.0.0.100'), port: 80 },
      servers: ['10.0.1.1', '2001:db8::1'].map((address) => ({
        key: { address: ip(address), port: 80 },
        forward: 'dr' as const,
        configuredWeight: 1,
        effectiveWeight: 1,
        health: 'unchecked' as const,
        since: at(0)[1],
        lastCheck: null,
        checks: [],
        draining: null,
        order: null,
        slowStart: null,
        byHand: null,
      })),
      ...PLAIN_STATUS,
    },
  ],
};

const STATUS: Status = {
  schemaVersion: 1,
  takenAt: at(60)[1],
  daemon: {
    version: '1.2.3',
    pid: 1,
    routerId: 'lb01',
    startedAt: at(0)[1],
    configFile: 'lbd.yaml',
    generation: 1,
    loadedAt: at(0)[1],
    reloadError: null,
    stateProblem: null,
    processes: [],
  },
  vrrp: {
    available: true,
    takenAt: at(60)[1],
    value: {
      ...vrrpStatus(['VI_1', 'MASTER'], ['VI_2', 'MASTER'], ['VI_3', 'BACKUP']),
      syncGroups: [{ name: 'G', state: 'MASTER', members: ['VI_1', 'VI_2'] }],
    },
  },
  check: { available: true, takenAt: at(60)[1], value: CHECK },
};

const event = (message: string): LbdEvent => ({
  at: wallTime(0),
  level: 'info',
  event: 'vrrp_state',
  message,
  fields: {},
});

async function serve(t: TestContext, status: Status = STATUS) {
  const dir = mkdtempSync(path.join(tmpdir(), 'lbd-journal-'));
  const { log, events } = rememberEvents(new FakeLog());
  const ring = backup(2);
  takeOver(ring, 4.61);
  const control = await openControl(
    dir,
    journalRoutes({
      events,
      status: async () => status,
      former: () => [],
      journal: async () => ({ available: true, takenAt: at(60)[1], value: ring.show(...at(60)) }),
    }),
  );
  if (!control.ok) throw new Error(control.error.message);
  const { close } = control.value;
  t.after(async () => {
    await close();
    rmSync(dir, { recursive: true });
  });
  const begin = (...words: string[]) => {
    const said = { out: '', error: '', code: Promise.resolve(0) };
    said.code = runLbctl(['--run-dir', dir, ...words], {
      out(text) {
        said.out += text;
      },
      error(text) {
        said.error += text;
      },
    });
    return said;
  };
  const lbctl = async (...words: string[]) => {
    const said = begin(...words);
    const code = await said.code;
    return { ...said, code };
  };
  return { lbctl, begin, log, close };
}

test('lbctl why explains an instance, the members of a group, and a real server', async (t) => {
  const { lbctl } = await serve(t);
  assert.match(
    (await lbctl('why', 'VI_1')).out,
    /^VI_1 is MASTER since 2026-11-21 14:02:04\.610Z \(55s\): BACKUP/,
  );
  const group = await lbctl('why', 'G');
  assert.deepEqual(group.out.match(/^VI_\d is MASTER/gm), ['VI_1 is MASTER', 'VI_2 is MASTER']);
  assert.equal(JSON.parse((await lbctl('why', 'G', '-o', 'json')).out).instances.length, 2);
  for (const name of ['10.0.1.1', '10.0.1.1:80', '10.0.1.1:80@web', '10.0.1.1@tcp 10.0.0.100:80']) {
    assert.match(
      (await lbctl('why', name)).out,
      /^10\.0\.1\.1:80 of web \(tcp 10\.0\.0\.100:80\) has no check/,
    );
  }
  assert.equal(JSON.parse((await lbctl('why', '[2001:db8::1]:80', '-o', 'json')).out).servers.length, 1);
});

test('lbctl why and vrrp list what there is when the name is unknown', async (t) => {
  const { lbctl } = await serve(t);
  const known =
    'there are instances: VI_1, VI_2, VI_3; sync groups: G; real servers: 10.0.1.1:80, [2001:db8::1]:80';
  for (const [command, name] of [
    ['why', 'VI_9'],
    ['why', '10.0.1.1:81'],
    ['vrrp', 'VI_9'],
  ] as const) {
    const { code, error } = await lbctl(command, name);
    assert.deepEqual([code, error], [1, `lbctl: nothing is called "${name}"; ${known}\n`]);
  }
  const { error } = await lbctl('why', '10.0.1.1@wev');
  assert.equal(error, 'lbctl: there is no service "wev": did you mean web?; there are web\n');
});

test('lbctl why answers for servers while vrrp cannot, and says so of instances', async (t) => {
  const { lbctl } = await serve(t, { ...STATUS, vrrp: { available: false, reason: 'vrrp is starting' } });
  assert.equal((await lbctl('why', '10.0.1.1')).code, 0);
  assert.deepEqual((await lbctl('why', 'VI_1')).error, 'lbctl: vrrp is starting\n');
});

test('lbctl vrrp shows all instances, one, or those of a group', async (t) => {
  const { lbctl } = await serve(t);
  const names = async (...words: string[]) => {
    const { out } = await lbctl('vrrp', ...words, '-o', 'json');
    return JSON.parse(out).instances.map(({ name }: { name: string }) => name);
  };
  assert.deepEqual(await names(), ['VI_1', 'VI_2', 'VI_3']);
  assert.deepEqual(await names('G'), ['VI_1', 'VI_2']);
  assert.match((await lbctl('vrrp', 'VI_3')).out, /^VI_3 \(eth0, 53/);
});

test('lbctl events prints what was logged, and with -f what comes until lbd ends', async (t) => {
  const { lbctl, begin, log, close } = await serve(t);
  log.write(event('one'), 'vrrp');
  const line = (message: string) => `1970-01-01T00:00:00.000Z info  vrrp  vrrp_state ${message}\n`;
  assert.equal((await lbctl('events')).out, line('one'));
  const following = begin('events', '-f');
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await until(() => following.out !== '');
  log.write(event('two'), 'vrrp');
  await until(() => following.out.includes('two'));
  assert.equal(following.out, line('one') + line('two'));
  await close();
  assert.equal(await following.code, 3);
  assert.match(following.error, /^lbctl: lbd has ended the answer/);
});
