import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import { type HostFacts, judgeHost } from '../../../src/config/host.ts';
import { readYaml } from '../../../src/config/read-yaml.ts';

const read = readYaml(
  `vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 1
    virtual_addresses: [10.0.0.100/24, 192.0.2.1, 10.1.0.100 dev eth1]
services:
  web: { addresses: [10.0.0.100-101], port: 80, protocol: tcp, scheduler: mh, servers: [10.0.0.11] }
ipvs: { sync_daemon: { interface: eth1 } }
`,
  'lbd.yaml',
  { hostname: 'lb01' },
);
assert.ok(read.ok);
const { config } = read.value;

const HOST: HostFacts = {
  interfaces: new Map([
    [
      'eth0',
      [
        { address: '10.0.0.1' as Ip, prefix: 24 },
        { address: '192.0.2.3' as Ip, prefix: 30 },
      ],
    ],
    ['eth1', [{ address: '10.1.0.1' as Ip, prefix: 16 }]],
  ]),
  sysctl: (name) => (name === 'net.ipv4.ip_forward' ? '1' : null),
  module: () => true,
  program: () => null,
  user: () => true,
  keyFile: () => null,
};
const judge = (changed: Partial<HostFacts>) =>
  judgeHost(config, { ...HOST, ...changed }).map(({ path, problem }) => [path.join('.'), problem.code]);

test('judgeHost has nothing to say of a machine that fits', () => {
  assert.deepEqual(judge({}), []);
});

test('judgeHost names the interface, subnet, sysctl or module that is missing', () => {
  const interfaces = new Map([['eth0', HOST.interfaces.get('eth0') ?? []]]);
  assert.deepEqual(judge({ interfaces }), [
    ['vrrp.VI_1.virtual_addresses.2', 'host_interface'],
    ['ipvs.sync_daemon.interface', 'host_interface'],
  ]);
  const elsewhere = new Map([
    ...HOST.interfaces,
    ['eth0', [{ address: '10.0.0.1' as Ip, prefix: 24 }]],
  ] as const);
  assert.deepEqual(judge({ interfaces: elsewhere }), [['vrrp.VI_1.virtual_addresses.1', 'host_subnet']]);
  assert.deepEqual(judge({ sysctl: () => '0' }), [['services.web', 'host_sysctl']]);
  assert.deepEqual(judge({ module: (name) => name !== 'ip_vs' }), [['services', 'host_module']]);
  assert.deepEqual(judge({ module: (name) => name !== 'ip_vs_mh' }), [
    ['services.web.scheduler', 'host_module'],
  ]);
  assert.deepEqual(judge({ module: () => null }), [], 'what cannot be told is not missing');
});

test('judgeHost looks for excluded addresses and below interfaces with a virtual MAC, too', () => {
  const text = `vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 1
    use_vmac: true
    virtual_addresses: [10.0.0.100/24]
    excluded_addresses: [10.1.0.100 dev eth1 use_vmac, 10.9.0.1 dev eth1, 10.1.0.101 dev eth2]
  VI_2:
    interface: eth0
    virtual_router_id: 2
    virtual_addresses: [10.0.0.101 dev vrrp.1, 10.9.0.2 dev lo]
`;
  const result = readYaml(text, 'lbd.yaml', { hostname: 'lb01' });
  assert.ok(result.ok);
  const host = { ...HOST, interfaces: new Map([...HOST.interfaces, ['lo', []] as const]) };
  const found = judgeHost(result.value.config, host).map(({ path, problem }) => [
    path.join('.'),
    problem.code,
  ]);
  assert.deepEqual(found, [
    ['vrrp.VI_1.excluded_addresses.2', 'host_interface'],
    ['vrrp.VI_1.excluded_addresses.1', 'host_subnet'],
  ]);
});

test('judgeHost tells of scripts that cannot be run, and of users that are not there', () => {
  const text = `track_scripts:
  check: { script: /nowhere/check.sh, user: nobody-here }
vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 1
    virtual_addresses: [10.0.0.100/24]
    track: [{ script: check }]
    notify: { master: /nowhere/master.sh }
`;
  const result = readYaml(text, 'lbd.yaml', { hostname: 'lb01' });
  assert.ok(result.ok, JSON.stringify(result));
  const host = { ...HOST, program: (name: string) => `${name} does not exist`, user: () => false };
  assert.deepEqual(
    judgeHost(result.value.config, host).map(({ path, problem }) => `${path.join('.')}: ${problem.message}`),
    [
      'track_scripts.check: /nowhere/check.sh does not exist',
      'track_scripts.check: this machine has no user nobody-here',
      'vrrp.VI_1: /nowhere/master.sh does not exist',
    ],
  );
});

test('judgeHost suggests the interface that was probably meant', () => {
  const [first] = judgeHost(config, {
    ...HOST,
    interfaces: new Map([
      ['eth00', []],
      ['eth1', []],
    ]),
  });
  assert.deepEqual([first?.path.join('.'), first?.problem.suggestion], ['vrrp.VI_1.interface', 'eth00']);
});

const asks = readYaml(
  `heartbeat: [{ local: 10.1.0.1, peer: 10.1.0.2 }]
heartbeat_key: file:/etc/lbd/heartbeat
vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 1
    version: 3
    auth_hmac: { keys: { 7: 'file:/etc/lbd/7' }, active_key: 7 }
    virtual_addresses: [10.0.0.100/24]
    takeover: { gateway: 10.0.0.254 }
`,
  'lbd.yaml',
  { hostname: 'lb01' },
);

test('judgeHost looks at key files, at both ends of heartbeat paths, and for gateways on the link', () => {
  assert.ok(asks.ok, JSON.stringify(asks));
  const { config } = asks.value;
  const found = (changed: Partial<HostFacts>) =>
    judgeHost(config, { ...HOST, ...changed }).map(
      ({ path, problem: { severity, message, suggestion } }) =>
        `${path.join('.')}: ${severity}: ${message}${suggestion === null ? '' : ` → ${suggestion}`}`,
    );
  assert.deepEqual(found({}), []);
  const keyFile = (path: string) => ({ isFatal: path.endsWith('7'), text: 'is odd' });
  assert.deepEqual(found({ keyFile }), [
    'vrrp.VI_1.auth_hmac.keys.7: error: /etc/lbd/7 is odd',
    'heartbeat_key: warning: /etc/lbd/heartbeat is odd',
  ]);
  const eth0 = HOST.interfaces.get('eth0') ?? [];
  const on = (address: string) => [
    ['eth0', eth0] as const,
    ['eth1', [{ address: address as Ip, prefix: 16 }]] as const,
  ];
  assert.deepEqual(found({ interfaces: new Map(on('10.1.0.3')) }), [
    'heartbeat.0.local: warning: no interface of this machine has 10.1.0.1: nothing can be sent on this path → 10.1.0.3',
  ]);
  assert.deepEqual(found({ interfaces: new Map(on('10.1.0.2')) }), [
    'heartbeat.0.local: warning: no interface of this machine has 10.1.0.1: nothing can be sent on this path',
    'heartbeat.0.peer: error: 10.1.0.2 is an address of this machine: give that of the other one',
  ]);
  const far = new Map([...on('10.1.0.1'), ['eth0', [{ address: '10.0.0.1' as Ip, prefix: 25 }]] as const]);
  assert.deepEqual(
    found({ interfaces: far }).filter((line) => line.includes('gateway')),
    [
      'vrrp.VI_1.takeover.gateway: warning: 10.0.0.254 is in no subnet of eth0 (10.0.0.1/25): a gateway that does not answer there takes VI_1 down',
    ],
  );
});
