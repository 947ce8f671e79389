import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import type { Diagnostic } from '../../../src/config/diagnostic.ts';
import { readYaml } from '../../../src/config/read-yaml.ts';
import { type InstanceConfig, NO_STATICS, type ServiceConfig } from '../../../src/model/config.ts';
import { PLAIN_DATAPLANE } from '../../../src/model/dataplane.ts';
import { PLAIN_IPVS } from '../../../src/model/ipvs-settings.ts';
import { NO_NOTIFY, NO_SINKS } from '../../../src/model/notify.ts';
import { NO_SCRIPTS } from '../../../src/model/script.ts';
import { PLAIN_SERVER, PLAIN_SERVICE } from '../../support/services.ts';

const readText = (text: string) => readYaml(text, 'f.yaml', { hostname: 'host1' });

function diagnose(text: string): readonly Diagnostic[] {
  const result = readText(text);
  return result.ok ? result.value.warnings : result.error;
}

/** A sound file whose instance and service also have `fields`; the instance's virtual addresses are the last line. */
const instance = (fields: string) =>
  `vrrp:\n  VI:\n    interface: eth0\n    virtual_router_id: 51\n    ${fields}\n    virtual_addresses: [10.0.0.100]\n`;
const service = (fields: string) =>
  `services:\n  web:\n    address: 10.0.0.100\n    port: 80\n    protocol: tcp\n    ${fields}\n`;
const servers = (...list: string[]) => `servers: [${list.join(', ')}]`;

function theInstance(text: string): InstanceConfig {
  const result = readText(text);
  assert.ok(result.ok, JSON.stringify(result));
  const [first] = result.value.config.instances;
  assert.ok(first);
  return first;
}

function theService(text: string): ServiceConfig {
  const result = readText(text);
  assert.ok(result.ok, JSON.stringify(result));
  const [first] = result.value.config.services;
  assert.ok(first);
  return first;
}

/** Each text has exactly the problems that are given as `line:column code`. */
function assertProblems(rows: readonly (readonly [text: string, ...problems: string[]])[]) {
  for (const [text, ...problems] of rows) {
    const found = diagnose(text).map(({ line, column, code }) => `${line}:${column} ${code}`);
    assert.deepEqual(found, problems, text);
  }
}

test('readYaml fills in the defaults of keepalived', () => {
  const result = readText(instance('') + service(`check: { type: tcp }\n    ${servers('10.0.0.1')}`));
  assert.ok(result.ok, JSON.stringify(result));
  assert.deepEqual(result.value.config, {
    routerId: 'host1',
    vrrp: { startupDelay: 0, delayAfterBoot: 0, announcePace: [], linkDelays: [] },
    instances: [
      {
        name: 'VI',
        interface: 'eth0',
        family: 'inet',
        version: 2,
        vrid: 51,
        priority: 100,
        preempt: true,
        preemptDelay: 0,
        advertInterval: 100,
        authentication: null,
        hmac: null,
        sourceAddress: null,
        transport: { kind: 'multicast', group: '224.0.0.18' },
        checksum: 'rfc5798',
        downTimerAdverts: 3,
        lease: 'serve',
        takeover: null,
        allowedSources: null,
        virtualAddresses: [
          {
            address: '10.0.0.100',
            prefix: 32,
            dev: 'eth0',
            scope: 'global',
            label: null,
            broadcast: null,
            peer: null,
            flags: [],
            preferredLifetime: null,
            noTrack: false,
          },
        ],
        excludedAddresses: [],
        routes: [],
        rules: [],
        accept: true,
        answersLower: true,
        advertisesOnYield: false,
        ownerIgnoresAdverts: false,
        vmac: null,
        addressVmacs: [],
        garp: {
          delay: 5_000_000,
          repeat: 5,
          refresh: 0,
          refreshRepeat: 1,
          lowerDelay: 5_000_000,
          lowerRepeat: 5,
          extraInterface: 0,
        },
        tracksInterface: true,
        tracksSource: false,
        tracks: [],
        promoteSecondaries: false,
        notify: NO_NOTIFY,
      },
    ],
    syncGroups: [],
    heartbeat: null,
    ipvs: PLAIN_IPVS,
    dataplane: { ...PLAIN_DATAPLANE, interfaces: ['eth0'], virtualAddresses: ['10.0.0.100' as Ip] },
    trackers: { scripts: [], files: [], processes: [], bfd: [] },
    statics: NO_STATICS,
    scripts: NO_SCRIPTS,
    notify: NO_SINKS,
    netNamespace: null,
    services: [
      {
        name: 'web',
        key: { kind: 'address', protocol: 'tcp', address: '10.0.0.100', port: 80 },
        attrs: { scheduler: 'wlc', schedulerFlags: [], persistence: null, onePacket: false },
        drainTimeout: 300_000,
        ...PLAIN_SERVICE,
        servers: [
          {
            key: { address: '10.0.0.1', port: 80 },
            attrs: { weight: 1, forward: 'nat', upperThreshold: 0, lowerThreshold: 0, tunnel: null },
            ...PLAIN_SERVER,
            checks: [
              {
                type: 'tcp',
                target: { address: '10.0.0.1', port: 80 },
                source: { address: null, port: null, interface: null, fwmark: null },
                timeout: 5000,
                interval: 60_000,
                retry: 1,
                delayBeforeRetry: 1000,
                rise: 1,
                warmup: 60_000,
                alpha: false,
              },
            ],
          },
        ],
      },
    ],
    drift: { policy: 'repair', interval: 10_000 },
  });
});

test('readYaml reads virtual addresses as words and as a map alike', () => {
  const words =
    '"10.0.0.7/24 dev eth1 scope link label eth1:3 brd + -nodad home preferred_lft 60 no_track peer 10.0.0.8"';
  const map = `{ address: 10.0.0.7/255.255.255.0, dev: eth1, scope: link, label: eth1:3, broadcast: 10.0.0.255,
    flags: [nodad, home], preferred_lft: 60, no_track: true, peer: 10.0.0.8 }`;
  const text = `vrrp: { VI: { interface: eth0, virtual_router_id: 1, virtual_addresses: [ADDRESS] } }`;
  const [first] = theInstance(text.replace('ADDRESS', words)).virtualAddresses;
  assert.deepEqual(first, {
    address: '10.0.0.7',
    prefix: 24,
    dev: 'eth1',
    scope: 'link',
    label: 'eth1:3',
    broadcast: '10.0.0.255',
    peer: '10.0.0.8',
    flags: ['nodad', 'home'],
    preferredLifetime: 60,
    noTrack: true,
  });
  assert.deepEqual(theInstance(text.replace('ADDRESS', map)).virtualAddresses, [first]);
});

test('readYaml decides priority and preemption as keepalived does', () => {
  const rows: [string, number, boolean, ...string[]][] = [
    ['state: BACKUP', 100, true],
    ['state: MASTER', 255, true, '5:12 implied_owner'],
    ['{ state: MASTER, priority: 100 }', 100, true],
    ['nopreempt: true', 100, false],
    ['{ preempt: false, nopreempt: true }', 100, false],
    ['{ state: MASTER, priority: 100, nopreempt: true }', 100, true, '5:52 preempt_restored'],
    ['{ priority: 255, preempt: false }', 255, true, '5:35 preempt_restored'],
  ];
  for (const [fields, priority, preempt, ...problems] of rows) {
    const text = instance(fields.startsWith('{') ? `<<: ${fields}` : fields);
    const read = theInstance(text);
    assert.deepEqual([read.priority, read.preempt], [priority, preempt], fields);
    assertProblems([[text, ...problems]]);
  }
});

test('readYaml cuts a password after what VRRPv2 carries, and says so without showing it', () => {
  const text = instance('authentication: { type: PASS, password: secret-word }');
  assert.deepEqual(theInstance(text).authentication, { type: 'pass', password: 'secret-w' });
  const [cut] = diagnose(text);
  assert.equal(cut?.code, 'password_truncated');
  const wrong = [
    '!secret',
    '*secret',
    '&secret',
    '"sec\tret"',
    '[secret]',
    '{ secret: 1 }',
    'ſecret',
    '12345',
  ];
  for (const password of wrong) {
    const problems = diagnose(instance(`authentication: { type: pass, password: ${password} }`));
    assert.ok(problems.length > 0, password);
    for (const { message } of problems) assert.doesNotMatch(message, /secret|sec ret|12345/, password);
  }
});

test('readYaml refuses values that an instance cannot have', () => {
  assertProblems([
    [instance('advert_int: 0.5'), '5:17 bad_value'],
    [instance('advert_int: 5m'), '5:17 out_of_range'],
    [instance('advert_int: fast'), '5:17 bad_value'],
    [instance('priority: 1.5'), '5:15 wrong_type'],
    [instance('priority: "100"'), '5:15 wrong_type'],
    [instance('mcast_src_ip: fe80::1'), '5:19 mixed_families'],
    [instance('version: 4'), '5:14 unknown_value'],
    [instance('authentication: { type: ah, password: x }'), '5:29 not_supported'],
    [instance('{ preempt: true, nopreempt: true }').replace('{', '<<: {'), '5:37 conflicting_keys'],
    [instance('').replace('eth0', 'a/b'), '3:16 bad_value'],
    [instance('').replace('eth0', 'sixteen_letters_'), '3:16 bad_value'],
    [instance('').replace('[10.0.0.100]', '[]'), '6:5 missing_key'],
    [instance('').replace('[10.0.0.100]', '10.0.0.100'), '6:24 wrong_type'],
    [instance('').replace('10.0.0.100', '10.0.0.100/33'), '6:25 bad_value'],
    [instance('').replace('10.0.0.100', '10.0.0.100 label sixteen_letters_'), '6:25 bad_value'],
    [instance('').replace('10.0.0.100', '10.0.0.100 scope globl'), '6:25 unknown_value'],
    [instance('').replace('10.0.0.100', '224.0.0.18'), '6:25 bad_value'],
    [instance('').replace('VI:', 'a@b:'), '2:3 bad_key'],
  ]);
});

test('readYaml takes the family, the version and the interval of an instance together', () => {
  const { family, version, advertInterval } = theInstance(
    instance('advert_int: 40950ms').replace('10.0.0.100', '"fe80::1", "2001:db8::1/64"'),
  );
  assert.deepEqual([family, version, advertInterval], ['inet6', 3, 4095]);
  const ipv6 = (fields: string) => instance(fields).replace('10.0.0.100', '"fe80::1"');
  assertProblems([
    [ipv6('version: 2'), '5:14 value_unusual'],
    [ipv6('advert_int: 41s'), '5:17 out_of_range'],
    [instance('version: 3')],
    [instance('').replace('10.0.0.100', '10.0.0.100, "fe80::1"'), '6:37 mixed_families'],
    [instance('excluded_addresses: ["fe80::1"]')],
    [instance('excluded_addresses: [10.0.0.100]'), '5:26 duplicate_address'],
    [instance('unicast_peers: ["fe80::1"]'), '5:21 mixed_families'],
    [instance('unicast_peers: [10.0.0.7, 10.0.0.7]'), '5:31 duplicate_address'],
    [instance('unicast_peers: [{ address: 10.0.0.7, min_ttl: 9, max_ttl: 3 }]'), '5:21 bad_value'],
    [instance('mcast_dst_ip: 10.0.0.7'), '5:19 bad_value'],
    [instance('mcast_dst_ip: "ff02::12"'), '5:19 mixed_families'],
  ]);
});

test('readYaml says of settings that cancel each other which one counts', () => {
  assertProblems([
    [instance('preempt_delay: 3s')],
    [instance('preempt_delay: 1001'), '5:20 out_of_range'],
    [instance('{ preempt_delay: 3s, nopreempt: true }').replace('{', '<<: {'), '5:26 value_replaced'],
    [
      instance('{ preempt_delay: 3s, state: MASTER, priority: 9 }').replace('{', '<<: {'),
      '5:26 value_replaced',
    ],
    [instance('strict_mode: true'), '5:18 vip_refuses_traffic'],
    [
      instance('{ strict_mode: true, unicast_peers: [10.0.0.7] }').replace('{', '<<: {'),
      '5:24 vip_refuses_traffic',
      '5:30 value_unusual',
    ],
    [
      instance('{ authentication: { type: pass, password: x }, version: 3 }').replace('{', '<<: {'),
      '5:11 conflicting_keys',
    ],
  ]);
});

test('readYaml refuses keys of auth_hmac that cannot sign, and never shows one', () => {
  const key = 'hunter27'.repeat(4);
  const hmac = (fields: string) => instance(`auth_hmac: { ${fields} }`);
  assert.equal(theInstance(hmac(`keys: { 1: ${key} }, active_key: 1`)).hmac?.activeKey, 1);
  for (const [fields, ...problems] of [
    [`keys: { 1: ${key.slice(1)} }, active_key: 1`, '5:29 bad_value'],
    [`keys: { 1: "hex:${key}" }, active_key: 1`, '5:29 bad_value'],
    [`keys: { 256: ${key} }, active_key: 1`, '5:26 bad_key'],
    [`keys: { 1: ${'7'.repeat(32)} }, active_key: 1`, '5:29 unquoted'],
    ['keys: {}, active_key: 1', '5:18 missing_key'],
    [`keys: { 1: ${key} }, active_key: 2`, '5:77 unknown_name'],
    [`keys: { 1: ${key} }, active_key: 1, time_window: 301s`, '5:93 out_of_range'],
  ] as const) {
    assertProblems([[hmac(fields), ...problems]]);
    for (const { message } of diagnose(hmac(fields))) assert.doesNotMatch(message, /hunter27|7777/);
  }
});

test('readYaml gives each interface with a virtual MAC a name of its own', () => {
  const text = `vrrp:
  A: { interface: eth0, virtual_router_id: 9, use_vmac: true, virtual_addresses: [10.0.0.1] }
  B: { interface: eth1, virtual_router_id: 9, use_vmac: true, virtual_addresses: [10.1.0.1] }
  C: { interface: eth0, virtual_router_id: 9, use_vmac: true, virtual_addresses: ["fe80::1"] }
`;
  const result = readText(text);
  assert.ok(result.ok, JSON.stringify(result));
  assert.deepEqual(
    result.value.config.instances.map(({ vmac }) => vmac && `${vmac.name} ${vmac.mac}`),
    ['vrrp.9 00:00:5e:00:01:09', 'vrrp1.9 00:00:5e:00:01:09', 'vrrp6.9 00:00:5e:00:02:09'],
  );
  const same = text.replaceAll('use_vmac: true', 'use_vmac: { name: vip }');
  assertProblems([[same, '3:47 conflicting_keys', '4:47 conflicting_keys']]);
});

test('readYaml reads servers as text and as a map, each with its own forwarding and check', () => {
  const { servers: read } = theService(
    service(`forward: NAT
    check: { type: tcp, interval: 3, timeout: 500ms, connect_port: 8080 }
    servers:
      - 10.0.0.1:81
      - { address: 10.0.0.2, weight: 0, upper_threshold: 9, lower_threshold: 3, check: { type: tcp, retry: 0 } }
      - { address: 2001:db8::3, forward: tun, check: none }
      - address: 10.0.0.4
        check: { type: tcp, connect_ip: 10.0.0.40, warmup: 0 }`),
  );
  assert.deepEqual(
    read.map(({ key, attrs }) => [key.address, key.port, attrs.forward, attrs.weight, attrs.tunnel?.type]),
    [
      ['10.0.0.1', 81, 'nat', 1, undefined],
      ['10.0.0.2', 80, 'nat', 0, undefined],
      ['2001:db8::3', 80, 'tun', 1, 'ipip'],
      ['10.0.0.4', 80, 'nat', 1, undefined],
    ],
  );
  const common = {
    type: 'tcp',
    interval: 3000,
    timeout: 500,
    retry: 1,
    delayBeforeRetry: 1000,
    rise: 1,
    warmup: 3000,
    alpha: false,
    source: { address: null, port: null, interface: null, fwmark: null },
  };
  assert.deepEqual(
    read.map(({ checks }) => checks[0] ?? null),
    [
      { ...common, target: { address: '10.0.0.1', port: 8080 } },
      { ...common, target: { address: '10.0.0.2', port: 8080 }, retry: 0 },
      null,
      { ...common, target: { address: '10.0.0.40', port: 8080 }, warmup: 0 },
    ],
  );
});

test('readYaml reads schedulers, flags, persistence and firewall marks', () => {
  const read = theService(`services:
  all:
    fwmark: 7
    ip_family: inet6
    scheduler: sh
    scheduler_flags: [sh-port, flag-1, sh-fallback]
    persistence_timeout: 5m
    persistence_granularity: 64
    persistence_engine: sip
    forward: dr
    servers: ["[2001:db8::80]"]\n`);
  assert.deepEqual(read.key, { kind: 'fwmark', fwmark: 7, family: 'inet6' });
  assert.deepEqual(read.attrs, {
    scheduler: 'sh',
    schedulerFlags: [1, 2],
    persistence: { timeout: 300, prefix: 64, engine: 'sip' },
    onePacket: false,
  });
  assert.deepEqual(read.servers[0]?.key, { address: '2001:db8::80', port: 0 });
  const mask = theService(
    service(`persistence_timeout: 1\n    persistence_granularity: 255.255.0.0\n    servers: []`),
  );
  assert.deepEqual(mask.attrs.persistence, { timeout: 1, prefix: 16, engine: null });
});

test('readYaml refuses services and servers that the kernel would refuse or that say two things', () => {
  const one = servers('10.0.0.1');
  const mark = (fields: string) => `services:\n  m:\n    fwmark: 1\n    ${fields}\n    servers: [10.0.0.1]\n`;
  assertProblems([
    [service(servers()), '6:5 no_servers'],
    [service(`forward: dr\n    ${servers('10.0.0.1:81')}`), '7:15 port_mismatch'],
    [service(`forward: tun\n    ${servers('{ address: 10.0.0.1, port: 81 }')}`), '7:42 port_mismatch'],
    [service(servers('10.0.0.1', '10.0.0.1:80')), '6:25 duplicate_server'],
    [service(servers('"2001:db8::1"')), '6:15 mixed_families'],
    [service(servers('10.0.0.1:0')), '6:15 out_of_range'],
    [service(servers('10.0.0.256')), '6:15 bad_value'],
    [service(servers('{ address: 10.0.0.1, lower_threshold: 1 }')), '6:53 out_of_range'],
    [service(`ops: true\n    ${one}`), '6:10 conflicting_keys'],
    [service(`scheduler_flags: [mh-port]\n    ${one}`), '6:23 conflicting_keys'],
    [service(`persistence_engine: sip\n    ${one}`), '6:25 conflicting_keys'],
    [service(`persistence_timeout: 32.5s\n    ${one}`), '6:26 bad_value'],
    [service(`ip_family: inet\n    ${one}`), '6:16 conflicting_keys'],
    [
      service(`fwmark: 1\n    ${one}`),
      '3:14 conflicting_keys',
      '4:11 conflicting_keys',
      '5:15 conflicting_keys',
    ],
    [service(one).replace('port: 80', 'port: 0'), '4:11 conflicting_keys'],
    [mark('check: { type: tcp }'), '5:15 missing_key'],
    [mark('persistence_timeout: 1').replace('10.0.0.1', '{ address: 10.0.0.1, port: 8080 }')],
    ['services: { a: { port: 80, servers: [] } }', '1:13 missing_key', '1:13 missing_key'],
  ]);
});

test('readYaml finds what two parts of a file both claim', () => {
  const vi = (name: string, vrid: number, address: string) =>
    `  ${name}: { interface: eth0, virtual_router_id: ${vrid}, virtual_addresses: [${address}] }\n`;
  const web = (name: string) =>
    `  ${name}: { address: 10.0.0.9, port: 80, protocol: tcp, servers: [10.0.0.1] }\n`;
  assertProblems([
    [`vrrp:\n${vi('A', 1, '10.0.0.1')}${vi('B', 1, '10.0.0.2')}`, '3:44 duplicate_vrid'],
    [`vrrp:\n${vi('A', 1, '10.0.0.1')}${vi('B', 2, '10.0.0.1/24')}`, '3:67 duplicate_address'],
    [`services:\n${web('a')}${web('b')}`, '3:3 duplicate_service'],
  ]);
});

test('readYaml goes on after a mistake and does not repeat it in other words', () => {
  assertProblems([
    [
      service(`shceduler: rr\n    ${servers('10.0.0.1', '10.0.0.1')}`),
      '6:5 unknown_key',
      '7:25 duplicate_server',
    ],
    [service(servers('10.0.0.999', '10.0.0.1', '10.0.0.1')), '6:15 bad_value', '6:37 duplicate_server'],
    [service(servers('10.0.0.999')), '6:15 bad_value'],
    [service(servers('10.0.0.1')).replace('protocol: tcp', 'protocl: tcp'), '5:5 unknown_key'],
    [service(servers('10.0.0.1')).replace('tcp', 'tpc'), '5:15 unknown_value'],
    [instance('').replace('interface', 'interfaces'), '3:5 unknown_key'],
  ]);
});

test('readYaml suggests the key that keepalived users look for, where it belongs', () => {
  const rows: [string, string][] = [
    [instance('auth_pass: x'), ''],
    [instance('authentication: { type: pass, auth_pass: x }'), 'password'],
    [service(`lb_kind: DR\n    ${servers()}`), 'forward'],
    [service(`check: { type: tcp, delay_loop: 3 }\n    ${servers()}`), 'interval'],
    ['virtual_server: {}', 'services'],
    [service('servers: [{ address: 10.0.0.11, u_threshold: 5 }]'), 'upper_threshold'],
  ];
  for (const [text, suggestion] of rows) {
    const unknown = diagnose(text).find(({ code }) => code === 'unknown_key');
    assert.equal(unknown?.suggestion ?? '', suggestion, text);
  }
});

test('readYaml reads on after a key that cannot be one, or is there twice', () => {
  for (const [key, code] of [
    ['__proto__', 'bad_key'],
    ['router_id', 'duplicate_key'],
  ] as const) {
    const found = diagnose(`router_id: a\n${key}: 1\nvrpp: {}\n`).map((each) => `${each.line} ${each.code}`);
    assert.deepEqual(found, [`2 ${code}`, '3 unknown_key']);
  }
});

test('readYaml places mistakes under names that look like numbers', () => {
  assertProblems([
    [instance('priority: 0').replace('VI:', '7:'), '5:15 out_of_range'],
    [service(servers('10.0.0.1', '10.0.0.1:http')).replace('web:', '0:'), '6:25 bad_value'],
  ]);
});
