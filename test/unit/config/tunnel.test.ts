import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readYaml } from '../../../src/config/read-yaml.ts';

const read = (service: string) =>
  readYaml(`services:\n  s: { fwmark: 1, ${service} }\n`, 'f.yaml', { hostname: 'h' });

test('readYaml gives a server its own tunnel, else that of the service, else ipip', () => {
  const result = read(
    'forward: tun, tunnel: { type: gue, port: 6080 }, servers: [10.0.0.1, { address: 10.0.0.2, tunnel: { type: gre, checksum: csum } }, { address: 10.0.0.3, forward: dr }]',
  );
  assert.ok(result.ok, JSON.stringify(result));
  assert.deepEqual(
    result.value.config.services[0]?.servers.map(({ attrs }) => attrs.tunnel),
    [{ type: 'gue', port: 6080, checksum: 'none' }, { type: 'gre', port: 0, checksum: 'csum' }, null],
  );
  const plain = read('forward: tun, servers: [10.0.0.1]');
  assert.ok(plain.ok);
  assert.deepEqual(plain.value.config.services[0]?.servers[0]?.attrs.tunnel, {
    type: 'ipip',
    port: 0,
    checksum: 'none',
  });
});

test('readYaml refuses tunnels that the kernel does not have', () => {
  const rows: [string, ...string[]][] = [
    ['forward: tun, tunnel: { type: gue }, servers: [10.0.0.1]', 'services.s.tunnel.port missing_key'],
    [
      'forward: tun, tunnel: { type: gre, port: 5 }, servers: [10.0.0.1]',
      'services.s.tunnel.port conflicting_keys',
    ],
    [
      'forward: tun, tunnel: { type: ipip, checksum: csum }, servers: [10.0.0.1]',
      'services.s.tunnel.checksum conflicting_keys',
    ],
    ['forward: dr, tunnel: { type: gre }, servers: [10.0.0.1]', 'services.s.tunnel conflicting_keys'],
    [
      'forward: tun, servers: [{ address: 10.0.0.1, forward: nat, tunnel: { type: gre } }]',
      'services.s.servers.0.tunnel conflicting_keys',
    ],
    ['tunnel: { type: gre }, servers: [10.0.0.1, { address: 10.0.0.2, forward: tun }]'],
  ];
  for (const [service, ...expected] of rows) {
    const result = read(service);
    const found = result.ok ? [] : result.error.map(({ path, code }) => `${path} ${code}`);
    assert.deepEqual(found, expected, service);
  }
});
