import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readYaml } from '../../../../src/config/read-yaml.ts';
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
    const yaml = readYaml(
      `vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    priority: 90
    advert_int: 2s
    preempt: false
    mcast_src_ip: 10.0.0.9
    garp_master_delay: 2s
    garp_master_refresh: 1m
    garp_lower_prio_delay: 5s
    authentication: { type: pass, password: secret }
    virtual_addresses: [10.0.0.1/24 brd + dev eth1 scope link label eth1:0, 10.0.0.2]
`,
      'lbd.yaml',
      { hostname: 'lb01' },
    );
    assert.ok(yaml.ok);
    assert.deepEqual(instances, yaml.value.config.instances);
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
    ['mcast_src_ip fe80::1', 14, 'mixed_families', /of IPv4 addresses have no such source/],
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

  test('says that AH is not spoken, and goes on', () => {
    const text = instance('authentication { \nauth_type AH\nauth_pass x\n}');
    assert.deepEqual(said(text), ['6:1 warning no_effect_here']);
    assert.equal(instanceOf(text).authentication, null);
  });

  for (const [lines, what] of [
    ['authentication { auth_pass x }', 'a password without a type'],
    ['authentication { auth_type PASS }', 'a type without a password'],
    ['version 3\nauthentication { \nauth_type PASS\nauth_pass x\n}', 'version 3'],
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

  test('says in one line what strict mode makes of it', () => {
    const strict = 'global_defs { vrrp_strict }\n';
    assert.deepEqual(said(strict + instance('accept')), ['2:15 warning vip_refuses_traffic']);
    assert.deepEqual(said(strict + instance('priority 255')), ['2:15 warning strict_mode']);
    assert.deepEqual(said(strict + instance('strict_mode off')), []);
    const lines = `strict_mode\nversion 3\naccept\npreempt_delay 5\ndown_timer_adverts 4\nhigher_prio_send_advert`;
    const { line, code, message } = firstSaid(instance(lines));
    assert.deepEqual([line, code], [INSTANCE_LINE, 'strict_mode']);
    assert.match(message, /: no preempt_delay, down_timer_adverts 3, no higher_prio_send_advert, no answer/);
    const { accept, answersLower, garp, preemptDelay } = instanceOf(instance(lines));
    assert.deepEqual([accept, answersLower, garp.lowerRepeat, preemptDelay], [true, false, 0, 0]);
  });

  test('makes MASTER of less than 255 a BACKUP in strict mode, so that nopreempt holds', () => {
    const lines = 'state MASTER\npriority 100\nnopreempt\naccept';
    assert.equal(instanceOf(instance(lines)).preempt, true);
    assert.equal(instanceOf(instance(`${lines}\nstrict_mode`)).preempt, false);
  });

  test('leaves out instances without addresses, and addresses of another family than the first', () => {
    const empty = instance('', 'NONE').replace('10.0.0.1', '');
    const mixed = instance('virtual_ipaddress { 2001:db8::2/64 }');
    const { config, diagnostics, leftOut } = readText(empty + mixed);
    assert.deepEqual(
      config?.instances.map(({ name, virtualAddresses }) => [name, virtualAddresses.length]),
      [['VI_1', 1]],
    );
    assert.deepEqual(
      diagnostics.map(({ line, code }) => [line, code]),
      [
        [1, 'entry_skipped'],
        [11, 'entry_skipped'],
      ],
    );
    assert.deepEqual(
      leftOut.map(({ line, text, of, why }) => [line, text, of.join(' '), why]),
      [
        [1, 'vrrp_instance NONE', 'vrrp NONE', 'here'],
        [11, '2001:db8::2/64', 'vrrp VI_1', 'here'],
      ],
    );
  });

  test('takes IPv6 addresses as version 3 over IPv6, whatever vrrp_version says', () => {
    const text = `global_defs { vrrp_version 2 }\n${instance('advert_int 0.25\nvirtual_ipaddress_excluded { 10.0.0.9/24 }')}`;
    const { family, version, advertInterval, transport, virtualAddresses, excludedAddresses } = instanceOf(
      text.replace('10.0.0.1', 'fe80::1'),
    );
    assert.deepEqual([family, version, advertInterval], ['inet6', 3, 25]);
    assert.deepEqual(transport, { kind: 'multicast', group: 'ff02::12' });
    const [{ prefix, preferredLifetime } = { prefix: 0, preferredLifetime: null }] = virtualAddresses;
    assert.deepEqual([prefix, preferredLifetime], [128, 0]);
    assert.deepEqual(
      excludedAddresses.map(({ address }) => address),
      ['10.0.0.9'],
    );
  });

  test('sends to peers, whose limits of the TTL turn the check of sources on', () => {
    const peers = 'unicast_peer {\n10.0.0.8 min_ttl 250\n10.0.0.9\n}\nunicast_ttl 64';
    assert.deepEqual(instanceOf(instance(peers)).transport, {
      kind: 'unicast',
      peers: [
        { address: '10.0.0.8', minTtl: 250, maxTtl: 255 },
        { address: '10.0.0.9', minTtl: 0, maxTtl: 255 },
      ],
      ttl: 64,
      checkSource: true,
      faultWithoutPeer: false,
    });
    const twice = instance('unicast_peer {\n10.0.0.8\n10.0.0.8\n}');
    assert.deepEqual(said(twice), ['7:1 warning duplicate_address']);
    const none = instance('unicast_peer {\n}');
    assert.deepEqual(said(none), ['5:1 warning value_replaced']);
    assert.equal(instanceOf(none).transport.kind, 'multicast');
    assert.equal(instanceOf(`${none.slice(0, -2)}unicast_fault_no_peer\n}`).transport.kind, 'unicast');
  });

  test('puts its addresses on the interfaces with a virtual MAC that it asks for', () => {
    const lines = `use_vmac
virtual_ipaddress_excluded {
  10.0.0.2 dev eth1
  10.0.0.3 dev eth1 use_vmac
  2001:db8::3
}`;
    const { vmac, addressVmacs, virtualAddresses, excludedAddresses } = instanceOf(instance(lines));
    const of = { base: 'eth0', mac: '00:00:5e:00:01:33', transmitsOnBase: false };
    assert.deepEqual(vmac, { name: 'vrrp.51', ...of });
    assert.deepEqual(addressVmacs, [{ ...of, name: 'vrrp1.51', base: 'eth1' }]);
    assert.deepEqual(
      [...virtualAddresses, ...excludedAddresses].map(({ dev }) => dev),
      ['vrrp.51', 'eth1', 'vrrp1.51', 'eth0'],
    );
    const named = instanceOf(instance('use_vmac vip0 02:00:00:00:00:09\nunicast_peer { 10.0.0.8 }'));
    assert.deepEqual(named.vmac, {
      name: 'vip0',
      base: 'eth0',
      mac: '02:00:00:00:00:09',
      transmitsOnBase: true,
    });
  });

  test('reads keys of auth_hmac in every form, and never shows one', () => {
    const key = 'k'.repeat(32);
    const lines = `auth_hmac {\nkey 1 ${key}\nkey 2 hex:${'0a'.repeat(32)}\nkey 3 file:/etc/lbd/key\nactive_key 2\nmode permissive\n}`;
    const { hmac, authentication } = instanceOf(instance(lines));
    assert.equal(authentication, null);
    assert.deepEqual(hmac, {
      keys: [
        { id: 1, secret: { kind: 'bytes', bytes: new Uint8Array(32).fill(0x6b) } },
        { id: 2, secret: { kind: 'bytes', bytes: new Uint8Array(32).fill(10) } },
        { id: 3, secret: { kind: 'file', path: '/etc/lbd/key' } },
      ],
      activeKey: 2,
      antiReplay: 'time',
      window: 5_000_000,
      mode: 'permissive',
    });
    for (const [wrong, ...problems] of [
      [lines.replace(key, 'hunter27'), '6:7 error bad_value'],
      [lines.replace('key 1', 'key 256'), '6:5 error out_of_range'],
      [lines.replace('active_key 2', 'active_key 9'), '9:12 error unknown_name'],
      [lines.replace('active_key 2\n', ''), '5:1 error missing_key'],
      [`${lines}\nauthentication {\nauth_type PASS\nauth_pass x\n}`, '12:1 warning overridden'],
    ] as const) {
      assert.deepEqual(said(instance(wrong)), problems, wrong);
      assert.doesNotMatch(JSON.stringify(readText(instance(wrong)).diagnostics), /hunter27|kkkk|0a0a/);
    }
  });

  test('takes a prefix length and a broadcast address from an address with a peer, as keepalived does', () => {
    const text = instance('virtual_ipaddress { 10.0.0.5/24 brd + peer 10.0.0.6 }');
    assert.deepEqual(said(text), ['5:21 warning value_replaced']);
    const [, { prefix, broadcast, peer } = { prefix: 0, broadcast: null, peer: null }] =
      instanceOf(text).virtualAddresses;
    assert.deepEqual([prefix, broadcast, peer], [32, null, '10.0.0.6']);
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
