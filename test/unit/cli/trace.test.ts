import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { ok } from '../../../src/base/result.ts';
import { runLbctl } from '../../../src/cli/lbctl.ts';
import { tracePacket } from '../../../src/daemon/check-trace.ts';
import { traceRoutes } from '../../../src/daemon/core-trace-routes.ts';
import { openControl } from '../../../src/ipc/control.ts';
import type { TraceQuestion } from '../../../src/model/trace.ts';
import { FakeIpvs } from '../../fakes/ipvs.ts';

/** Of a daemon whose XDP plane knows no service. */
async function serve(t: TestContext, forwards: 'xdp' | 'ipvs' = 'xdp') {
  const dir = mkdtempSync(path.join(tmpdir(), 'lbd-trace-'));
  const asked: TraceQuestion[] = [];
  const xdp = Object.assign(new FakeIpvs(), {
    trace(question: TraceQuestion) {
      asked.push(question);
      return ok({
        ...{
          interface: 'eth0',
          service: null,
          scheduler: null,
          server: null,
          choice: null,
          passedOver: null,
        },
        verdict: { kind: 'passed', because: 'no_service' } as const,
      });
    },
  });
  const control = await openControl(
    dir,
    traceRoutes({
      checkNow: async () => ({ available: false, reason: 'check is starting' }),
      trace: (question) => tracePacket(async () => ok(forwards === 'xdp' ? xdp : new FakeIpvs()), question),
    }),
  );
  assert.ok(control.ok);
  t.after(async () => {
    await control.value.close();
    rmSync(dir, { recursive: true });
  });
  const lbctl = async (...words: readonly string[]) => {
    const said = { out: '', error: '' };
    const code = await runLbctl(['--run-dir', dir, 'trace', ...words], {
      out(text) {
        said.out += text;
      },
      error(text) {
        said.error += text;
      },
    });
    return { code, ...said };
  };
  return { lbctl, asked };
}

test('lbctl trace asks for the packet that it is told, and prints the answer', async (t) => {
  const { lbctl, asked } = await serve(t);
  const { code, out } = await lbctl(
    '[2001:db8::7]:40000',
    '[2001:db8::1]:80',
    '--flags',
    'ack',
    '--interface',
    'eth1',
  );
  assert.equal(code, 0);
  assert.match(
    out,
    /^tcp ACK \[2001:db8::7\]:40000 → \[2001:db8::1\]:80 on eth0 is left to the kernel: no service/,
  );
  assert.deepEqual(asked, [
    {
      ...{ protocol: 'tcp', flag: 'ack', interface: 'eth1' },
      source: { address: '2001:db8::7', port: 40_000 },
      destination: { address: '2001:db8::1', port: 80 },
    },
  ]);
  const json = JSON.parse((await lbctl('192.0.2.7:1', '10.0.0.1:53', '--protocol', 'udp', '-o', 'json')).out);
  assert.deepEqual([json.protocol, json.flag, json.destination], ['udp', null, '10.0.0.1:53']);
  assert.deepEqual(json.verdict, { kind: 'passed', because: 'no_service' });
});

test('lbctl trace refuses what is no packet', async (t) => {
  const { lbctl } = await serve(t);
  for (const [words, expected] of [
    [['192.0.2.7', '10.0.0.1:80'], /"192\.0\.2\.7" is no source: ADDRESS:PORT/],
    [['192.0.2.7:1', '10.0.0.1:70000'], /"10\.0\.0\.1:70000" is no destination/],
    [['192.0.2.7:1', '[2001:db8::1]:80'], /addresses of one family/],
    [['192.0.2.7:1', '10.0.0.1:80', '--protocol', 'udp', '--flags', 'syn'], /udp has no flags/],
  ] as const) {
    const { code, error } = await lbctl(...words);
    assert.equal(code, 1, error);
    assert.match(error, expected);
  }
  assert.equal((await lbctl('192.0.2.7:1', '10.0.0.1:80', '--flags', 'urg')).code, 2);
});

test('lbctl trace says what to use instead where IPVS forwards', async (t) => {
  const { lbctl } = await serve(t, 'ipvs');
  assert.deepEqual(await lbctl('192.0.2.7:1', '10.0.0.1:80'), {
    ...{ code: 1, out: '' },
    error:
      'lbctl: IPVS forwards here, and cannot be asked where a packet would go: lbctl connections, or ipvsadm -Lnc, lists where connections do\n',
  });
});
