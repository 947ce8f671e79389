import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readYaml } from '../../../src/config/read-yaml.ts';

const KEY = 'k'.repeat(32);
const read = (takeover: string, around = '') =>
  readYaml(
    `${around}vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    virtual_addresses: [10.0.0.1]
    takeover: ${takeover}
`,
    'f.yaml',
    { hostname: 'h' },
  );

test('readYaml takes what is asked before a takeover, and the second paths', () => {
  const around = `heartbeat: [{ local: 10.9.0.1, peer: 10.9.0.2 }]\nheartbeat_key: file:/etc/lbd/heartbeat\n`;
  const result = read('{ gateway: 10.0.0.254, suspect_hold: 4s }', around);
  assert.ok(result.ok);
  const { instances, heartbeat } = result.value.config;
  assert.deepEqual(instances[0]?.takeover, { gateway: '10.0.0.254', suspectHold: 4_000_000 });
  assert.deepEqual(heartbeat, {
    key: { kind: 'file', path: '/etc/lbd/heartbeat' },
    paths: [{ local: '10.9.0.1', peer: '10.9.0.2', port: 7112, interval: 200_000 }],
  });
});

const MISTAKES: readonly (readonly [takeover: string, around: string, said: RegExp])[] = [
  ['{ gateway: 2001:db8::1 }', '', /an instance of IPv4 addresses cannot ask 2001:db8::1/],
  ['{}', 'heartbeat: [{ local: 10.9.0.1, peer: 10.9.0.2 }]\n', /write heartbeat_key/],
  ['{}', `heartbeat_key: ${KEY}\n`, /and no path: write heartbeat/],
  [
    '{}',
    `heartbeat: [{ local: 10.9.0.1, peer: fd00::2 }]\nheartbeat_key: ${KEY}\n`,
    /fd00::2 cannot be reached/,
  ],
  [
    '{}',
    `heartbeat: [{ local: 10.9.0.1, peer: 10.9.0.2 }, { local: 10.9.0.1, peer: 10.9.0.2 }]\nheartbeat_key: ${KEY}\n`,
    /there is such a path already/,
  ],
];

for (const [takeover, around, said] of MISTAKES) {
  test(`readYaml refuses ${said.source}`, () => {
    const result = read(takeover, around);
    assert.ok(!result.ok);
    assert.match(JSON.stringify(result.error), said);
  });
}
