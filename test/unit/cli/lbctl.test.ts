import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { instant } from '../../../src/base/units.ts';
import { runLbctl } from '../../../src/cli/lbctl.ts';
import { createCore } from '../../../src/daemon/core.ts';
import { controlRoutes } from '../../../src/daemon/core-routes.ts';
import { controlSocket, openControl } from '../../../src/ipc/control.ts';
import type { CheckDesired, VrrpDesired } from '../../../src/ipc/messages.ts';
import type { CheckStatus, VrrpStatus } from '../../../src/model/status.ts';
import {
  configWith,
  EMPTY_CHECK,
  FakeChild,
  FakeClock,
  FakeHands,
  FakeLog,
  vrrpStatus,
} from '../daemon/core-fakes.ts';

const TABLE: CheckStatus = {
  table: {
    available: true,
    takenAt: new FakeClock().wall(),
    value: { version: '1.2.1', connectionTableSize: 4096, services: [] },
  },
  services: [],
};

function runDir(t: TestContext): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'lbd-lbctl-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** A core with fake processes on a socket of its own. */
async function serve(t: TestContext, checkStatus: CheckStatus): Promise<string> {
  const dir = runDir(t);
  const vrrp = new FakeChild<VrrpDesired, VrrpStatus>(101);
  const check = new FakeChild<CheckDesired, CheckStatus>(102);
  const first = configWith();
  const core = createCore(
    {
      clock: new FakeClock(),
      log: new FakeLog(),
      forkVrrp: () => vrrp,
      forkCheck: () => check,
      readConfig: () => ({ ok: true, value: first }),
      configFile: 'lbd.yaml',
      version: '1.2.3',
      pid: 100,
      hands: () => new FakeHands(),
      bootedAt: instant(0),
    },
    first,
  );
  const control = await openControl(
    dir,
    controlRoutes(core, () => ({ ok: true, value: first })),
  );
  if (!control.ok) throw new Error(control.error.message);
  core.start();
  vrrp.boot(vrrpStatus(['VI_1', 'MASTER']));
  check.boot(checkStatus);
  t.after(async () => {
    await core.stop();
    await control.value.close();
  });
  return dir;
}

async function lbctl(dir: string, ...words: string[]) {
  let out = '';
  let error = '';
  const code = await runLbctl(['--run-dir', dir, ...words], {
    out(text) {
      out += text;
    },
    error(text) {
      error += text;
    },
  });
  return { code, out, error };
}

test('lbctl status prints the text, and JSON with -o json', async (t) => {
  const dir = await serve(t, TABLE);
  const text = await lbctl(dir, 'status');
  assert.equal(text.code, 0);
  assert.match(text.out, /^lbd 1\.2\.3 on lb01, pid 100/);
  assert.match(text.out, /^VI_1 \(eth0, 51\) +MASTER/m);
  const json = await lbctl(dir, 'status', '-o', 'json');
  assert.equal(json.code, 0);
  assert.equal(JSON.parse(json.out).vrrp.value.instances[0].state, 'MASTER');
});

test('lbctl ipvs lists the table however its flags are written', async (t) => {
  const dir = await serve(t, TABLE);
  const list = await lbctl(dir, 'ipvs', '-Ln');
  assert.deepEqual([list.code, list.error], [0, '']);
  assert.match(
    list.out,
    /^IP Virtual Server version 1\.2\.1 \(size=4096\)\nProt LocalAddress:Port Scheduler Flags\n/,
  );
  for (const words of [['-ln'], ['-L', '-n'], ['-nL'], ['--list', '--numeric']]) {
    assert.deepEqual(await lbctl(dir, 'ipvs', ...words), list, words.join(' '));
  }
  const stats = await lbctl(dir, 'ipvs', '-Ln', '--stats', '--exact');
  assert.match(stats.out, / Conns +InPkts +OutPkts +InBytes OutBytes\n/);
});

test('lbctl exits with 1 and the reason when the daemon refuses', async (t) => {
  const dir = await serve(t, EMPTY_CHECK);
  assert.deepEqual(await lbctl(dir, 'ipvs', '-Ln'), {
    code: 1,
    out: '',
    error: 'lbctl: the kernel has no IPVS\n',
  });
});

test('lbctl exits with 2 on words that it does not know', async () => {
  for (const words of [
    ['stat'],
    ['status', '-o', 'xml'],
    ['status', 'now'],
    ['ipvs'],
    ['ipvs', '-L'],
    ['ipvs', '-Lnc', '--stats'],
  ]) {
    const { code, out, error } = await lbctl('/nonexistent', ...words);
    assert.deepEqual([code, out], [2, ''], words.join(' '));
    assert.notEqual(error, '');
  }
});

test('lbctl exits with 3 and says what to do when there is no daemon', async (t) => {
  const dir = runDir(t);
  const { code, error } = await lbctl(dir, 'status');
  assert.equal(code, 3);
  assert.match(error, new RegExp(`^lbctl: cannot reach lbd at ${controlSocket(dir)}: is it running\\?`));
});

test('lbctl exits with 3 when the daemon hangs up without an answer', async (t) => {
  const dir = runDir(t);
  const server = createServer((request) => request.socket.destroy()).listen(controlSocket(dir));
  t.after(() => server.close());
  const { code, error } = await lbctl(dir, 'status');
  assert.equal(code, 3);
  assert.match(error, /does not answer/);
});
