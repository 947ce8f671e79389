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
      readConfig: async () => ({ ok: true, value: first }),
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
    controlRoutes(core, async () => ({ ok: true, value: first })),
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

test('lbctl tells programs why it gives up in one shape, whatever it was asked', async (t) => {
  const [refusing, nowhere] = [await serve(t, TABLE), runDir(t)];
  const nofile = `${nowhere}/nofile`;
  for (const [code, dir, ...words] of [
    [1, refusing, 'servers', 'nosuch'],
    [1, refusing, 'checks', 'nosuch'],
    [1, refusing, 'checks', '10.0.0.1'],
    [1, refusing, 'why', 'nosuch'],
    [1, refusing, 'vrrp', 'nosuch'],
    [1, refusing, 'rates', 'nosuch'],
    [1, refusing, 'connections', '--server', 'nosuch'],
    [1, refusing, 'maint', '10.0.0.1'],
    [1, refusing, 'ipvs', 'restore', nofile],
    [3, nowhere, 'status'],
    [3, nowhere, 'services'],
    [3, nowhere, 'stats'],
    [3, nowhere, 'connections'],
    [3, nowhere, 'events', '-f'],
    [3, nowhere, 'drain', '10.0.0.1'],
    [3, nowhere, 'reload'],
    [1, nowhere, 'realserver', 'up', 'nosuch'],
  ] as const) {
    const answer = await lbctl(dir, ...words, '-o', 'json');
    const { error } = JSON.parse(answer.out);
    assert.deepEqual([answer.code, answer.error], [code, `lbctl: ${error.message}\n`], words.join(' '));
    assert.match(error.code, /^[a-z_]+$/);
  }
});

test('lbctl lets nothing that it prints steer the terminal, and leaves JSON what it is', async (t) => {
  const dir = runDir(t);
  const evil = 'red\u001b[31m\u001b]0;x\u0007\u009b2J\r\tthat';
  const server = createServer((request, response) => {
    const isJson = request.headers.accept === 'application/json';
    const body = isJson ? JSON.stringify({ said: evil }) : `${evil}\n`;
    const refusal = JSON.stringify({ error: { code: 'refused', message: evil } });
    response.statusCode = request.url === '/v1/status' ? 200 : 409;
    response.end(response.statusCode === 200 ? body : refusal);
  }).listen(controlSocket(dir));
  t.after(() => server.close());
  const text = await lbctl(dir, 'status');
  assert.equal(text.out, 'red\\u001b[31m\\u001b]0;x\\u0007\\u009b2J\\u000d\tthat\n');
  assert.equal((await lbctl(dir, 'services')).error, `lbctl: ${text.out}`);
  const json = await lbctl(dir, 'status', '-o', 'json');
  assert.doesNotMatch(json.out, /\p{Cc}/u);
  assert.deepEqual(JSON.parse(json.out), { said: evil });
});

test('lbctl realserver down says that it needs no tunnel', async () => {
  const { code, error } = await lbctl('/nonexistent', 'realserver', 'down', '10.0.0.100', '--tunnel', 'ipip');
  assert.equal(code, 2);
  assert.match(error, /realserver down needs none of this/);
});

test('lbctl exits with 3 when the daemon hangs up without an answer', async (t) => {
  const dir = runDir(t);
  const server = createServer((request) => request.socket.destroy()).listen(controlSocket(dir));
  t.after(() => server.close());
  const { code, error } = await lbctl(dir, 'status');
  assert.equal(code, 3);
  assert.match(error, /does not answer/);
});
