import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import { millis, wallTime } from '../../../src/base/units.ts';
import { noticeTime } from '../../../src/daemon/core-drill.ts';
import { stepQuorum } from '../../../src/health/quorum.ts';
import type { CheckConfig } from '../../../src/model/check.ts';
import type { ServerConfig, ServiceConfig } from '../../../src/model/config.ts';
import type { ServiceKey } from '../../../src/model/services.ts';
import type { ServerHealth, ServiceStatus } from '../../../src/model/status.ts';
import { drillServer, type ServerDrillInput } from '../../../src/plan/drill.ts';
import { showDrill } from '../../../src/view/drill.ts';
import { observedService } from '../../fakes/ipvs.ts';
import { PLAIN_SERVER, PLAIN_SERVICE, PLAIN_STATUS } from '../../support/services.ts';

const key: ServiceKey = { kind: 'address', protocol: 'tcp', address: '192.0.2.1' as Ip, port: 80 };
const attrs = { scheduler: 'rr', schedulerFlags: [], persistence: null, onePacket: false };
const check: CheckConfig = {
  type: 'tcp',
  target: { address: '10.0.0.1' as Ip, port: 80 },
  timeout: millis(1000),
  interval: millis(3000),
  retry: 2,
  delayBeforeRetry: millis(500),
  warmup: millis(0),
  rise: 1,
  alpha: false,
  source: { address: null, port: null, interface: null, fwmark: null },
};
const server = (n: number, checked: CheckConfig | null = check): ServerConfig => ({
  key: { address: `10.0.0.${n}` as Ip, port: 80 },
  attrs: { weight: n, forward: 'dr', upperThreshold: 0, lowerThreshold: 0, tunnel: null },
  checks: checked === null ? [] : [checked],
  ...PLAIN_SERVER,
});

function drill(
  servers: readonly ServerConfig[],
  healths: readonly ServerHealth[],
  lost: string,
  logic: Partial<ServiceConfig> = {},
  keys: readonly ServiceKey[] = [key],
) {
  const about = { key, attrs, name: 'web', drainTimeout: millis(0) };
  const service: ServiceConfig = { ...about, ...PLAIN_SERVICE, ...logic, servers };
  const status: ServiceStatus = {
    name: 'web',
    key,
    servers: servers.map((one, i) => ({
      key: one.key,
      forward: one.attrs.forward,
      configuredWeight: one.attrs.weight,
      effectiveWeight: one.attrs.weight,
      health: healths[i] ?? 'up',
      since: wallTime(0),
      lastCheck: null,
      checks: [],
      draining: null,
      order: null,
      slowStart: null,
      byHand: null,
    })),
    ...PLAIN_STATUS,
  };
  const there = servers.filter((_, i) => healths[i] !== 'down');
  const table = {
    version: '1.2.1',
    connectionTableSize: 4096,
    services: keys.map((one) => observedService({ key: one, attrs }, there)),
  };
  const hasQuorum: ServerDrillInput['hasQuorum'] = ({ quorum }, had, live) =>
    stepQuorum(quorum, had, live).has;
  const input = {
    services: keys.map((one) => ({ ...service, key: one })),
    status: keys.map((one) => ({ ...status, key: one })),
    ...{ table, noticeTime, hasQuorum },
  };
  return drillServer(input, { address: lost as Ip, port: null });
}

test('drillServer tells the operations, when the check notices, and what is left', () => {
  const drilled = drill([server(1), server(2), server(3)], ['up', 'up', 'down'], '10.0.0.2');
  assert.ok(drilled.ok);
  const [step, ...more] = drilled.value.steps;
  assert.deepEqual(more, []);
  assert.deepEqual(step?.operations, [{ op: 'delDest', of: key, key: server(2).key }]);
  assert.deepEqual([step?.servers, step?.weight], [1, 1]);
  // Three failures, 0.5 s apart; at the latest after an interval and three timeouts more.
  assert.deepEqual([step?.earliestMicros, step?.afterMicros], [1_000_000, 7_000_000]);
});

test('drillServer has no step for a server that is down or that nothing checks, and says so', () => {
  const down = drill([server(1), server(2)], ['down', 'up'], '10.0.0.1');
  const unchecked = drill([server(1, null)], ['unchecked'], '10.0.0.1');
  assert.ok(down.ok && unchecked.ok);
  assert.deepEqual([...down.value.steps, ...unchecked.value.steps], []);
  assert.match(down.value.remarks.join(), /is down already/);
  assert.match(unchecked.value.remarks.join(), /has no check/);
  const keys = [key, { ...key, port: 443 }];
  const twice = drill([server(1), server(2)], ['down', 'up'], '10.0.0.1', {}, keys);
  assert.deepEqual(twice.ok && twice.value.remarks, ['server 10.0.0.1:80 of web is down already']);
});

test('drillServer refuses an address that no service has', () => {
  assert.deepEqual(drill([server(1)], ['up'], '10.0.0.9'), {
    ok: false,
    error: 'no service has a server 10.0.0.9',
  });
});

test('drillServer tells of a quorum that is lost, and who serves then', () => {
  const quorum = { ...PLAIN_SERVICE.quorum, quorum: 4 };
  const address = '10.0.0.9' as Ip;
  const sorry = { key: { address, port: 80 }, attrs: { ...server(1).attrs }, inhibit: false };
  const drilled = drill([server(1), server(2), server(3)], [], '10.0.0.3', { quorum, sorry });
  assert.ok(drilled.ok);
  const [step] = drilled.value.steps;
  assert.deepEqual([step?.losesQuorum, step?.live, step?.quorum], [true, 3, 4]);
  assert.deepEqual([step?.servers, step?.sorryServer], [1, sorry.key]);
  const done = step?.operations.map(
    (one) =>
      `${one.op} ${'dest' in one ? one.dest.key.address : 'key' in one && 'address' in one.key ? one.key.address : ''}`,
  );
  assert.deepEqual(done, ['newDest 10.0.0.9', 'delDest 10.0.0.1', 'delDest 10.0.0.2', 'delDest 10.0.0.3']);
  const text = showDrill({ assumes: [], steps: drilled.value.steps });
  assert.match(text, /loses the quorum of 4, weight 3 is up then; .*; sorry server 10\.0\.0\.9:80 serves;/);
});
