import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { configOf, firstSaid, INSTANCE_LINE, instance, instanceOf, readText, said } from './compose-text.ts';

describe('readKeepalived, of a vrrp_instance', () => {
  test('composes what YAML would', () => {
    const text = `global_defs { 
router_id lb01
}
vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority 90
  advert_int 2
  nopreempt
  mcast_src_ip 10.0.0.9
  garp_master_delay 2
  garp_master_refresh 60
  authentication { 
    auth_type PASS
    auth_pass secret
  }
  virtual_ipaddress {
    10.0.0.1/24 brd + dev eth1 scope link label eth1:0
    10.0.0.2
  }
}
`;
    assert.deepEqual(said(text), []);
    const { routerId, instances } = configOf(text);
    assert.equal(routerId, 'lb01');
    assert.deepEqual(instances, [
      {
        name: 'VI_1',
        interface: 'eth0',
        vrid: 51,
        priority: 90,
        preempt: false,
        advertInterval: 200,
        authentication: { type: 'pass', password: 'secret' },
        sourceAddress: '10.0.0.9',
        virtualAddresses: [
          {
            address: '10.0.0.1',
            prefix: 24,
            dev: 'eth1',
            scope: 'link',
            label: 'eth1:0',
            broadcast: '10.0.0.255',
          },
          { address: '10.0.0.2', prefix: 32, dev: 'eth0', scope: 'global', label: null, broadcast: null },
        ],
        garp: { delay: 2_000_000, repeat: 5, refresh: 60_000_000, refreshRepeat: 1 },
      },
    ]);
  });

  test('takes from global_defs what it does not say, wherever they stand', () => {
    const text = `${instance('garp_master_repeat 3').replace('interface eth0\n', '')}global_defs {
default_interface eth7
vrrp_garp_master_delay 0
vrrp_garp_master_repeat 9
}`;
    const { interface: device, garp } = instanceOf(text);
    assert.deepEqual([device, garp.delay, garp.repeat], ['eth7', 0, 3]);
  });

  for (const [line, column, code, message] of [
    ['virtual_router_id 300', 19, 'out_of_range', /300 is out of range: 1 to 255/],
    ['priority 0', 10, 'out_of_range', /0 is out of range: 1 to 255/],
    ['priority 256', 10, 'out_of_range', /256/],
    ['priority high', 10, 'bad_value', /"high" is no whole number/],
    ['advert_int 0', 12, 'out_of_range', /10ms to 255s/],
    ['state MASTR', 7, 'unknown_value', /"MASTR" is no state/],
    ['mcast_src_ip 10.0.0.300', 14, 'bad_value', /not an IP address/],
    ['mcast_src_ip fe80::1', 14, 'mixed_families', /no IPv6 source/],
    ['virtual_ipaddress { 10.0.0.1.2 }', 21, 'bad_value', /"10.0.0.1.2" is not an IP address/],
    ['virtual_ipaddress { 10.0.0.7/33 }', 21, 'out_of_range', /\/33 is out of range/],
    ['virtual_ipaddress { 10.0.0.7 dev }', 30, 'missing_value', /"dev" needs a value/],
    ['version 4', 9, 'out_of_range', /2 to 3/],
    ['state', 1, 'missing_value', /"state" needs a value/],
    ['virtual_ipaddress 10.0.0.7', 1, 'missing_value', /needs a block/],
    ['authentication { auth_type MD5 }', 28, 'unknown_value', /this is no type of authentication/],
  ] as const) {
    test(`refuses ${line}`, () => {
      const first = readText(instance(line)).diagnostics.find(({ severity }) => severity === 'error');
      assert.deepEqual([first?.line, first?.column, first?.code], [INSTANCE_LINE, column, code]);
      assert.match(first?.message ?? '', message);
    });
  }

  test('tells keywords and names that lead to a mistake, and what was meant', () => {
    const { path, suggestion, allowed } = firstSaid(instance('state MASTR'));
    assert.deepEqual(
      [path, suggestion, allowed],
      ['vrrp_instance VI_1 > state', 'MASTER', ['MASTER', 'BACKUP']],
    );
  });

  test('refuses what it cannot do without', () => {
    assert.deepEqual(said('vrrp_instance A {\nvirtual_ipaddress { 10.0.0.1 }\n}'), [
      '1:15 error missing_key',
      '1:15 error missing_key',
    ]);
    assert.deepEqual(said('vrrp_instance {\n}'), ['1:1 error missing_value']);
  });

  test('reports a mistake by itself, not what follows from it', () => {
    const text = `${instance('state MASTER\npriority 900')}${instance('', 'VI_2').replace('51', '3000').replace('0.0.1', '0.0.2')}`;
    assert.deepEqual(
      said(text).filter((each) => each.includes('error')),
      ['6:10 error out_of_range', '10:19 error out_of_range'],
    );
    assert.deepEqual(
      said(text).filter((each) => each.includes('implied_owner')),
      [],
    );
  });

  test('refuses a VRID or an address that two instances claim, and names the first', () => {
    const { diagnostics } = readText(`${instance('')}${instance('', 'VI_2')}`);
    assert.deepEqual(
      diagnostics.map(({ line, code, message }) => [line, code, message]),
      [
        [9, 'duplicate_vrid', 'VRID 51 on eth0 is taken by vrrp_instance VI_1 > virtual_router_id'],
        [10, 'duplicate_address', '10.0.0.1 is taken by vrrp_instance VI_1 > virtual_ipaddress'],
      ],
    );
  });

  test('takes the last of two priorities, and the last of preempt and nopreempt', () => {
    const text = instance('priority 10\npriority 20\nnopreempt\npreempt');
    assert.deepEqual(said(text), ['5:1 warning overridden', '7:1 warning overridden']);
    assert.equal(instanceOf(text).priority, 20);
    assert.equal(instanceOf(text).preempt, true);
  });

  test('takes the first of two instances of a name, and the first of equal addresses', () => {
    const text = `${instance('virtual_ipaddress { 10.0.0.1 label x }')}${instance('')}`;
    assert.deepEqual(said(text), ['5:21 warning duplicate_address', '7:15 warning entry_skipped']);
    assert.equal(configOf(text).instances.length, 1);
    assert.equal(instanceOf(text).virtualAddresses.length, 1);
  });

  test('rounds the interval of version 2 as keepalived does', () => {
    for (const [written, centis] of [
      ['1.4', 100],
      ['1.5', 200],
      ['0.3', 100],
    ] as const) {
      const text = instance(`advert_int ${written}`);
      assert.deepEqual(said(text), ['5:12 warning value_replaced']);
      assert.equal(instanceOf(text).advertInterval, centis);
    }
  });

  test('says that version 3, AH and unicast are not spoken, and goes on', () => {
    const text = instance(
      'version 3\nunicast_peer { 10.0.0.8 }\nauthentication { \nauth_type AH\nauth_pass x\n}',
    );
    const { diagnostics } = readText(text);
    assert.deepEqual(
      diagnostics.map(({ line, code, message }) => [line, code, message]),
      [
        [5, 'no_effect_yet', '"version 3" has no effect yet: adverts go out as version 2'],
        [6, 'no_effect_yet', '"unicast_peer" has no effect yet: the instance sends to the multicast group'],
        [7, 'overridden', 'adverts go out without authentication, as from keepalived: version 3 has none'],
        [8, 'no_effect_yet', '"auth_type AH" has no effect yet: adverts go out without authentication'],
      ],
    );
    assert.equal(instanceOf(text).authentication, null);
  });

  for (const [lines, what] of [
    ['authentication { auth_pass x }', 'a password without a type'],
    ['authentication { auth_type PASS }', 'a type without a password'],
    [
      'accept\nstrict_mode on\nauthentication { \nauth_type PASS\nauth_pass x\n}',
      'authentication in strict mode',
    ],
  ] as const) {
    test(`sends adverts without authentication for ${what}, as keepalived does`, () => {
      const text = instance(lines);
      assert.deepEqual(
        readText(text).diagnostics.map(({ code }) => code),
        ['overridden'],
      );
      assert.equal(instanceOf(text).authentication, null);
    });
  }

  test('says that vrrp_strict without accept would close the addresses', () => {
    const strict = 'global_defs { vrrp_strict }\n';
    assert.deepEqual(said(strict + instance('')), ['5:1 warning vip_refuses_traffic']);
    assert.deepEqual(said(strict + instance('accept')), []);
    assert.deepEqual(said(strict + instance('priority 255')), []);
    assert.deepEqual(said(strict + instance('state MASTER')), ['6:7 warning implied_owner']);
    assert.deepEqual(said(strict + instance('strict_mode off')), []);
  });

  test('makes MASTER of less than 255 a BACKUP in strict mode, so that nopreempt holds', () => {
    const lines = 'state MASTER\npriority 100\nnopreempt\naccept';
    assert.equal(instanceOf(instance(lines)).preempt, true);
    assert.equal(instanceOf(instance(`${lines}\nstrict_mode`)).preempt, false);
  });

  test('leaves out instances of IPv6, those without addresses, and addresses of the other family', () => {
    const ipv6 = instance('unicast_src_ip fe80::1', 'V6').replace('10.0.0.1', '2001:db8::1');
    const empty = instance('', 'NONE').replace('10.0.0.1', '');
    const mixed = instance('virtual_ipaddress { 2001:db8::2/64 }');
    const { config, diagnostics, leftOut } = readText(ipv6 + empty + mixed);
    assert.deepEqual(
      config?.instances.map(({ name, virtualAddresses }) => [name, virtualAddresses.length]),
      [['VI_1', 1]],
    );
    assert.deepEqual(
      diagnostics.map(({ line, code }) => [line, code]),
      [
        [1, 'entry_skipped'],
        [7, 'entry_skipped'],
        [17, 'entry_skipped'],
      ],
    );
    assert.deepEqual(
      leftOut.map(({ line, text, of, why }) => [line, text, of.join(' '), why]),
      [
        [1, 'vrrp_instance V6', 'vrrp V6', 'yet'],
        [4, '2001:db8::1', 'vrrp V6', 'yet'],
        [7, 'vrrp_instance NONE', 'vrrp NONE', 'yet'],
        [17, '2001:db8::2/64', 'vrrp VI_1', 'yet'],
      ],
    );
  });

  test('gives no broadcast address to a subnet that has none, as keepalived does', () => {
    const text = instance('virtual_ipaddress { 10.0.0.5/30 brd - }\nvirtual_ipaddress { 10.0.0.7/31 brd + }');
    assert.deepEqual(said(text), ['6:21 warning value_replaced']);
    assert.deepEqual(
      instanceOf(text).virtualAddresses.map(({ broadcast }) => broadcast),
      [null, '10.0.0.4', null],
    );
  });

  test('keeps names with blanks, and replaces what YAML could not have', () => {
    assert.equal(instanceOf(instance('', '"web public"')).name, 'web public');
    assert.equal(instanceOf(instance('', 'a@b')).name, 'a_b');
    const two = `${instance('', 'a@b')}${instance('', 'a%b').replace('51', '52').replace('0.0.1', '0.0.2')}`;
    assert.deepEqual(
      configOf(two).instances.map(({ name }) => name),
      ['a_b', 'a_b_2'],
    );
  });
});
