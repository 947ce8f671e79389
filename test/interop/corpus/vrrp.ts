import { block, type CorpusEntry, entry, instance, instances } from './entry.ts';

const addresses = (...lines: readonly string[]): string => block('virtual_ipaddress', lines.join('\n'));
const excluded = (...lines: readonly string[]): string =>
  block('virtual_ipaddress_excluded', lines.join('\n'));
const peers = (...lines: readonly string[]): string => block('unicast_peer', lines.join('\n'));
const globals = (...lines: readonly string[]): string => block('global_defs', lines.join('\n'));

/** An instance on `device` with an interface of its own. */
const vmac = (name: string, device: string, vrid: number, body: string): string =>
  instance(name, vrid, `interface ${device}\nuse_vmac\n${body}`);

/** What instances have besides the election itself: both families, peers, paces and interfaces of their own. */
export const VRRP: readonly CorpusEntry[] = [
  entry(
    'families',
    instances(
      addresses('fe80::1', '2001:db8::1/64'),
      `version 3\n${addresses('10.1.0.1')}`,
      `version 2\nadvert_int 2\n${addresses('fe80::2')}`,
      `${addresses('10.1.0.2')}${excluded('2001:db8::2', '10.1.0.3/24 dev eth1')}`,
    ),
  ),
  entry(
    'addresses-only-excluded',
    instances(excluded('10.1.0.3/24')).replace(/virtual_ipaddress \{[^}]*\}/, ''),
  ),
  entry(
    'address-options',
    instances(
      addresses(
        '10.1.0.1/24 home',
        '10.1.0.2/24 -nodad noprefixroute',
        '10.1.0.3/24 label eth0:3 no_track mngtmpaddr autojoin',
        '10.1.0.4 peer 10.1.0.5',
        '10.1.0.6/24 peer 10.1.0.7',
        '10.1.0.8 brd 10.1.0.255 peer 10.1.0.9',
      ),
      addresses(
        'fe80::1',
        '2001:db8::1',
        '2001:db8::2 preferred_lft forever',
        '2001:db8::3/64',
        '2001:db8::4/64 preferred_lft 0 -nodad',
        '2001:db8::5/64 preferred_lft 100 home dev eth1 scope link',
      ),
    ),
  ),
  entry(
    'peers',
    instances(
      peers('10.0.0.6', '10.0.0.7'),
      `unicast_src_ip 10.0.0.5\nunicast_ttl 64\n${peers('10.0.0.6 min_ttl 250', '10.0.0.7 min_ttl 10 max_ttl 20')}`,
      `check_unicast_src\n${peers('10.0.0.6')}`,
      `${addresses('fe80::9')}${peers('fe80::6', '2001:db8::6')}`,
    ),
  ),
  entry('peers-of-all', `${globals('vrrp_check_unicast_src')}${instances(peers('10.0.0.6'), '')}`),
  entry('peers-none', instances(peers(''))),
  entry('peers-twice', instances(peers('10.0.0.6', '10.0.0.7', '10.0.0.6'))),
  entry('peers-with-limits-the-wrong-way-round', instances(peers('10.0.0.6 min_ttl 9 max_ttl 8'))),
  entry('peers-of-another-family', instances(peers('10.0.0.6', '2001:db8::6'))),
  entry('peers-in-strict-mode', instances(`strict_mode\n${peers('10.0.0.6')}`)),
  entry(
    'groups',
    `${globals('vrrp_mcast_group4 224.0.0.42', 'vrrp_mcast_group6 ff02::42')}${instances(
      '',
      addresses('fe80::9'),
      'mcast_dst_ip 224.0.0.43',
      peers('10.0.0.6'),
    )}`,
  ),
  entry(
    'preemption-with-a-delay',
    instances(
      'preempt_delay 1.5',
      'state BACKUP\npreempt_delay 1000',
      'state MASTER\npreempt_delay 3',
      'nopreempt\npreempt_delay 3',
      'priority 255\npreempt_delay 3',
    ),
  ),
  entry('preemption-delay-too-long', instances('preempt_delay 1001')),
  entry(
    'answers',
    instances(
      'lower_prio_no_advert',
      'lower_prio_no_advert false',
      'higher_prio_send_advert',
      'higher_prio_send_advert off',
      'down_timer_adverts 1',
      'down_timer_adverts 100',
      'no_accept',
      'accept',
      'promote_secondaries',
      'dont_track_primary',
    ),
  ),
  entry(
    'answers-of-all',
    `${globals(
      'vrrp_lower_prio_no_advert',
      'vrrp_higher_prio_send_advert',
      'vrrp_down_timer_adverts 5',
    )}${instances('', 'lower_prio_no_advert no', 'higher_prio_send_advert no\ndown_timer_adverts 3')}`,
  ),
  entry(
    'announcements-after-a-lower-priority',
    `${globals('vrrp_garp_lower_prio_delay 7', 'vrrp_garp_lower_prio_repeat 2', 'vrrp_garp_extra_if 30')}${instances(
      '',
      'garp_lower_prio_delay 0\ngarp_lower_prio_repeat 0',
      'garp_master_delay 3\ngarp_master_repeat 4',
    )}`,
  ),
  entry(
    'announcements-after-a-lower-priority-by-default',
    `${globals('vrrp_garp_master_delay 8', 'vrrp_garp_master_repeat 9')}${instances('', 'garp_master_repeat 4')}`,
  ),
  entry(
    'vmacs',
    `${vmac('VI_1', 'eth0', 9, '')}${vmac('VI_2', 'eth1', 9, addresses('10.0.1.9'))}${vmac(
      'VI_3',
      'eth0',
      9,
      addresses('fe80::9'),
    )}${vmac('VI_4', 'eth1', 9, addresses('fe80::a'))}`,
  ),
  entry(
    'vmacs-with-names',
    instances(
      'use_vmac vip0',
      'use_vmac vip1 02:00:00:00:00:01',
      'use_vmac\nvmac_xmit_base',
      `use_vmac\n${peers('10.0.0.6')}`,
      'use_vmac\ngarp_extra_if 30',
    ),
  ),
  entry('vmac-called-as-its-base', instances('use_vmac eth0')),
  entry(
    'vmacs-with-a-prefix',
    `${globals('vmac_prefix vip')}${instances(
      'use_vmac',
      'use_vmac own',
    )}${vmac('VI_3', 'eth1', 1, addresses('fe80::9'))}`,
  ),
  entry(
    'vmacs-and-addresses-elsewhere',
    `${vmac(
      'VI_1',
      'eth0',
      9,
      `${addresses('10.1.0.1', '10.1.0.2 dev eth0', '10.1.0.3 dev eth1')}${excluded(
        '10.1.0.4',
        '2001:db8::1',
        '2001:db8::2 dev eth0',
        '10.1.0.5 dev eth1 use_vmac',
      )}`,
    )}${vmac(
      'VI_2',
      'eth0',
      10,
      `use_vmac_addr\n${addresses('fe80::1', 'fe80::2 dev eth1')}${excluded(
        'fe80::3 dev eth1',
        '10.2.0.1',
        '10.2.0.2 dev eth1',
        '10.2.0.3 dev eth2',
      )}`,
    )}${instance('VI_3', 12, `use_vmac_addr\n${addresses('10.3.0.1', '10.3.0.2 dev eth1')}`)}`,
  ),
  entry(
    'strict-in-every-way',
    instances(
      'strict_mode\npreempt_delay 5\ndown_timer_adverts 5\nhigher_prio_send_advert\ngarp_lower_prio_repeat 3',
      'strict_mode\naccept',
      'strict_mode\nversion 3\naccept',
      'strict_mode\npriority 255',
      `strict_mode\nversion 2\n${addresses('fe80::1')}`,
      'strict_mode\nuse_vmac\nvmac_xmit_base',
      'strict_mode\nuse_vmac vip7 02:00:00:00:00:01',
    ),
  ),
];
