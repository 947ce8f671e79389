import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readYaml } from '../../../src/config/read-yaml.ts';

const readText = (text: string) => readYaml(text, 'f.yaml', { hostname: 'h' });
const withServer = (server: string) =>
  `services:\n  s:\n    address: 10.0.0.1\n    port: 80\n    protocol: tcp\n    servers:\n      - ${server}\n`;

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
    ['router_id: "a\n', '2:1 yaml_syntax'],
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
