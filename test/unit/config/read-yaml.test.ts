import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Diagnostic } from '../../../src/config/diagnostic.ts';
import { readYaml } from '../../../src/config/read-yaml.ts';
import type { InstanceConfig, ServiceConfig } from '../../../src/model/config.ts';

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
    instances: [
      {
        name: 'VI',
        interface: 'eth0',
        vrid: 51,
        priority: 100,
        preempt: true,
        advertInterval: 100,
        authentication: null,
        sourceAddress: null,
        virtualAddresses: [
          { address: '10.0.0.100', prefix: 32, dev: 'eth0', scope: 'global', label: null, broadcast: null },
        ],
        garp: { delay: 5_000_000, repeat: 5, refresh: 0, refreshRepeat: 1 },
      },
    ],
    services: [
      {
        name: 'web',
        key: { kind: 'address', protocol: 'tcp', address: '10.0.0.100', port: 80 },
        attrs: { scheduler: 'wlc', schedulerFlags: [], persistence: null, onePacket: false },
        drainTimeout: 300_000,
        servers: [
          {
            key: { address: '10.0.0.1', port: 80 },
            attrs: { weight: 1, forward: 'nat', upperThreshold: 0, lowerThreshold: 0, tunnel: null },
            check: {
              type: 'tcp',
              target: { address: '10.0.0.1', port: 80 },
              timeout: 5000,
              interval: 60_000,
              retry: 1,
              delayBeforeRetry: 1000,
              warmup: 60_000,
            },
          },
        ],
      },
    ],
    drift: { policy: 'repair', interval: 10_000 },
  });
});

test('readYaml reads virtual addresses as words and as a map alike', () => {
  const words = '"10.0.0.7/24 dev eth1 scope link label eth1:3 brd +"';
  const map =
    '{ address: 10.0.0.7/255.255.255.0, dev: eth1, scope: link, label: eth1:3, broadcast: 10.0.0.255 }';
  const text = `vrrp: { VI: { interface: eth0, virtual_router_id: 1, virtual_addresses: [ADDRESS] } }`;
  const [first] = theInstance(text.replace('ADDRESS', words)).virtualAddresses;
  assert.deepEqual(first, {
    address: '10.0.0.7',
    prefix: 24,
    dev: 'eth1',
    scope: 'link',
    label: 'eth1:3',
    broadcast: '10.0.0.255',
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
    [instance('mcast_src_ip: fe80::1'), '5:19 not_supported'],
    [instance('version: 3'), '5:14 not_supported'],
    [instance('authentication: { type: ah, password: x }'), '5:29 not_supported'],
    [instance('{ preempt: true, nopreempt: true }').replace('{', '<<: {'), '5:37 conflicting_keys'],
    [instance('').replace('eth0', 'a/b'), '3:16 bad_value'],
    [instance('').replace('eth0', 'sixteen_letters_'), '3:16 bad_value'],
    [instance('').replace('[10.0.0.100]', '[]'), '6:5 out_of_range'],
    [instance('').replace('[10.0.0.100]', '10.0.0.100'), '6:24 wrong_type'],
    [instance('').replace('10.0.0.100', '10.0.0.100/33'), '6:25 bad_value'],
    [instance('').replace('10.0.0.100', '10.0.0.100 label sixteen_letters_'), '6:25 bad_value'],
    [instance('').replace('10.0.0.100', '10.0.0.100 scope globl'), '6:25 unknown_value'],
    [instance('').replace('10.0.0.100', '224.0.0.18'), '6:25 bad_value'],
    [instance('').replace('VI:', 'a@b:'), '2:3 bad_key'],
  ]);
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
    warmup: 3000,
  };
  assert.deepEqual(
    read.map(({ check }) => check),
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
  ];
  for (const [text, suggestion] of rows) {
    const unknown = diagnose(text).find(({ code }) => code === 'unknown_key');
    assert.equal(unknown?.suggestion ?? '', suggestion, text);
  }
});

test('readYaml places mistakes under names that look like numbers', () => {
  assertProblems([
    [instance('priority: 0').replace('VI:', '7:'), '5:15 out_of_range'],
    [service(servers('10.0.0.1', '10.0.0.1:http')).replace('web:', '0:'), '6:25 bad_value'],
  ]);
});
