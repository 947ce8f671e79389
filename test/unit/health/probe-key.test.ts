import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIp } from '../../../src/base/ip.ts';
import { millis } from '../../../src/base/units.ts';
import { probeKey } from '../../../src/health/probe-key.ts';
import type { CheckConfig, HttpProbe, HttpRequest, TcpProbe } from '../../../src/model/check.ts';

const address = parseIp('10.0.0.1') ?? assert.fail();
const timing = {
  interval: millis(1000),
  timeout: millis(500),
  retry: 1,
  delayBeforeRetry: millis(300),
  rise: 1,
  warmup: millis(1000),
  alpha: false,
};
const source = { address: null, port: null, interface: null, fwmark: null };
const tcp: CheckConfig & TcpProbe = { ...timing, type: 'tcp', target: { address, port: 80 }, source };

const expect = { status: [[200, 299]], digest: null, body: null } as const;
const page = (path: string): HttpRequest => ({ method: 'GET', path, host: null, headers: [], expect });
const http = (...requests: HttpRequest[]): CheckConfig & HttpProbe => ({
  ...{ ...timing, type: 'http', target: tcp.target, source, tls: null, version: '1.1', requests },
  fastRecovery: false,
});

test('probeKey is that of every check that one probe can serve', () => {
  const sharing: CheckConfig[] = [
    { ...tcp, retry: 5 },
    { ...tcp, rise: 2, alpha: true },
  ];
  for (const check of sharing) assert.deepEqual(probeKey(check), probeKey(tcp));
  const others: CheckConfig[] = [
    { ...tcp, target: { address, port: 81 } },
    { ...tcp, source: { ...source, fwmark: 1 } },
    { ...tcp, interval: millis(2000) },
    { ...tcp, timeout: millis(400) },
    { ...tcp, type: 'ping' },
    http(page('/')),
    http(page('/other')),
  ];
  const keys = [tcp, ...others].map((check) => JSON.stringify(probeKey(check)));
  assert.equal(new Set(keys).size, keys.length);
});

test('probeKey is none for a check of several requests, of which one is made a turn', () => {
  assert.equal(probeKey(http(page('/'), page('/other'))), null);
});
