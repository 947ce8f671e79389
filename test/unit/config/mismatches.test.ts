import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readYaml } from '../../../src/config/read-yaml.ts';

const VRRP = `vrrp:
  VI_1: { interface: eth0, virtual_router_id: 1, virtual_addresses: [10.0.0.100, 10.0.0.101] }
`;
const service = (name: string, address: string, forward: string) =>
  `  ${name}: { address: ${address}, port: 80, protocol: tcp, forward: ${forward}, servers: [10.0.0.11] }\n`;

function warnings(text: string): (readonly [string, string])[] {
  const read = readYaml(text, 'lbd.yaml', { hostname: 'lb01' });
  assert.ok(read.ok, JSON.stringify(read));
  return read.value.warnings.map(({ code, path }) => [code, path] as const);
}

test('a service without a virtual address, and an address without a service, are told', () => {
  assert.deepEqual(warnings(`${VRRP}services:\n${service('web', '10.0.0.102', 'dr')}`), [
    ['vip_without_service', 'vrrp.VI_1.virtual_addresses.0'],
    ['vip_without_service', 'vrrp.VI_1.virtual_addresses.1'],
    ['service_without_vip', 'services.web.address'],
  ]);
  const both = service('web', '10.0.0.100', 'dr') + service('api', '10.0.0.101', 'dr');
  assert.deepEqual(warnings(`${VRRP}services:\n${both}`), []);
  const excluded = VRRP.replace(' }', ', excluded_addresses: [10.0.0.102] }');
  assert.deepEqual(warnings(`${excluded}services:\n${both}${service('more', '10.0.0.102', 'dr')}`), []);
});

test('a service that is called as another one is addressed is told, and one called after its own address is not', () => {
  const named = (name: string, address: string, rest = 'port: 80') =>
    `  "${name}": { address: ${address}, ${rest}, protocol: tcp, forward: dr, servers: [10.0.0.11] }\n`;
  const mark = '  marked: { fwmark: 7, forward: dr, servers: [10.0.0.11] }\n';
  const other = named('fwmark 7', '10.0.0.105') + named('10.0.0.100:4', '10.0.0.100', 'port: 3');
  assert.deepEqual(warnings(`services:\n${other}${mark}${named('x', '10.0.0.100', 'port: 4')}`), [
    ['value_unusual', 'services.fwmark 7'],
    ['value_unusual', 'services.10.0.0.100:4'],
  ]);
  assert.deepEqual(warnings(`services:\n${named('10.0.0.100:80', '10.0.0.100')}${mark}`), []);
});

test('an address without a service is no surprise beside nat, marks, or no services at all', () => {
  assert.deepEqual(warnings(VRRP), []);
  assert.deepEqual(warnings(`${VRRP}services:\n${service('web', '10.0.0.100', 'nat')}`), []);
  assert.deepEqual(warnings(`${VRRP}services:\n  m: { fwmark: 1, forward: dr, servers: [10.0.0.11] }\n`), []);
  assert.deepEqual(warnings(`services:\n${service('web', '10.0.0.100', 'dr')}`), []);
});
