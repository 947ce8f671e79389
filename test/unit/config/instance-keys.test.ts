import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readYaml } from '../../../src/config/read-yaml.ts';
import type { InstanceConfig } from '../../../src/model/config.ts';
import { configOf, instance, instanceOf, said } from './keepalived/compose-text.ts';

/** What an instance is without the lines in question. */
const BASE = instanceOf(instance(''));
const GARP = BASE.garp;

function ofYaml(lines: string): InstanceConfig | undefined {
  const text = `vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    virtual_addresses: [10.0.0.1]
    ${lines.replaceAll('\n', '\n    ')}
`;
  const result = readYaml(text, 'f.yaml', { hostname: 'h' });
  assert.ok(result.ok, JSON.stringify(result));
  assert.deepEqual(result.value.warnings, [], lines);
  return result.value.config.instances[0];
}

const unicast = {
  kind: 'unicast',
  peers: [{ address: '10.0.0.8', minTtl: 0, maxTtl: 255 }],
  ttl: 255,
  checkSource: false,
  faultWithoutPeer: false,
} as const;
const [plain] = BASE.virtualAddresses;
assert.ok(plain);
const vmac = { name: 'vrrp.51', base: 'eth0', mac: '00:00:5e:00:01:33', transmitsOnBase: false };
const onVmac = { virtualAddresses: [{ ...plain, dev: 'vrrp.51' }] };
const extra = { ...plain, address: '10.0.0.9' };
const KEY = 'k'.repeat(32);
const hmac = {
  keys: [{ id: 7, secret: { kind: 'bytes', bytes: new Uint8Array(32).fill(0x6b) } }],
  activeKey: 7,
  antiReplay: 'time',
  window: 5_000_000,
  mode: 'enforce',
} as const;
const keys = `keys: { 7: ${KEY} }, active_key: 7`;
const hmacOf = (more: string) => `auth_hmac {\nkey 7 ${KEY}\nactive_key 7\n${more}\n}`;
const PEERS = 'unicast_peer { 10.0.0.8 }';

/** Lines of keepalived.conf, lines of YAML, and what both change of the instance. */
const ROWS: readonly (readonly [keepalived: string, yaml: string, changed: object])[] = [
  ['version 3', 'version: 3', { version: 3 }],
  ['version 3\nadvert_int 0.25', 'version: 3\nadvert_int: 250ms', { version: 3, advertInterval: 25 }],
  ['version 3\nadvert_int 40.95', 'version: 3\nadvert_int: 40950ms', { version: 3, advertInterval: 4095 }],
  ['advert_int 255', 'advert_int: 255s', { advertInterval: 25_500 }],
  ['state BACKUP', 'state: BACKUP', {}],
  ['priority 255', 'priority: 255', { priority: 255 }],
  ['nopreempt', 'nopreempt: true', { preempt: false }],
  ['preempt_delay 1.5', 'preempt_delay: 1500ms', { preemptDelay: 1_500_000 }],
  ['down_timer_adverts 5', 'down_timer_adverts: 5', { downTimerAdverts: 5 }],
  ['mcast_src_ip 10.0.0.7', 'mcast_src_ip: 10.0.0.7', { sourceAddress: '10.0.0.7' }],
  ['unicast_src_ip 10.0.0.7', 'unicast_src_ip: 10.0.0.7', { sourceAddress: '10.0.0.7' }],
  ['track_src_ip', 'track_src_ip: true', { tracksSource: true }],
  [
    'mcast_dst_ip 239.1.2.3',
    'mcast_dst_ip: 239.1.2.3',
    { transport: { kind: 'multicast', group: '239.1.2.3' } },
  ],
  [PEERS, 'unicast_peers: [10.0.0.8]', { transport: unicast }],
  [
    `${PEERS}\nunicast_ttl 64`,
    'unicast_peers: [10.0.0.8]\nunicast_ttl: 64',
    { transport: { ...unicast, ttl: 64 } },
  ],
  [
    `${PEERS}\ncheck_unicast_src`,
    'unicast_peers: [10.0.0.8]\ncheck_unicast_src: true',
    { transport: { ...unicast, checkSource: true } },
  ],
  [
    'unicast_peer { 10.0.0.8 min_ttl 254 max_ttl 254 }',
    'unicast_peers: [{ address: 10.0.0.8, min_ttl: 254, max_ttl: 254 }]',
    {
      transport: {
        ...unicast,
        checkSource: true,
        peers: [{ address: '10.0.0.8', minTtl: 254, maxTtl: 254 }],
      },
    },
  ],
  [
    'unicast_fault_no_peer',
    'unicast_fault_no_peer: true',
    { transport: { ...unicast, peers: [], faultWithoutPeer: true } },
  ],
  ['v3_checksum_as_v2', 'v3_checksum_as_v2: true', { checksum: 'rfc9568' }],
  [
    'virtual_ipaddress_excluded { 10.0.0.9 }',
    'excluded_addresses: [10.0.0.9]',
    { excludedAddresses: [extra] },
  ],
  [
    'virtual_ipaddress_excluded { 2001:db8::9/64 -nodad home no_track }',
    'excluded_addresses: ["2001:db8::9/64 -nodad home no_track"]',
    {
      excludedAddresses: [
        { ...extra, address: '2001:db8::9', prefix: 64, flags: ['nodad', 'home'], noTrack: true },
      ],
    },
  ],
  [
    'virtual_ipaddress_excluded { 10.0.0.9 peer 10.0.0.8 preferred_lft 60 noprefixroute }',
    'excluded_addresses: [10.0.0.9 peer 10.0.0.8 preferred_lft 60 noprefixroute]',
    { excludedAddresses: [{ ...extra, peer: '10.0.0.8', preferredLifetime: 60, flags: ['noprefixroute'] }] },
  ],
  ['promote_secondaries', 'promote_secondaries: true', { promoteSecondaries: true }],
  ['accept', 'accept: true', {}],
  ['no_accept', 'accept: false', { accept: false }],
  ['use_vmac', 'use_vmac: true', { vmac, ...onVmac }],
  [
    'use_vmac vip 02:00:00:00:00:01',
    'use_vmac: { name: vip, mac: 02:00:00:00:00:01 }',
    {
      vmac: { ...vmac, name: 'vip', mac: '02:00:00:00:00:01' },
      virtualAddresses: [{ ...plain, dev: 'vip' }],
    },
  ],
  [
    'use_vmac\nvmac_xmit_base',
    'use_vmac: true\nvmac_xmit_base: true',
    { vmac: { ...vmac, transmitsOnBase: true }, ...onVmac },
  ],
  [
    'use_vmac_addr\nvirtual_ipaddress_excluded { 10.0.0.9 dev eth1 }',
    'use_vmac_addr: true\nexcluded_addresses: [10.0.0.9 dev eth1]',
    {
      addressVmacs: [{ ...vmac, base: 'eth1' }],
      excludedAddresses: [{ ...extra, dev: 'vrrp.51' }],
    },
  ],
  ['dont_track_primary', 'dont_track_primary: true', { tracksInterface: false }],
  ['lower_prio_no_advert', 'lower_prio_no_advert: true', { answersLower: false }],
  ['higher_prio_send_advert', 'higher_prio_send_advert: true', { advertisesOnYield: true }],
  ['owner_ignore_adverts', 'owner_ignore_adverts: true', { ownerIgnoresAdverts: true }],
  ['garp_master_refresh 60', 'garp_master_refresh: 1m', { garp: { ...GARP, refresh: 60_000_000 } }],
  ['garp_master_refresh_repeat 2', 'garp_master_refresh_repeat: 2', { garp: { ...GARP, refreshRepeat: 2 } }],
  ['garp_lower_prio_delay 0', 'garp_lower_prio_delay: 0s', { garp: { ...GARP, lowerDelay: 0 } }],
  ['garp_lower_prio_repeat 0', 'garp_lower_prio_repeat: 0', { garp: { ...GARP, lowerRepeat: 0 } }],
  ['garp_extra_if all 30', 'garp_extra_if: 30s', { garp: { ...GARP, extraInterface: 30_000_000 } }],
  ['vmac_garp_intvl 30', 'garp_extra_if: 30s', { garp: { ...GARP, extraInterface: 30_000_000 } }],
  [hmacOf(''), `auth_hmac: { ${keys} }`, { hmac }],
  [
    hmacOf('anti_replay monotonic'),
    `auth_hmac: { ${keys}, anti_replay: monotonic }`,
    { hmac: { ...hmac, antiReplay: 'monotonic' } },
  ],
  [
    hmacOf('time_window 9'),
    `auth_hmac: { ${keys}, time_window: 9s }`,
    { hmac: { ...hmac, window: 9_000_000 } },
  ],
  [
    hmacOf('mode receive-only'),
    `auth_hmac: { ${keys}, mode: receive-only }`,
    { hmac: { ...hmac, mode: 'receive-only' } },
  ],
  [
    `advert_int 4\n${hmacOf('')}`,
    `advert_int: 4s\nauth_hmac: { ${keys} }`,
    { advertInterval: 400, hmac: { ...hmac, window: 12_000_000 } },
  ],
];

describe('an instance', () => {
  for (const [keepalived, yaml, changed] of ROWS) {
    test(`means the same by ${keepalived.replaceAll('\n', '; ').replace(KEY, 'KEY')} and in YAML`, () => {
      const expected = { ...BASE, ...changed };
      assert.deepEqual(instanceOf(instance(keepalived)), expected);
      assert.deepEqual(ofYaml(yaml), expected);
    });
  }

  test('takes from global_defs what it does not say itself', () => {
    for (const [line, changed, own] of [
      ['vrrp_version 3', { version: 3 }, 'version 2'],
      ['vrrp_garp_master_refresh 9', { garp: { ...GARP, refresh: 9_000_000 } }, 'garp_master_refresh 0'],
      [
        'vrrp_garp_master_refresh_repeat 3',
        { garp: { ...GARP, refreshRepeat: 3 } },
        'garp_master_refresh_repeat 1',
      ],
      [
        'vrrp_garp_lower_prio_delay 1',
        { garp: { ...GARP, lowerDelay: 1_000_000 } },
        'garp_lower_prio_delay 5',
      ],
      ['vrrp_garp_lower_prio_repeat 1', { garp: { ...GARP, lowerRepeat: 1 } }, 'garp_lower_prio_repeat 5'],
      ['vrrp_garp_extra_if all 9', { garp: { ...GARP, extraInterface: 9_000_000 } }, 'garp_extra_if 0'],
      ['vrrp_vmac_garp_intvl 9', { garp: { ...GARP, extraInterface: 9_000_000 } }, 'garp_extra_if 0'],
      ['vrrp_down_timer_adverts 4', { downTimerAdverts: 4 }, 'down_timer_adverts 3'],
      ['vrrp_lower_prio_no_advert', { answersLower: false }, 'lower_prio_no_advert off'],
      ['vrrp_higher_prio_send_advert', { advertisesOnYield: true }, 'higher_prio_send_advert off'],
      ['vrrp_owner_ignore_adverts', { ownerIgnoresAdverts: true }, 'owner_ignore_adverts off'],
      ['v3_checksum_as_v2', { checksum: 'rfc9568' }, 'v3_checksum_as_v2 off'],
      [
        'vrrp_mcast_group4 239.9.9.9',
        { transport: { kind: 'multicast', group: '239.9.9.9' } },
        'mcast_dst_ip 224.0.0.18',
      ],
    ] as const) {
      const of = (lines: string) => instanceOf(`global_defs { \n${line}\n}\n${instance(lines)}`);
      assert.deepEqual(of(''), { ...BASE, ...changed }, line);
      assert.deepEqual(of(own), BASE, `${line} and ${own}`);
    }
  });

  test('has the group of its family and the check of sources of the file', () => {
    const globals = 'global_defs { \nvrrp_mcast_group6 ff02::99\nvrrp_check_unicast_src\n}\n';
    const [v6] = configOf(globals + instance('').replace('10.0.0.1', 'fe80::1')).instances;
    assert.deepEqual(v6?.transport, { kind: 'multicast', group: 'ff02::99' });
    const peered = instanceOf(globals + instance(PEERS));
    assert.deepEqual(peered.transport, { ...unicast, checkSource: true });
  });

  test('names the interfaces of both families of a VRID by vmac_prefix', () => {
    const both = `${instance('use_vmac')}${instance('use_vmac', 'VI_6').replace('10.0.0.1', 'fe80::1')}`;
    for (const [globals, ...names] of [
      ['', 'vrrp.51', 'vrrp6.51'],
      ['global_defs { vmac_prefix vip }\n', 'vip.51', 'vip6.51'],
    ] as const) {
      assert.deepEqual(said(globals + both), []);
      assert.deepEqual(
        configOf(globals + both).instances.map(({ vmac }) => vmac?.name),
        names,
      );
    }
  });

  test('may be without an address by no_virtual_ipaddress, and is then of the family of its peers', () => {
    const bare = instance(`no_virtual_ipaddress\n${PEERS}`).replace('virtual_ipaddress { 10.0.0.1 }', '');
    assert.deepEqual(said(bare), []);
    assert.deepEqual(instanceOf(bare), { ...BASE, virtualAddresses: [], transport: unicast });
    const v6 = instanceOf(bare.replace('10.0.0.8', 'fe80::8'));
    assert.deepEqual([v6.family, v6.version], ['inet6', 3]);
  });
});

describe('readKeepalived says of an instance', () => {
  for (const [lines, ...problems] of [
    ['priority 255\npreempt_delay 3', '6:15 warning value_replaced'],
    ['nopreempt\npreempt_delay 3', '6:15 warning value_replaced'],
    ['state MASTER\npriority 9\npreempt_delay 3', '7:15 warning value_replaced'],
    ['preempt_delay 1001', '5:15 error out_of_range'],
    ['version 3\nadvert_int 41', '6:12 error out_of_range'],
    ['version 3\nadvert_int 0.255', '6:12 warning value_replaced'],
    ['advert_int 256', '5:12 error out_of_range'],
    ['down_timer_adverts 101', '5:20 error out_of_range'],
    ['unicast_ttl 256', '5:13 error out_of_range'],
    ['unicast_peer { 10.0.0.8 min_ttl 9 max_ttl 8 }', '5:16 error bad_value'],
    ['unicast_peer { 10.0.0.8 min_ttl 256 }', '5:33 error out_of_range'],
    ['unicast_peer { 10.0.0.8 ttl 9 }', '5:25 error unknown_value'],
    ['unicast_peer { fe80::8 }', '5:16 error mixed_families'],
    ['mcast_dst_ip 10.0.0.8', '5:14 error bad_value'],
    ['mcast_dst_ip ff02::12', '5:14 error mixed_families'],
    ['virtual_ipaddress_excluded { 10.0.0.1 }', '5:30 warning duplicate_address'],
    ['virtual_ipaddress_excluded { 10.0.0.9 peer fe80::1 }', '5:30 error mixed_families'],
    ['virtual_ipaddress_excluded { fe80::9 label x }', '5:30 warning value_replaced'],
    ['use_vmac eth0', '5:10 error conflicting_keys'],
    ['use_vmac a b', '5:12 warning surplus_value'],
    ['garp_master_repeat 0', '5:20 warning value_replaced'],
    ['garp_lower_prio_repeat 101', '5:24 error out_of_range'],
    ['garp_extra_if 86401', '5:15 error out_of_range'],
    ['garp_extra_if all', '5:1 error missing_value'],
    ['higher_prio_send_advert maybe', '5:25 error unknown_value'],
    ['strict_mode\nuse_vmac v 02:00:00:00:00:01', '5:1 warning vip_refuses_traffic'],
    [hmacOf('time_window 2.5'), '8:13 error bad_value'],
    [hmacOf('mode lax'), '8:6 error unknown_value'],
    [hmacOf(`key 7 ${KEY}`), '8:5 warning overridden'],
    [hmacOf(`key 8 ${KEY} ${KEY}`), '8:40 warning surplus_value'],
    [`auth_hmac ${KEY} {\nkey 7 ${KEY}\nactive_key 7\n}`, '5:11 warning surplus_value'],
  ] as const) {
    test(`${problems} for ${lines.replaceAll('\n', '; ').replaceAll(KEY, 'KEY')}`, () => {
      assert.deepEqual(said(instance(lines)), problems);
    });
  }

  test('that strict mode has the MAC address of the virtual router', () => {
    const strict = instance('strict_mode\nuse_vmac v 02:00:00:00:00:01');
    assert.deepEqual(instanceOf(strict).vmac, { ...vmac, name: 'v' });
  });
});
