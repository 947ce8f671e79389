import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { printEndpoint } from '../../src/base/ip.ts';
import { err, ok } from '../../src/base/result.ts';
import { millis } from '../../src/base/units.ts';
import { ofInstances, usualInterfaces } from '../../src/config/compose/dataplane.ts';
import type { ReadContext } from '../../src/config/files.ts';
import { printKeepalived } from '../../src/config/print-keepalived.ts';
import { readKeepalived } from '../../src/config/read-keepalived.ts';
import type { CheckConfig } from '../../src/model/check.ts';
import type { Config } from '../../src/model/config.ts';
import { PLAIN_DATAPLANE } from '../../src/model/dataplane.ts';
import type { ServiceKey } from '../../src/model/services.ts';
import { configs } from './configs.ts';

const FILE = 'keepalived.conf';
const contextOf = (text: string): ReadContext => ({
  files: { read: (name) => (name === FILE ? ok(text) : err('no such file')), match: () => [] },
  hostname: 'h',
  configId: null,
  env: () => undefined,
  random: () => 0,
});

/** What only lbd has a word for. */
const OWN = [
  'drift',
  'drift_interval',
  'drain_timeout',
  'slow_start',
  'lease',
  'allowed_sources',
  'takeover',
  'heartbeat',
  'dataplane',
];

function keepalivedName(key: ServiceKey): string {
  if (key.kind === 'fwmark') return `fwmark:${key.fwmark}${key.family === 'inet6' ? ':inet6' : ''}`;
  const [address, port] = printEndpoint(key.address, key.port).split(/:(?=\d+$)/);
  return `${address}:${key.protocol}:${port}`;
}

/** A check of keepalived always says who it is. */
const asKeepalivedAsks = (check: CheckConfig): CheckConfig =>
  check.type !== 'http'
    ? check
    : {
        ...check,
        requests: check.requests.map((request) => ({
          ...request,
          headers: [['User-Agent', 'KeepAliveClient']],
        })),
      };

const withoutOwn = (config: Config): Config => ({
  ...config,
  heartbeat: null,
  dataplane: {
    ...PLAIN_DATAPLANE,
    interfaces: usualInterfaces(config.instances),
    ...ofInstances(config.instances),
  },
  drift: { policy: 'repair', interval: millis(10_000) },
  instances: config.instances.map((instance) => ({
    ...instance,
    lease: 'serve',
    takeover: null,
    allowedSources: null,
  })),
  services: config.services.map((service) => ({
    ...service,
    name: keepalivedName(service.key),
    drainTimeout: millis(300_000),
    servers: service.servers.map((server) => ({
      ...server,
      slowStart: millis(0),
      checks: server.checks.map(asKeepalivedAsks),
    })),
  })),
});

test('printKeepalived gives what readKeepalived reads as the same configuration', () => {
  let whole = 0;
  fc.assert(
    fc.property(configs, (config) => {
      const { text, leftOut } = printKeepalived(config);
      if (leftOut.some(({ path }) => !OWN.includes(String(path.at(-1))))) return;
      const reading = readKeepalived(FILE, contextOf(text));
      assert.ok(reading.config !== null, `${text}\n${JSON.stringify(reading.diagnostics)}`);
      assert.deepEqual(reading.leftOut, [], text);
      whole++;
      assert.deepEqual(reading.config, withoutOwn(config), text);
    }),
    { numRuns: 300 },
  );
  assert.ok(whole > 30, `${whole} could be said whole`);
});
