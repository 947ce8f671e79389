import { block, type CorpusEntry, entry, instance, instances } from './entry.ts';

const addresses = (...lines: readonly string[]): string => block('virtual_ipaddress', lines.join('\n'));
const authentication = (...lines: readonly string[]): string => block('authentication', lines.join('\n'));
const globals = (...lines: readonly string[]): string => block('global_defs', lines.join('\n'));
const password = (text: string): string => authentication('auth_type PASS', `auth_pass ${text}`);

const STATES = ['', 'state MASTER', 'state BACKUP'];
const PRIORITIES = ['', 'priority 1', 'priority 100', 'priority 254', 'priority 255'];

export const INSTANCES: readonly CorpusEntry[] = [
  entry('instance-with-the-least', instances('')),
  entry(
    'state-and-priority',
    instances(...STATES.flatMap((state) => PRIORITIES.map((priority) => `${state}\n${priority}`))),
  ),
  entry('advert-int-whole', instances('advert_int 1', 'advert_int 2', 'advert_int 60', 'advert_int 255')),
  entry(
    'advert-int-in-version-3',
    instances(
      ...['0.01', '0.5', '1', '1.23', '40.95', '.2'].map((interval) => `version 3\nadvert_int ${interval}`),
    ),
  ),
  entry('advert-int-with-a-fraction', instances('advert_int 1.5', 'advert_int 2.4', 'advert_int 0.6')),
  entry('advert-int-too-long-for-version-3', instances('version 3\nadvert_int 60')),
  entry('version-of-all', `${globals('vrrp_version 3')}${instances('advert_int 0.3', 'version 2')}`),
  entry(
    'preemption',
    instances(
      'nopreempt',
      'state BACKUP\nnopreempt',
      'state MASTER\nnopreempt',
      'nopreempt\npriority 255',
      'nopreempt\npreempt',
      'preempt\nnopreempt',
      'preempt_delay 10',
      'nopreempt\npreempt_delay 10',
    ),
  ),
  entry(
    'passwords',
    instances(...['1', '1234', '12345678', '123456789', 'longerthaneight', '"a b"'].map(password)),
  ),
  entry('authentication-without-type', instances(authentication('auth_pass 1111'))),
  entry('authentication-without-password', instances(authentication('auth_type PASS'))),
  entry('authentication-before-type', instances(authentication('auth_pass 1111', 'auth_type PASS'))),
  entry('authentication-in-version-3', instances(`version 3\n${password('1111')}`)),
  entry('authentication-of-another-type', instances(authentication('auth_type SIMPLE', 'auth_pass 1111'))),
  entry('authentication-header', instances(authentication('auth_type AH', 'auth_pass 1111'))),
  entry(
    'address-details',
    instances(
      addresses(
        '10.1.0.1',
        '10.1.0.2/24',
        '10.1.0.3/24 dev eth1',
        '10.1.0.4/24 label eth0:4',
        '10.1.0.5/24 dev eth1 label eth1:x scope link',
        '10.1.0.6/32 scope host',
        '10.1.0.7/24 brd 10.1.0.255',
        '10.1.0.8/24 brd +',
        '10.1.0.9/20 broadcast -',
        '10.1.0.10/30 brd + dev eth1 scope site',
        '10.1.0.11/0',
        '10.1.0.12/24 scope 253',
      ),
    ),
  ),
  entry('address-twice', instances(addresses('10.1.0.1/24', '10.1.0.2/24', '10.1.0.1/24'))),
  entry('address-twice-with-other-masks', instances(addresses('10.1.0.1/24', '10.1.0.1/32'))),
  entry('address-of-two-instances', instances(addresses('10.1.0.1/24'), addresses('10.1.0.1/24'))),
  entry('addresses-in-two-blocks', instances(`${addresses('10.1.0.1/24')}${addresses('10.1.0.2/24')}`)),
  entry('addresses-of-two-families', instances(addresses('10.1.0.1/24', '2001:db8::1/64', '10.1.0.2'))),
  entry('addresses-of-version-6', instances(addresses('fe80::1', '2001:db8::1/64'))),
  entry(
    'addresses-excluded',
    instances(`${addresses('10.1.0.1')}${block('virtual_ipaddress_excluded', '10.1.0.2\n2001:db8::2')}`),
  ),
  entry(
    'addresses-none',
    `${block('vrrp_instance VI_1', 'interface eth0\nvirtual_router_id 1')}${instances('')}`,
  ),
  entry('addresses-none-in-their-block', `${instance('VI_0', 200, addresses(''))}${instances('')}`),
  entry('addresses-many', instances(addresses(...Array.from({ length: 40 }, (_, i) => `10.1.${i}.1/24`)))),
  entry('address-with-a-bad-mask', instances(addresses('10.1.0.1/33'))),
  entry('address-that-is-none', instances(addresses('10.1.0.256'))),
  entry('address-with-an-unknown-word', instances(addresses('10.1.0.1/24 metric 5', '10.1.0.2/24'))),
  entry('address-on-a-missing-interface', instances(addresses('10.1.0.1/24 dev eth9'))),
  entry(
    'announcements',
    instances(
      'garp_master_delay 0',
      'garp_master_delay 10\ngarp_master_repeat 1',
      'garp_master_repeat 12\ngarp_master_refresh 60\ngarp_master_refresh_repeat 3',
      'garp_lower_prio_delay 3\ngarp_lower_prio_repeat 2',
      'garp_master_delay 2.5',
    ),
  ),
  entry(
    'announcements-of-all',
    `${globals(
      'vrrp_garp_master_delay 7',
      'vrrp_garp_master_repeat 2',
      'vrrp_garp_master_refresh 30',
      'vrrp_garp_master_refresh_repeat 4',
    )}${instances('', 'garp_master_delay 1', 'garp_master_refresh 0')}`,
  ),
  entry(
    'announcements-of-all-below',
    `${instances('')}${globals('vrrp_garp_master_delay 9', 'vrrp_version 3')}`,
  ),
  entry('announcements-few', `${globals('vrrp_min_garp')}${instances('', 'garp_master_repeat 3')}`),
  entry(
    'interface-of-all',
    `${globals('default_interface eth1')}${block('vrrp_instance VI_1', `virtual_router_id 1\n${addresses('10.0.0.1')}`)}`,
  ),
  entry('interface-of-none', block('vrrp_instance VI_1', `virtual_router_id 1\n${addresses('10.0.0.1')}`)),
  entry('interface-missing', instances('interface eth9')),
  entry(
    'vrid-on-two-interfaces',
    `${instance('VI_1', 51, 'interface eth0')}${instance('VI_2', 51, `interface eth1\n${addresses('10.0.1.51/24')}`)}`,
  ),
  entry('vrid-twice', `${instance('VI_1', 51, '')}${instance('VI_2', 51, addresses('10.0.0.52/24'))}`),
  entry('vrid-none', block('vrrp_instance VI_1', `interface eth0\n${addresses('10.0.0.1/24')}`)),
  entry('vrid-too-high', instance('VI_1', 256, addresses('10.0.0.1/24'))),
  entry('instance-twice', `${instance('VI_1', 1, '')}${instance('VI_1', 2, '')}`),
  entry('priority-too-high', instances('priority 256')),
  entry('priority-zero', instances('priority 0')),
  entry('priority-that-is-none', instances('priority high')),
  entry('advert-int-zero', instances('advert_int 0')),
  entry('state-unknown', instances('state SLAVE')),
  entry(
    'source-address',
    instances('mcast_src_ip 10.0.0.5', 'unicast_src_ip 10.0.0.5', 'mcast_src_ip 10.9.9.9'),
  ),
  entry(
    'strict',
    `${globals('vrrp_strict')}${instances('', 'priority 200', 'strict_mode off\nadvert_int 2')}`,
  ),
  entry('strict-with-authentication', `${globals('vrrp_strict')}${instances(password('1111'))}`),
  entry(
    'strict-with-a-master',
    `${globals('vrrp_strict')}${instances('state MASTER', 'nopreempt\nstate BACKUP')}`,
  ),
  entry(
    'groups-of-instances',
    `${block('vrrp_sync_group G1', block('group', 'VI_1\nVI_2'))}${instances('state MASTER', 'priority 50')}`,
  ),
  entry(
    'trackers-and-scripts',
    `${block('vrrp_script chk', 'script "/bin/true"\ninterval 2\nweight -20\nfall 2\nrise 3')}${instances(
      `${block('track_script', 'chk')}${block('track_interface', 'eth1 weight 10')}`,
      'notify_master "/bin/true"\nnotify "/bin/true x"\nsmtp_alert',
      block('unicast_peer', '10.0.0.6\n10.0.0.7'),
    )}`,
  ),
  entry(
    'routes-and-rules',
    instances(
      `${block('virtual_routes', '10.5.0.0/16 via 10.0.0.1 dev eth0')}${block('virtual_rules', 'from 10.5.0.0/16 table 5')}`,
    ),
  ),
  entry(
    'global-words',
    `${globals(
      'router_id "lb 01"',
      'vrrp_skip_check_adv_addr',
      'vrrp_mcast_group4 224.0.0.18',
      'script_user root',
      'enable_script_security',
      'max_auto_priority 50',
      'lvs_timeouts tcp 100 udp 30',
      block('notification_email', 'a@example.org\nb@example.org'),
      'notification_email_from lb@example.org',
      'smtp_server 127.0.0.1',
      'smtp_connect_timeout 30',
    )}${instances('')}`,
  ),
];
