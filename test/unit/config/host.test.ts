import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import { ok } from '../../../src/base/result.ts';
import { diagnoseHost, type HostFacts, judgeHost, type TlsFault } from '../../../src/config/host.ts';
import { readConfig } from '../../../src/config/read.ts';
import { readYaml } from '../../../src/config/read-yaml.ts';
import type { TlsConfig } from '../../../src/model/check.ts';

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
const noFaults = () => [];
const judge = (changed: Partial<HostFacts>) =>
  judgeHost(config, { ...HOST, ...changed }, noFaults).map(({ path, problem }) => [
    path.join('.'),
    problem.code,
  ]);

test('judgeHost has nothing to say of a machine that fits', () => {
  assert.deepEqual(judge({}), []);
});

test('judgeHost asks for the interfaces and the key of XDP, and then for nothing of IPVS', () => {
  const dataplane = {
    ...config.dataplane,
    interfaces: ['eth0', 'eth7'],
    key: { kind: 'file' as const, path: '/k' },
  };
  const fit = { ...HOST, module: () => false, keyFile: () => ({ isFatal: true, text: 'is not there' }) };
  const codes = (use: 'xdp' | 'auto', host: HostFacts) =>
    judgeHost({ ...config, dataplane: { ...dataplane, use } }, host, noFaults).map(
      ({ path, problem }) => `${path.join('.')} ${problem.code}`,
    );
  const lacks = ['xdp.interfaces.1 host_interface', 'xdp.key bad_value'];
  assert.deepEqual(codes('xdp', fit), lacks);
  assert.deepEqual(codes('auto', fit), lacks);
  const withoutScheduler = { ...fit, module: (name: string) => name === 'ip_vs' };
  assert.ok(codes('auto', withoutScheduler).includes('services.web.scheduler host_module'));
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
  const found = judgeHost(result.value.config, host, noFaults).map(({ path, problem }) => [
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
    judgeHost(result.value.config, host, noFaults).map(
      ({ path, problem }) => `${path.join('.')}: ${problem.message}`,
    ),
    [
      'track_scripts.check.script: /nowhere/check.sh does not exist',
      'track_scripts.check.user: this machine has no user nobody-here',
      'vrrp.VI_1.notify.master.command: /nowhere/master.sh does not exist',
    ],
  );
});

test('judgeHost suggests the interface that was probably meant', () => {
  const [first] = judgeHost(
    config,
    {
      ...HOST,
      interfaces: new Map([
        ['eth00', []],
        ['eth1', []],
      ]),
    },
    noFaults,
  );
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
    judgeHost(config, { ...HOST, ...changed }, noFaults).map(
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

test('judgeHost looks at the ends that share flows of XDP', () => {
  const text = `xdp: { key: ${'k'.repeat(32)}, sync: { local: 10.1.0.1, peers: [10.1.0.2, 10.1.0.3] } }\n`;
  const read = readYaml(text, 'lbd.yaml', { hostname: 'lb01' });
  assert.ok(read.ok, JSON.stringify(read));
  const found = (address: string) => {
    const interfaces = new Map([['eth0', [{ address: address as Ip, prefix: 16 }]]]);
    const lacks = judgeHost(read.value.config, { ...HOST, interfaces }, noFaults);
    return lacks.map(({ path, problem: { severity } }) => `${path.join('.')}: ${severity}`);
  };
  assert.deepEqual(found('10.1.0.1'), []);
  assert.deepEqual(found('10.1.0.4'), ['xdp.sync.local: warning']);
  assert.deepEqual(found('10.1.0.3'), ['xdp.sync.local: warning', 'xdp.sync.peers.1: error']);
});

const filesOf = (text: string) => ({
  files: {
    read: () => ok(text),
    match: () => [],
  },
  hostname: 'lb01',
  configId: null,
  env: () => undefined,
  random: () => 0,
});

/** `LINE: the words there: message` for what a machine without programs, users and those PEM files lacks. */
function lacksOf(file: string, text: string): readonly string[] {
  const reading = readConfig(file, filesOf(text), null);
  assert.ok(reading.config !== null, JSON.stringify(reading.diagnostics));
  const host = { ...HOST, program: (name: string) => `${name} does not exist`, user: () => false };
  const faults = ({ ca, certificate }: TlsConfig): readonly TlsFault[] => [
    ...(ca === null ? [] : [{ key: 'ca' as const, text: `${ca} is odd` }]),
    ...(certificate === null ? [] : [{ key: 'certificate' as const, text: `${certificate} is odd` }]),
  ];
  return diagnoseHost(reading, host, faults).map(
    ({ line, column, length, message }) =>
      `${line}: ${text.split('\n')[line - 1]?.slice(column - 1, column - 1 + length)}: ${message}`,
  );
}

test('diagnoseHost points at the words of a check that this machine cannot make, once where servers share it', () => {
  const text = `services:
  web:
    address: 10.0.0.100
    port: 443
    protocol: tcp
    quorum_up: { command: /no/up, user: nobody-here }
    quorum_down: /no/down
    check: { type: https, verify: true, ca: /nope.pem, bind_ip: 10.9.9.9 }
    servers:
      - 10.0.0.11
      - 10.0.0.12
      - { address: 10.0.0.13, check: { type: https, certificate: /c.pem, key: /k.pem, bind_if: nosuch0 } }
      - address: 10.0.0.14
        notify_up: /no/hello
        notify_down: [/no/bye, now]
        check:
          - { type: tcp, bind_ip: 10.0.0.1, bind_if: eth1 }
          - { type: misc, command: /no/check.sh 1, user: nobody-here }
`;
  assert.deepEqual(lacksOf('lbd.yaml', text), [
    '6: /no/up: /no/up does not exist',
    '6: nobody-here: this machine has no user nobody-here',
    '7: /no/down: /no/down does not exist',
    '14: /no/hello: /no/hello does not exist',
    '15: notify_down: /no/bye does not exist',
    '18: /no/check.sh 1: /no/check.sh does not exist',
    '18: nobody-here: this machine has no user nobody-here',
    '8: 10.9.9.9: no interface of this machine has 10.9.9.9: nothing can be checked from it',
    '8: /nope.pem: /nope.pem is odd',
    '12: nosuch0: this machine has no interface nosuch0: nothing can be checked through it',
    '12: /c.pem: /c.pem is odd',
  ]);
});

test('diagnoseHost points at the keywords of a keepalived.conf', () => {
  const text = `virtual_server 10.0.0.100 80 {
  protocol TCP
  lb_kind DR
  quorum_down "/no/down now" nobody-here
  real_server 10.0.0.11 80 {
    notify_up /no/hello
    MISC_CHECK {
      misc_path "/no/check.sh 1"
      user nobody-here
    }
    TCP_CHECK {
      bindto 10.9.9.9
    }
  }
}
`;
  assert.deepEqual(lacksOf('keepalived.conf', text), [
    '4: "/no/down now": /no/down does not exist',
    '4: "/no/down now": this machine has no user nobody-here',
    '6: /no/hello: /no/hello does not exist',
    '8: "/no/check.sh 1": /no/check.sh does not exist',
    '9: nobody-here: this machine has no user nobody-here',
    '12: 10.9.9.9: no interface of this machine has 10.9.9.9: nothing can be checked from it',
  ]);
});

test('judgeHost accepts a check from a virtual address, and tells of forwarding once for all services', () => {
  const service = (name: string, last: number) =>
    `  ${name}: { address: 10.0.0.${last}, port: 80, protocol: tcp, forward: nat, servers: [10.0.0.11], check: { type: tcp, bind_ip: 10.0.0.100 } }\n`;
  const text = `vrrp:
  VI_1: { interface: eth0, virtual_router_id: 1, virtual_addresses: [10.0.0.100/24, 10.0.0.101/24] }
services:
${service('a', 100)}${service('b', 101)}`;
  const result = readYaml(text, 'lbd.yaml', { hostname: 'lb01' });
  assert.ok(result.ok, JSON.stringify(result));
  const lacks = judgeHost(result.value.config, { ...HOST, sysctl: () => '0' }, noFaults);
  assert.deepEqual(
    lacks.map(({ path, problem }) => [path.join('.'), problem.code]),
    [['services.a', 'host_sysctl']],
  );
});
