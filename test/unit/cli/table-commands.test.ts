import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { err, ok, type Result } from '../../../src/base/result.ts';
import { millis, type WallTime, wallTime } from '../../../src/base/units.ts';
import { runLbctl } from '../../../src/cli/lbctl.ts';
import { ipvsRoutes } from '../../../src/daemon/core-ipvs-routes.ts';
import { tableRoutes } from '../../../src/daemon/core-table-routes.ts';
import { openControl } from '../../../src/ipc/control.ts';
import type { Connection } from '../../../src/model/connections.ts';
import type { RestoreOutcome, RestoreRequest } from '../../../src/model/restore.ts';
import type { ServiceKey } from '../../../src/model/services.ts';
import type { CheckStatus, LastCheck, ServerStatus } from '../../../src/model/status.ts';
import { NO_TRAFFIC, observedService } from '../../fakes/ipvs.ts';
import { PLAIN_STATUS } from '../../support/services.ts';
import { ip } from '../daemon/core-fakes.ts';

const NOW = wallTime(1_795_000_000_000);
const ago = (seconds: number): WallTime => wallTime(NOW - seconds * 1000);
const tcp = (address: string): ServiceKey => ({
  kind: 'address',
  protocol: 'tcp',
  address: ip(address),
  port: 80,
});
const ATTRS = { scheduler: 'rr', schedulerFlags: [], persistence: null, onePacket: false } as const;
const dest = (address: string, weight = 1) => ({
  key: { address: ip(address), port: 80 },
  attrs: { weight, forward: 'dr' as const, upperThreshold: 0, lowerThreshold: 0, tunnel: null },
});

const last = (result: string, code: number | null): LastCheck => ({
  ...{
    at: ago(2),
    verdict: result === 'ok' ? 'pass' : 'fail',
    latency: millis(12),
    result,
    detail: '',
    code,
    layer: 7,
  },
});
const server = (address: string, health: 'up' | 'down', found: LastCheck): ServerStatus => ({
  key: { address: ip(address), port: 80 },
  forward: 'dr',
  ...{ configuredWeight: 1, effectiveWeight: 1, health, since: ago(65), lastCheck: found },
  checks: [
    {
      ...{ type: 'http', of: `${address}:80`, health, last: found, nextAt: wallTime(NOW + 1000) },
      ...{ failures: health === 'up' ? 1 : 0, retry: 2, successes: health === 'up' ? 0 : 1, rise: 3 },
    },
  ],
  ...{ draining: null, order: null, slowStart: null, byHand: null },
});

/** A service of ours with a server that is down, and a foreign one that has more traffic. */
const CHECK: CheckStatus = {
  table: {
    available: true,
    takenAt: NOW,
    value: {
      ...{ version: '1.2.1', connectionTableSize: 4096 },
      services: [
        {
          ...observedService({ key: tcp('10.0.0.100'), attrs: ATTRS }),
          stats: { ...NO_TRAFFIC, conns: 12n, inBytes: 1_234_567n, cps: 3n },
          dests: observedService({ key: tcp('10.0.0.100'), attrs: ATTRS }, [dest('10.0.0.1')]).dests.map(
            (each) => ({ ...each, activeConns: 4, inactiveConns: 5, persistentConns: 1 }),
          ),
        },
        {
          ...observedService({ key: tcp('10.0.0.200'), attrs: ATTRS }, [dest('10.0.0.9', 7)]),
          stats: { ...NO_TRAFFIC, conns: 1n, outBytes: 2n ** 63n },
        },
      ],
    },
  },
  services: [
    {
      ...{ name: 'web', key: tcp('10.0.0.100'), ...PLAIN_STATUS },
      quorum: { has: true, since: ago(65), live: 1, quorum: 1, hysteresis: 0 },
      servers: [server('10.0.0.1', 'up', last('ok', 200)), server('10.0.0.2', 'down', last('mismatch', 404))],
    },
  ],
};

const connection = (
  client: string,
  port: number,
  virtual: string,
  to: string,
  state: string,
): Connection => ({
  ...{ protocol: 'TCP', state, expires: 59, engine: null },
  client: { address: ip(client), port },
  virtual: { address: ip(virtual), port: 80 },
  server: { address: ip(to), port: 80 },
});

const CONNECTIONS = [
  connection('192.0.2.1', 40_000, '10.0.0.100', '10.0.0.1', 'ESTABLISHED'),
  connection('192.0.2.2', 40_000, '10.0.0.200', '10.0.0.9', 'ESTABLISHED'),
  connection('192.0.2.1', 0, '10.0.0.100', '10.0.0.1', 'NONE'),
  connection('192.0.2.3', 40_001, '10.0.0.100', '10.0.0.2', 'FIN_WAIT'),
];

const NOTHING: RestoreOutcome = { changes: [], refused: [], configured: [], kept: 0 };

/** A daemon that has been asked to restore `asked`. */
async function serve(t: TestContext, outcome: Result<RestoreOutcome, string> = ok(NOTHING)) {
  const dir = mkdtempSync(path.join(tmpdir(), 'lbd-table-'));
  const asked: RestoreRequest[] = [];
  const core = {
    checkNow: async () => ({ available: true as const, takenAt: NOW, value: CHECK }),
    settings: async () => err('this kernel has no IPVS'),
    restore: async (request: RestoreRequest) => {
      asked.push(request);
      return outcome;
    },
  };
  const open = async () =>
    ok(
      (async function* () {
        for (const each of CONNECTIONS) yield [each];
      })(),
    );
  const control = await openControl(dir, { ...ipvsRoutes(core, open), ...tableRoutes(core, open) });
  assert.ok(control.ok);
  t.after(async () => {
    await control.value.close();
    rmSync(dir, { recursive: true });
  });
  const lbctl = async (...words: readonly string[]) => {
    const said = { out: '', error: '' };
    const code = await runLbctl(['--run-dir', dir, ...words], {
      out(text) {
        said.out += text;
      },
      error(text) {
        said.error += text;
      },
    });
    return { code, ...said };
  };
  return { lbctl, asked, dir };
}

test('lbctl services, servers and checks have a line for each', async (t) => {
  const { lbctl } = await serve(t);
  assert.equal(
    (await lbctl('services')).out,
    `Service  Virtual            Scheduler   Up  Active  Inactive  State
web      tcp 10.0.0.100:80  rr         1/2       4         5  serves
-        tcp 10.0.0.200:80  rr         1/1       0         0  foreign
`,
  );
  assert.equal(
    (await lbctl('servers')).out,
    `Service            Server       Forward  Weight  Active  Inactive  Persistent  State
web                10.0.0.1:80  dr            1       4         5           1  up 1m 5s
web                10.0.0.2:80  dr            -       -         -           -  down 1m 5s (L7STS/404)
tcp 10.0.0.200:80  10.0.0.9:80  dr            7       0         0           0  foreign
`,
  );
  assert.equal(
    (await lbctl('checks')).out,
    `Service  Server       Check  State  Result     Latency  Age  Next  Fails  Rises
web      10.0.0.1:80  http   up     L7OK/200     12 ms   2s    1s    1/3      -
web      10.0.0.2:80  http   down   L7STS/404    12 ms   2s    1s      -    1/3
`,
  );
});

test('lbctl servers and checks take one of them, and refuse what there is not', async (t) => {
  const { lbctl } = await serve(t);
  for (const word of ['web', '10.0.0.100', '10.0.0.100:80', 'tcp 10.0.0.100:80']) {
    assert.equal((await lbctl('servers', word)).out.split('\n').length, 4, word);
  }
  assert.equal((await lbctl('checks', '10.0.0.2')).out.split('\n').length, 3);
  const { code, error } = await lbctl('servers', 'wbe');
  assert.deepEqual(
    [code, error],
    [1, 'lbctl: there is no service "wbe": did you mean web?; there are web, tcp 10.0.0.200:80\n'],
  );
  assert.equal((await lbctl('checks', '10.0.0.99')).error, 'lbctl: no service has a server 10.0.0.99\n');
  for (const word of ['web', '10.0.0.100', '10.0.0.100:80', 'tcp 10.0.0.100:80']) {
    assert.equal((await lbctl('checks', word)).out.split('\n').length, 4, word);
  }
  assert.match((await lbctl('checks', 'wbe')).error, /there is no service "wbe": did you mean web\?/);
  assert.match((await lbctl('servers', '')).error, /there is no service "";? /);
  assert.equal((await lbctl('checks', '10.0.0.2@web')).out.split('\n').length, 3);
  assert.match(
    (await lbctl('checks', '10.0.0.2@wbe')).error,
    /there is no service "wbe": did you mean web\?/,
  );
  assert.equal((await lbctl('checks', '10.0.0.9@web')).error, 'lbctl: web has no server 10.0.0.9\n');
});

test('lbctl services, servers and checks tell programs the same', async (t) => {
  const { lbctl } = await serve(t);
  const json = async (...words: readonly string[]) => JSON.parse((await lbctl(...words, '-o', 'json')).out);
  const { services } = await json('services');
  assert.deepEqual([services[0].up, services[0].in_kernel, services[1].is_foreign], [1, true, true]);
  const { servers } = await json('servers', 'web');
  assert.deepEqual([servers[0].kernel.persistent_conns, servers[1].kernel], [1, null]);
  const { checks } = await json('checks', '10.0.0.2:80');
  const [{ result, successes, last, next_at_ms }] = checks;
  assert.deepEqual([result, successes, last.latency_ms, next_at_ms], ['L7STS/404', 1, 12, NOW + 1000]);
});

test('lbctl stats and rates begin with those that have the most, and end with the sum', async (t) => {
  const { lbctl } = await serve(t);
  assert.equal(
    (await lbctl('stats')).out,
    `Service                  Conns  Packets in  Packets out  Bytes in  Bytes out
tcp 10.0.0.200:80            1           0            0       0 B    9.22 EB
  -> 10.0.0.9:80             0           0            0       0 B        0 B
web (tcp 10.0.0.100:80)     12           0            0   1.23 MB        0 B
  -> 10.0.0.1:80             0           0            0       0 B        0 B
total                       13           0            0   1.23 MB    9.22 EB
`,
  );
  const { out } = await lbctl('stats', '-o', 'json');
  assert.match(out, /"out_bytes": 9223372036854775808,/);
  assert.deepEqual(JSON.parse(out).total.in_bytes, 1_234_567);
  assert.match((await lbctl('rates', 'web')).out, /^web \(tcp 10\.0\.0\.100:80\) +3 +0 +0 +0 B +0 B$/m);
});

test('lbctl connections shows those that are wanted, up to a limit, and counts them all', async (t) => {
  const { lbctl } = await serve(t);
  const title = 'pro expire state       source             virtual            destination\n';
  const row = (state: string, client: string, to: string) =>
    `TCP 00:59  ${state.padEnd(11)} ${client.padEnd(18)} 10.0.0.100:80      ${to}\n`;
  assert.equal(
    (await lbctl('connections', '--service', 'web')).out,
    `${title}${row('ESTABLISHED', '192.0.2.1:40000', '10.0.0.1:80')}${row('NONE', '192.0.2.1:0', '10.0.0.1:80')}${row('FIN_WAIT', '192.0.2.3:40001', '10.0.0.2:80')}2 connections: 1 ESTABLISHED, 1 FIN_WAIT; 1 persistence template\n`,
  );
  assert.equal(
    (await lbctl('connections', '--server', '10.0.0.1', '--persistent')).out,
    `${title}${row('NONE', '192.0.2.1:0', '10.0.0.1:80')}0 connections; 1 persistence template\n`,
  );
  const limited = await lbctl('connections', '--limit', '1');
  assert.equal(limited.out.split('\n').length, 4);
  assert.match(limited.out, /; the first 1 are shown \(--limit\)\n$/);
  const json = JSON.parse((await lbctl('connections', '--limit', '2', '-o', 'json')).out);
  assert.deepEqual(json.sum, { total: 4, shown: 2, templates: 1, by_state: { ESTABLISHED: 2, FIN_WAIT: 1 } });
  assert.deepEqual(json.connections[0], {
    ...{ protocol: 'TCP', client: '192.0.2.1:40000', virtual: '10.0.0.100:80', server: '10.0.0.1:80' },
    ...{ state: 'ESTABLISHED', expires_s: 59, is_template: false, engine: null },
  });
  assert.equal((await lbctl('connections', '--limit', 'many')).code, 2);
});

test('lbctl ipvs shows one service without the first line, and refuses one that there is not', async (t) => {
  const { lbctl } = await serve(t);
  const { out } = await lbctl('ipvs', '-Ln', '-t', '10.0.0.100:80', '--persistent-conn');
  assert.match(out, /^Prot LocalAddress:Port +Weight +PersistConn ActiveConn InActConn \n/);
  assert.equal(out.split('\n').length, 5);
  assert.deepEqual(await lbctl('ipvs', '-Ln', '-u', '10.0.0.100:80'), {
    ...{ code: 1, out: '', error: 'lbctl: No such service: udp 10.0.0.100:80\n' },
  });
  assert.match(
    (await lbctl('ipvs', '-Lnc')).out,
    /^IPVS connection entries\npro expire .*\nTCP 00:59 {2}ESTABLISHED /,
  );
  assert.equal((await lbctl('ipvs', '-L', '--timeout')).error, 'lbctl: this kernel has no IPVS\n');
});

test('lbctl ipvs refuses the combinations that ipvsadm refuses', async (t) => {
  const { lbctl } = await serve(t);
  for (const words of [
    ['-Lnc', '--stats'],
    ['-L', '--timeout', '--daemon'],
    ['-L', '--daemon', '--persistent-conn'],
    ['-Lnc', '-t', '10.0.0.1:80'],
    ['-Ln', '-t', '10.0.0.1:80', '-u', '10.0.0.1:80'],
    ['-Ln', '-t', '10.0.0.1'],
    ['-Ln', '-6'],
    ['-LSn'],
    ['-S'],
  ]) {
    assert.equal((await lbctl('ipvs', ...words)).code, 2, words.join(' '));
  }
});

test('lbctl ipvs save writes what restore reads', async (t) => {
  const { lbctl, asked, dir } = await serve(t);
  const saved = await lbctl('ipvs', 'save');
  assert.equal(
    saved.out,
    `-A -t 10.0.0.100:80 -s rr
-a -t 10.0.0.100:80 -r 10.0.0.1:80 -g -w 1
-A -t 10.0.0.200:80 -s rr
-a -t 10.0.0.200:80 -r 10.0.0.9:80 -g -w 7
`,
  );
  const file = path.join(dir, 'table');
  writeFileSync(file, `# of yesterday\n${saved.out}`);
  const { code, out } = await lbctl('ipvs', 'restore', file, '--prune');
  assert.deepEqual([code, out], [0, 'No changes: the kernel has what was saved.\n']);
  const [request] = asked;
  assert.deepEqual(request, {
    prune: true,
    dryRun: false,
    services: [
      { key: tcp('10.0.0.100'), attrs: ATTRS, dests: [dest('10.0.0.1')] },
      { key: tcp('10.0.0.200'), attrs: ATTRS, dests: [dest('10.0.0.9', 7)] },
    ],
  });
});

test('lbctl ipvs restore tells all mistakes of a file with their places, and asks for nothing then', async (t) => {
  const { lbctl, asked, dir } = await serve(t);
  const file = path.join(dir, 'table');
  writeFileSync(file, '-A -t 10.0.0.1:80 -s wlcc\n\n-a -t 10.0.0.2:80 -r 10.0.0.9 -w many\n');
  const { code, error } = await lbctl('ipvs', 'restore', file);
  assert.equal(code, 1);
  assert.match(error, /table:1:22 {2}error {2}unknown_value .*did you mean "wlc"\?/);
  assert.match(error, /table:3:7 {2}error {2}unknown_name/);
  assert.match(error, /\nnothing was changed: \d mistakes\n$/);
  assert.deepEqual(asked, []);
});

test('lbctl ipvs restore tells the first mistakes of a file that is something else, and not what is in it', async (t) => {
  const { lbctl, dir } = await serve(t);
  const file = path.join(dir, 'table');
  const secret = Array.from({ length: 26 }, (_, i) => `MIIEvQIBADANBgkqhkiG9w0BAQEFAASC${i}`);
  writeFileSync(file, ['-----BEGIN PRIVATE KEY-----', ...secret, '-----END PRIVATE KEY-----'].join('\n'));
  const { code, error } = await lbctl('ipvs', 'restore', file);
  assert.equal(code, 1);
  assert.doesNotMatch(error, /MII/);
  assert.match(error, /\nnothing was changed: \d\d mistakes, of which these are the first 10\n$/);
  assert.equal(error.split('\n').length, 12);
});

test('lbctl ipvs restore exits with what came of it', async (t) => {
  const change = {
    ...{ change: '+' as const, name: 'tcp 10.0.0.1:80', key: 'tcp 10.0.0.1:80', fields: [], servers: [] },
    ...{ drift: false, cuts: null },
  };
  const outcome: RestoreOutcome = {
    ...{ changes: [change], refused: ['newService tcp 10.0.0.1:80: the kernel lacks …'] },
    ...{ configured: ['web'], kept: 2 },
  };
  const { lbctl, dir } = await serve(t, ok(outcome));
  const file = path.join(dir, 'table');
  writeFileSync(file, '');
  const done = await lbctl('ipvs', 'restore', file);
  assert.equal(done.code, 4);
  assert.equal(
    done.out,
    `1 added, 0 changed, 0 removed.
left to the configuration: web
2 services of others kept that are not in the file; --prune removes them
refused by the kernel: newService tcp 10.0.0.1:80: the kernel lacks …
`,
  );
  const dry = await lbctl('ipvs', 'restore', file, '--dry-run');
  assert.equal(dry.code, 2);
  assert.match(dry.out, /^services:\n {2}\+ tcp 10\.0\.0\.1:80\n\nPlan: 1 to add, /);
  assert.equal((await lbctl('ipvs', 'restore', file, '--dry')).code, 1);
});
