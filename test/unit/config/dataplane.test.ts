import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { printYaml } from '../../../src/config/print-yaml.ts';
import { PLAIN_DATAPLANE } from '../../../src/model/dataplane.ts';
import { configOf, instance, said } from './read.ts';

const KEY = 'k'.repeat(32);

describe('readYaml, of the data plane', () => {
  test('takes IPVS unless told otherwise, and the interfaces of the instances', () => {
    const text = `vrrp:\n${instance('VI_1')}${instance('VI_2', '', 52)}`;
    assert.deepEqual(configOf(text).dataplane, {
      ...PLAIN_DATAPLANE,
      interfaces: ['eth0'],
      virtualAddresses: ['10.0.0.51', '10.0.0.52'],
    });
    const own = configOf(`dataplane: xdp\nxdp: { interfaces: [eth1, eth2], key: ${KEY} }\n${text}`);
    assert.deepEqual(own.dataplane, {
      use: 'xdp',
      interfaces: ['eth1', 'eth2'],
      takesVirtualMacs: false,
      virtualAddresses: ['10.0.0.51', '10.0.0.52'],
      key: { kind: 'bytes', bytes: new Uint8Array(32).fill('k'.charCodeAt(0)) },
      sync: null,
    });
    assert.deepEqual(configOf(printYaml(own, [], 'h')), own);
  });

  test('takes those with whom flows are shared, and refuses them without a key', () => {
    const sync = 'sync: { local: 10.9.0.1, peers: [10.9.0.2, 10.9.0.3] }';
    const config = configOf(`dataplane: xdp\nxdp: { interfaces: [eth1], key: ${KEY}, ${sync} }\n`);
    assert.deepEqual(config.dataplane.sync, {
      local: '10.9.0.1',
      peers: ['10.9.0.2', '10.9.0.3'],
      port: 7113,
    });
    assert.deepEqual(configOf(printYaml(config, [], 'h')), config);
    assert.match(said(`xdp: { ${sync} }\n`)[0] ?? '', /^1:8 error missing_key: flows .* have to be signed/);
    const peers = '[10.9.0.1, 10.9.0.2, 10.9.0.2, 2001:db8::2]';
    const told = said(`xdp: { key: ${KEY}, sync: { local: 10.9.0.1, peers: ${peers} } }\n`);
    assert.deepEqual(
      told.map((line) => line.replace(/^\S+ error (\w+):.*/, '$1')),
      ['bad_value', 'conflicting_keys', 'mixed_families'],
    );
  });

  const SERVICE = 'address: 10.0.0.1, port: 80, protocol: tcp';
  const refused = (use: string, keys: string, around = 'xdp: { interfaces: [eth0] }\n'): readonly string[] =>
    said(`dataplane: ${use}\n${around}services:\n  web: { ${keys} }\n`);

  for (const [keys, expected] of [
    [
      `${SERVICE}, servers: [10.0.0.2, 10.0.0.3]`,
      /^4:3 error not_supported: XDP cannot forward by nat, .*dr or/,
    ],
    [`${SERVICE}, forward: dr, servers: [10.0.0.2, { address: 10.0.0.3, forward: nat }]`, /nat/],
    [`fwmark: 7, forward: dr, servers: [10.0.0.2]`, /^4:18 .* sees no marks/],
    [`${SERVICE}, forward: dr, scheduler: sed, servers: [10.0.0.2]`, /scheduler sed: take rr, .* or sh$/],
    [`${SERVICE}, forward: tun, tunnel: { type: gre }, servers: [10.0.0.2]`, /no tunnel gre/],
    [
      `${SERVICE}, forward: dr, servers: [{ address: 10.0.0.2, upper_threshold: 9 }]`,
      /^4:.* no thresholds of connections/,
    ],
    [
      `${SERVICE}, forward: dr, persistence_timeout: 5m, persistence_engine: sip, servers: [10.0.0.2]`,
      /no persistence engine sip/,
    ],
  ] as const) {
    test(`refuses for XDP, and warns of for auto: ${keys}`, () => {
      const told = refused('xdp', keys);
      assert.equal(told.length, 1, told.join('\n'));
      assert.match(told[0] ?? '', expected);
      const [warned = '', ...more] = refused('auto', keys);
      assert.match(warned, / warning not_supported: where the kernel has no IPVS, /);
      assert.deepEqual(more, []);
      assert.deepEqual(refused('ipvs', keys), []);
    });
  }

  test('refuses for XDP a sync daemon, and services without an interface', () => {
    const service = `${SERVICE}, forward: dr, servers: [10.0.0.2]`;
    const daemon = 'ipvs: { sync_daemon: { interface: eth0 } }\nxdp: { interfaces: [eth0] }\n';
    assert.match(refused('xdp', service, daemon)[0] ?? '', /^2:9 error .* does not speak to sync daemons/);
    assert.match(refused('xdp', service, '')[0] ?? '', /^1:12 error .* write xdp: { interfaces: \[eth0\] }$/);
    assert.deepEqual(refused('xdp', service), []);
  });
});
