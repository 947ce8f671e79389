import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readYaml } from '../../../src/config/read-yaml.ts';
import { instance, said } from './read.ts';

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
  assert.deepEqual(instances[0]?.takeover, { gateway: '10.0.0.254', suspectHold: 4_000_000, witness: null });
  assert.deepEqual(heartbeat, {
    key: { kind: 'file', path: '/etc/lbd/heartbeat' },
    paths: [
      { local: '10.9.0.1', peer: '10.9.0.2', port: 7112, interval: 200_000, failover: false, witness: false },
    ],
  });
});

const witnesses = (count: number): string => {
  const paths = Array.from(
    { length: count },
    (_, i) => `{ local: 10.8.0.1, peer: 10.8.0.1${i + 1}, witness: true }`,
  );
  return `heartbeat: [${paths.join(', ')}]\nheartbeat_key: ${KEY}\n`;
};

test('readYaml takes witnesses, and warns of numbers that gain nothing', () => {
  const warned = (takeover: string, count: number) => {
    const result = read(takeover, witnesses(count));
    assert.ok(result.ok);
    return result.value.warnings.map(({ message }) => message).join();
  };
  assert.equal(warned('{ witness: required }', 3), '');
  assert.equal(warned('{ witness: preferred }', 1), '');
  assert.match(warned('{ witness: required }', 1), /nobody is master while it does not answer/);
  assert.match(warned('{ witness: required }', 4), /no more of them than 3/);
  assert.match(warned('{}', 3), /no instance asks its witnesses/);
});

test('readYaml takes a witness, which has paths and nothing else', () => {
  const text = `heartbeat: [{ local: 10.8.0.11, peer: 10.8.0.1 }]\nheartbeat_key: ${KEY}\n`;
  const result = readYaml(text, 'f.yaml', { hostname: 'h' });
  assert.ok(result.ok);
  assert.equal(result.value.config.heartbeat?.paths.length, 1);
});

const MISTAKES: readonly (readonly [takeover: string, around: string, said: RegExp])[] = [
  ['{ gateway: 2001:db8::1 }', '', /an instance of IPv4 addresses cannot ask 2001:db8::1/],
  ['{}', 'heartbeat: [{ local: 10.9.0.1, peer: 10.9.0.2 }]\n', /write heartbeat_key/],
  ['{}', `heartbeat_key: ${KEY}\n`, /and no path: write heartbeat/],
  [
    '{}',
    `heartbeat: [{ local: 10.9.0.1, peer: 10.9.0.2, failover: true, witness: true }]\nheartbeat_key: ${KEY}\n`,
    /a witness is never master/,
  ],
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
  [
    '{}',
    `heartbeat: [{ local: 10.9.0.1, peer: 10.9.0.1 }]\nheartbeat_key: ${KEY}\n`,
    /10\.9\.0\.1 is this end itself/,
  ],
  ['{ witness: required }', '', /no witness to ask: add \\"witness: true\\" to the heartbeat paths/],
  [
    '{ witness: required }\n    lease: off',
    witnesses(3),
    /lease: off leaves them where they are: write lease: serve/,
  ],
  ['{ witness: required }\n    priority: 255', witnesses(3), /owns its addresses: write another priority/],
  [
    '{ witness: required }',
    witnesses(1).replace('[', '[{ local: 10.8.0.2, peer: 10.8.0.11, witness: true }, '),
    /there is a path to this witness already/,
  ],
];

for (const [takeover, around, said] of MISTAKES) {
  test(`readYaml refuses ${said.source}`, () => {
    const result = read(takeover, around);
    assert.ok(!result.ok);
    assert.match(JSON.stringify(result.error), said);
  });
}

test('readYaml refuses a gateway that is a virtual address, of whatever instance, at its place', () => {
  const own = instance('VI_1', 'takeover: { gateway: 10.0.0.51 }', 51);
  const gateway = (address: string) => `takeover: { gateway: '${address}' }`;
  assert.match(
    said(`vrrp:\n${own}`).join('\n'),
    /^2:104 error conflicting_keys: 10\.0\.0\.51 is a virtual address itself \(vrrp\.VI_1\.virtual_addresses\.0\) .*: give the address of the router$/,
  );
  const excluded = instance('VI_1', 'excluded_addresses: [10.0.0.254]', 51);
  const other = instance('VI_2', gateway('10.0.0.254'), 52);
  assert.match(said(`vrrp:\n${excluded}${other}`).join('\n'), /VI_1\.excluded_addresses\.0/);
  const linkLocal = (dev: string) =>
    `vrrp:\n${instance('VI_1', `excluded_addresses: [fe80::1 dev ${dev}]`, 51)}  VI_6: { interface: eth0, virtual_router_id: 6, virtual_addresses: ['fe80::6'], ${gateway('fe80::1')} }\n`;
  assert.match(said(linkLocal('eth0')).join('\n'), /fe80::1 is a virtual address itself/);
  assert.deepEqual(said(linkLocal('eth1')), []);
});
