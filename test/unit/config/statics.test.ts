import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { configOf, instance, said } from './read.ts';

describe('readYaml, of what holds for all instances', () => {
  test('puts static addresses on the interface that they name, and numbers rules before those of instances', () => {
    const { statics, instances } = configOf(`static_addresses: [10.1.0.1/24 dev eth1]
static_routes: [10.2.0.0/16 via 10.1.0.254]
static_rules: [from 10.2.0.0/16 table 100]
vrrp:
${instance('VI_1', 'virtual_rules: [from 10.3.0.0/16 table 100]')}`);
    assert.deepEqual(
      statics.addresses.map(({ address, prefix, dev }) => `${address}/${prefix} ${dev}`),
      ['10.1.0.1/24 eth1'],
    );
    assert.equal(statics.routes[0]?.nexthops[0]?.via, '10.1.0.254');
    assert.deepEqual(
      [...statics.rules, ...(instances[0]?.rules ?? [])].map(({ preference }) => preference),
      [16_384, 16_383],
    );
  });

  test('refuses a static address without an interface, and one that is here twice', () => {
    assert.deepEqual(said('static_addresses: [10.1.0.1, 10.1.0.2 dev a, 10.1.0.2 dev a]'), [
      '1:20 error missing_key: 10.1.0.1 needs the interface that it is on: "dev"',
      '1:46 error duplicate_address: 10.1.0.2/32 a is here already',
    ]);
  });

  test('gives interfaces of no group the pace of all others', () => {
    const text = `vrrp_garp_interval: 1ms
garp_groups: [{ interfaces: [eth0, eth1], gna_interval: 50us }]
vrrp_startup_delay: 30s
`;
    const { announcePace, startupDelay } = configOf(text).vrrp;
    assert.deepEqual(announcePace, [
      { interfaces: ['eth0', 'eth1'], garp: 0, na: 50 },
      { interfaces: null, garp: 1000, na: 0 },
    ]);
    assert.equal(startupDelay, 30_000_000);
    assert.deepEqual(said('garp_groups: [{ interfaces: [a, b] }, { interfaces: [b, c, c] }]'), [
      '1:54 error conflicting_keys: b is in another group already',
      '1:60 error conflicting_keys: c is in this group already',
    ]);
  });

  test('keeps the delay of an interface below what makes its masters seem down, as keepalived does', () => {
    const text = `vrrp:\n${instance('VI_1')}interface_up_down_delays: { eth0: { down: 3s, up: 1s }, eth1: { down: 200s } }\n`;
    assert.deepEqual(configOf(text).vrrp.linkDelays, [
      { interface: 'eth0', down: 1_996_094, up: 1_000_000 },
      { interface: 'eth1', down: 200_000_000, up: 0 },
    ]);
    assert.deepEqual(said(text), [
      '3:29 warning value_replaced: a delay counts as 1996094us here: after that the other directors take over',
    ]);
  });
});
