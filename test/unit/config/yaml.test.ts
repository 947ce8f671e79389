import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readYaml } from '../../../src/config/read-yaml.ts';

const readText = (text: string) => readYaml(text, 'f.yaml', { hostname: 'h' });
const withServer = (server: string) =>
  `services:\n  s:\n    address: 10.0.0.1\n    port: 80\n    protocol: tcp\n    servers:\n      - ${server}\n`;

/** The place and message of each mistake and warning. */
function told(text: string): readonly string[] {
  const result = readText(text);
  const found = result.ok ? result.value.warnings : result.error;
  return found.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

function first(text: string): string {
  const result = readText(text);
  if (result.ok) return 'ok';
  const [diagnostic] = result.error;
  return `${diagnostic?.line}:${diagnostic?.column} ${diagnostic?.code}`;
}

test('readYaml says what to do about IPv6 addresses that YAML takes for something else', () => {
  const rows: [string, string][] = [
    ['[2001:db8::80]:80', '7:9 unquoted'],
    ['{ address: [2001:db8::80]:80 }', '7:20 unquoted'],
    ['{ address: 2001:db8::, forward: tun }', '7:20 unquoted'],
    ['2001:db8::', '7:9 unquoted'],
    ['fe80::', '7:9 unquoted'],
    ['{ address: fe80:: }', '7:20 unquoted'],
  ];
  for (const [server, expected] of rows) {
    const result = readText(withServer(server));
    assert.equal(first(withServer(server)), expected, server);
    assert.ok(!result.ok && result.error[0]?.message.includes('in quotes'), JSON.stringify(result));
  }
});

test('readYaml places mistakes of YAML itself', () => {
  const rows: [string, string][] = [
    ['', '1:1 empty'],
    ['# only a comment\n', '1:1 empty'],
    ['\ufeff', '1:1 empty'],
    ['- a\n', '1:1 wrong_type'],
    ['vrrp:\n', '1:6 wrong_type'],
    ['vrrp:\n\ta: 1\n', '2:1 yaml_syntax'],
    ['router_id: "a\n', '1:12 yaml_syntax'],
    ['router_id: a\n---\nrouter_id: b\n', '2:1 yaml_syntax'],
    ['router_id: a\nrouter_id: b\n', '2:1 duplicate_key'],
    ['? [a]\n: b\n', '1:3 bad_key'],
    ['__proto__: {}\n', '1:1 bad_key'],
    ['router_id: *name\n', '1:12 unknown_anchor'],
    ['router_id: &name [*name]\n', '1:19 unknown_anchor'],
    ['router_id: !name a\n', '1:12 unquoted'],
    ['router_id: !!binary aGk=\n', '1:21 wrong_type'],
    ['<<: 1\n', '1:1 wrong_type'],
    ['router_id: no\r\nvrpp: {}\r\n', '2:1 unknown_key'],
    ['\ufeffvrpp: {}\n', '1:2 unknown_key'],
    ['%YAML 1.1\n---\nrouter_id: no\n', 'ok'],
  ];
  for (const [text, expected] of rows) assert.equal(first(text), expected, JSON.stringify(text));
});

test('readYaml points at the bracket or quote that is not closed', () => {
  const rows: [string, ...string[]][] = [
    ['router_id: "a\nvrrp: {}\n', '1:12 this " is not closed on its line'],
    [withServer("{ address: '10.0.0.1 }"), "7:20 this ' is not closed on its line"],
    [withServer('{ address: 10.0.0.1'), '7:9 this { is not closed; a } is missing'],
    [withServer('[10.0.0.1, {address: 10.0.0.2]'), '7:20 this { is closed by ]; a } is missing'],
    [withServer('[10.0.0.1]]').replace('servers:\n      - ', 'servers: '), '6:24 this ] closes nothing'],
    [
      'services:\n  a: [1, 2\n  b: {c: 1\n  d: [1]\n',
      '2:6 this [ is not closed; a ] is missing',
      '3:6 this { is not closed; a } is missing',
    ],
  ];
  for (const [text, ...expected] of rows) assert.deepEqual(told(text), expected, text);
});

test('readYaml says what YAML makes of a line that somebody meant otherwise', () => {
  const rows: [string, string][] = [
    ['router_id lb01\nvrrp: {}\n', '1:1 a colon is missing after this key'],
    ['vrrp: {}\nservices\n', '2:1 a colon is missing after this key'],
    ['router_id:lb01\nvrrp: {}\n', '1:1 a blank is missing after the colon'],
    [
      'router_id: lb01\n  vrrp: {}\n',
      '2:3 this is indented deeper than the line above, which has its value already',
    ],
    ['router_id: a: b\n', '1:12 a second key on one line: begin a new line, or write this in quotes'],
    ['router_id: @a\n', '1:12 a text that begins with @ needs quotes'],
    ['router_id: %a\n', '1:12 a text that begins with % needs quotes'],
    ['vrrp:\n\tVI: {}\n', '2:1 YAML is indented with spaces, this is a tab'],
    [withServer('10.1'), '7:9 10.1 is a number, not an IP address; IPv4 has four parts, such as 10.0.0.1'],
    [
      withServer('{ address: 10.1 }'),
      '7:20 10.1 is a number, not an IP address; IPv4 has four parts, such as 10.0.0.1',
    ],
    [`${withServer('10.0.0.2')}    ops: no\n`, '8:10 YAML 1.2 reads "no" as text, not as false'],
    [`${withServer('10.0.0.2')}    ops: On\n`, '8:10 YAML 1.2 reads "On" as text, not as true'],
    [`${withServer('10.0.0.2')}    ops: ture\n`, '8:10 expected true or false, found text'],
  ];
  for (const [text, expected] of rows) assert.deepEqual(told(text), [expected], text);
});

test('readYaml warns of numbers that YAML 1.1 reads otherwise, and asks for quotes around numbers that are texts', () => {
  const instance = (more: string) =>
    `vrrp:\n  VI:\n    interface: eth0\n    virtual_addresses: [10.0.0.1]\n    ${more}\n`;
  const password = (text: string) =>
    instance(`virtual_router_id: 1\n    authentication: { type: pass, password: ${text} }`);
  const rows: [string, ...string[]][] = [
    [instance('virtual_router_id: 010'), '5:24 010 is 10 in YAML 1.2, and 8 for tools that read YAML 1.1'],
    [instance('virtual_router_id: 08'), '5:24 08 is 8 in YAML 1.2, and text for tools that read YAML 1.1'],
    [instance('virtual_router_id: 0x1F')],
    [instance('virtual_router_id: 0o10')],
    [password('1e3'), '6:45 YAML takes this for a number; write it in quotes'],
    [password('010'), '6:45 YAML takes this for a number; write it in quotes'],
    [password('true'), '6:45 YAML takes this for a boolean; write it in quotes'],
    [password('22:22')],
    [password('no')],
  ];
  for (const [text, ...expected] of rows) assert.deepEqual(told(text), expected, text);
});

test('readYaml resolves anchors and merge keys, the map itself before what it merges', () => {
  const result = readText(`vrrp:
  A: &base { interface: eth0, virtual_router_id: 1, priority: 7, virtual_addresses: [10.0.0.1] }
  B: { <<: *base, virtual_router_id: 2, virtual_addresses: [10.0.0.2] }\n`);
  assert.ok(result.ok, JSON.stringify(result));
  const [, b] = result.value.config.instances;
  assert.deepEqual(
    [b?.interface, b?.vrid, b?.priority, b?.virtualAddresses[0]?.address],
    ['eth0', 2, 7, '10.0.0.2'],
  );
});

test('readYaml refuses texts that are made to exhaust it', () => {
  const letters = [...'abcdefghij'];
  const bomb = letters.map(
    (letter, i) => `${letter}: &${letter} [${Array(10).fill(i ? `*${letters[i - 1]}` : 1)}]`,
  );
  const indented = Array.from({ length: 1500 }, (_, i) => `${' '.repeat(i)}a:`);
  const rows: [string, string][] = [
    [bomb.join('\n'), 'too_large'],
    ['x'.repeat(5_000_000), 'too_large'],
    ['['.repeat(100_000), 'too_deep'],
    [`${'- '.repeat(100_000)}a`, 'too_deep'],
    ['{a: '.repeat(100_000), 'too_deep'],
    ['? '.repeat(100_000), 'too_deep'],
    [indented.join('\n'), 'too_deep'],
  ];
  for (const [text, code] of rows) assert.equal(first(text).split(' ')[1], code, text.slice(0, 40));
});
