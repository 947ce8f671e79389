import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readYaml } from '../../../src/config/read-yaml.ts';

function read(service: string, servers: string) {
  const text = `services:
  web: { address: 10.0.0.100, port: 80, protocol: tcp, ${service}, servers: [${servers}] }
`;
  const read = readYaml(text, 'lbd.yaml', { hostname: 'lb01' });
  assert.ok(read.ok, JSON.stringify(read));
  const { config, warnings } = read.value;
  return {
    takes: config.services[0]?.servers.map(({ slowStart }) => slowStart),
    warnings: warnings.map(({ code, path, message }) => `${code} ${path}: ${message}`),
  };
}

test('slow_start of a service holds for servers that say nothing else', () => {
  const servers = '{ address: 10.0.0.1, weight: 100 }, { address: 10.0.0.2, weight: 100, slow_start: 5s }';
  assert.deepEqual(read('slow_start: 1m', servers), { takes: [60_000, 5000], warnings: [] });
  assert.deepEqual(read('scheduler: rr', '10.0.0.1'), { takes: [0], warnings: [] });
});

test('slow_start is told where it cannot show', () => {
  assert.deepEqual(read('slow_start: 1m, scheduler: rr', '10.0.0.1').warnings, [
    'weight_ignored services.web.slow_start: slow_start has no effect with the scheduler rr: take one that shares by weight, such as wlc',
  ]);
  const own = '10.0.0.1, { address: 10.0.0.2, slow_start: 1m }';
  assert.deepEqual(read('scheduler: mh', own).warnings, [
    'weight_ignored services.web.servers.1.slow_start: slow_start moves clients to other servers with every step with the scheduler mh: take one that shares by weight, such as wlc',
  ]);
  assert.deepEqual(read('scheduler: wlc', own).warnings, [
    'weight_ignored services.web.servers.1.slow_start: slow_start goes in whole weights, and some servers have less than 10: give them 100, or the like',
  ]);
});
