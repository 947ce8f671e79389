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

test('an address without a service is no surprise beside nat, marks, or no services at all', () => {
  assert.deepEqual(warnings(VRRP), []);
  assert.deepEqual(warnings(`${VRRP}services:\n${service('web', '10.0.0.100', 'nat')}`), []);
  assert.deepEqual(warnings(`${VRRP}services:\n  m: { fwmark: 1, forward: dr, servers: [10.0.0.11] }\n`), []);
  assert.deepEqual(warnings(`services:\n${service('web', '10.0.0.100', 'dr')}`), []);
});
