import { block, type CorpusEntry, entry, server, service, services } from './entry.ts';

const SCHEDULERS = [
  'rr',
  'wrr',
  'lc',
  'wlc',
  'lblc',
  'lblcr',
  'sh',
  'mh',
  'dh',
  'fo',
  'ovf',
  'sed',
  'nq',
  'twos',
];
const group = (name: string, ...lines: readonly string[]): string =>
  block(`virtual_server_group ${name}`, lines.join('\n'));

export const SERVICES: readonly CorpusEntry[] = [
  entry('service-with-the-least', block('virtual_server 10.0.0.1 80', server('10.0.0.11 80', ''))),
  entry('schedulers', services(...SCHEDULERS.map((name) => `lb_algo ${name}`))),
  entry('scheduler-under-its-other-name', services('lvs_sched lc', 'lb_algo rr\nlvs_sched wrr')),
  entry('scheduler-unknown', services('lb_algo roundrobin')),
  entry(
    'scheduler-flags',
    services(
      'lb_algo sh\nsh-port',
      'lb_algo sh\nsh-fallback\nsh-port',
      'lb_algo mh\nmh-port',
      'lb_algo mh\nmh-fallback',
      'lb_algo rr\nflag-1\nflag-3',
      'lb_algo wlc\nflag-2',
    ),
  ),
  entry(
    'scheduler-flags-above-it',
    services('sh-port\nlb_algo sh', 'lb_algo rr\nsh-port', 'flag-1\nlb_algo mh'),
  ),
  entry('forwarding', services('lb_kind NAT', 'lb_kind DR', 'lb_kind TUN', 'lb_kind NAT\nlvs_method DR')),
  entry('forwarding-unknown', services('lb_kind FNAT')),
  entry(
    'forwarding-of-servers',
    services(
      `lb_kind DR\n${server('10.0.0.11 1', 'lvs_method NAT')}${server('10.0.0.12 1', 'lvs_method TUN')}${server('10.0.0.13 1', '')}`,
    ),
  ),
  entry(
    'tunnels',
    services(
      'lb_kind TUN type ipip',
      'lb_kind TUN type gue port 6080',
      'lb_kind TUN type gue port 6080 csum',
      'lb_kind TUN type gue port 6080 remcsum',
      'lb_kind TUN type gre csum',
      `lb_kind DR\n${server('10.0.0.11 6', 'lvs_method TUN type gue port 5000 nocsum')}`,
    ),
  ),
  entry('tunnel-without-its-port', services('lb_kind TUN type gue')),
  entry(
    'protocols',
    services('protocol TCP', 'protocol UDP', 'protocol SCTP', 'protocol tcp', 'protocol Udp'),
  ),
  entry('protocol-none', block('virtual_server 10.0.0.1 80', `lb_algo rr\n${server('10.0.0.11 80', '')}`)),
  entry('protocol-unknown', services('protocol HTTP')),
  entry(
    'persistence',
    services(
      'persistence_timeout',
      'persistence_timeout 50',
      'persistence_timeout 0',
      'persistence_timeout 2678400',
      'persistence_timeout 60\npersistence_granularity 255.255.255.0',
      'persistence_timeout 60\npersistence_granularity 16',
      'persistence_granularity 24',
      'protocol UDP\npersistence_timeout 300\npersistence_engine sip',
    ),
  ),
  entry('persistence-too-long', services('persistence_timeout 2678401')),
  entry(
    'persistence-granularity-bad',
    services('persistence_timeout 60\npersistence_granularity 255.0.255.0'),
  ),
  entry(
    'persistence-of-version-6',
    `${service('2001:db8::1 80', 'persistence_timeout 60\npersistence_granularity 64')}${service('2001:db8::1 81', 'persistence_timeout 60')}`,
  ),
  entry('one-packet', services('protocol UDP\nops', 'protocol TCP\nops')),
  entry(
    'marks',
    `${service('fwmark 1', '')}${service('fwmark 2', 'persistence_timeout')}${service('fwmark 3 inet', 'ops')}${service('fwmark 4 inet6', server('2001:db8::11 0', ''))}${service('fwmark 5', server('2001:db8::11 0', ''))}`,
  ),
  entry('mark-with-a-protocol', service('fwmark 9', `protocol TCP\n${server('10.0.0.11 80', '')}`)),
  entry('mark-zero', service('fwmark 0', '')),
  entry(
    'ports-of-servers',
    services(
      `lb_kind NAT\n${server('10.0.0.11 8080', '')}${server('10.0.0.12', '')}${server('10.0.0.13 0', '')}`,
      `lb_kind DR\n${server('10.0.0.11 2', '')}${server('10.0.0.12', '')}${server('10.0.0.13 0', '')}`,
      `lb_kind DR\n${server('10.0.0.11 8080', '')}`,
      `lb_kind TUN\n${server('10.0.0.11 8080', '')}${server('10.0.0.12', '')}`,
    ),
  ),
  entry(
    'ports-of-servers-of-marks',
    `${service('fwmark 1', `lb_kind NAT\n${server('10.0.0.11 8080', '')}${server('10.0.0.12', '')}`)}${service('fwmark 2', `lb_kind DR\n${server('10.0.0.11 8080', '')}${server('10.0.0.12', '')}`)}`,
  ),
  entry(
    'port-zero',
    service('10.0.0.1 0', `persistence_timeout 60\nlb_kind DR\n${server('10.0.0.11 0', '')}`),
  ),
  entry('port-zero-without-persistence', service('10.0.0.1 0', server('10.0.0.11 0', ''))),
  entry('port-none', service('10.0.0.1', `persistence_timeout 60\n${server('10.0.0.11', '')}`)),
  entry('port-too-high', service('10.0.0.1 65536', '')),
  entry(
    'weights',
    services(
      `${server('10.0.0.11 1', 'weight 0')}${server('10.0.0.12 1', 'weight 1')}${server('10.0.0.13 1', '')}${server('10.0.0.14 1', 'weight 65535')}`,
      `weight 5\n${server('10.0.0.11 1', '')}${server('10.0.0.12 1', 'weight 2')}`,
      `${server('10.0.0.11 1', '')}weight 7`,
    ),
  ),
  entry('weight-negative', services(server('10.0.0.11 1', 'weight -1'))),
  entry('weight-too-high', services(server('10.0.0.11 1', 'weight 2147483648'))),
  entry(
    'thresholds',
    services(
      `${server('10.0.0.11 1', 'uthreshold 100\nlthreshold 50')}${server('10.0.0.12 1', 'uthreshold 100')}`,
    ),
  ),
  entry('thresholds-the-wrong-way-round', services(server('10.0.0.11 1', 'uthreshold 10\nlthreshold 50'))),
  entry('thresholds-without-the-upper', services(server('10.0.0.11 1', 'lthreshold 50'))),
  entry(
    'server-twice',
    services(`${server('10.0.0.11 80', 'weight 1')}${server('10.0.0.11 80', 'weight 2')}`),
  ),
  entry(
    'server-twice-on-other-ports',
    services(`lb_kind NAT\n${server('10.0.0.11 80', '')}${server('10.0.0.11 81', '')}`),
  ),
  entry('service-twice', `${service('10.0.0.1 80', '')}${service('10.0.0.1 80', 'lb_algo rr')}`),
  entry(
    'service-with-two-protocols',
    `${service('10.0.0.1 53', 'protocol UDP')}${service('10.0.0.1 53', 'protocol TCP')}`,
  ),
  entry('service-without-servers', `${block('virtual_server 10.0.0.1 80', 'protocol TCP')}${services('')}`),
  entry('service-that-is-no-address', service('example 80', '')),
  entry(
    'services-of-version-6',
    `${service('2001:db8::1 80', 'lb_kind DR')}${service('2001:DB8:0::2 443', `lb_algo rr\n${server('2001:db8::11 443', 'weight 3')}${server('2001:db8::12 443', '')}`)}`,
  ),
  entry(
    'families-mixed-by-a-tunnel',
    service('10.0.0.1 80', `lb_kind TUN\n${server('2001:db8::11 80', '')}`),
  ),
  entry(
    'families-mixed-by-routing',
    service('10.0.0.1 80', `lb_kind DR\n${server('2001:db8::11 80', '')}${server('10.0.0.11 80', '')}`),
  ),
  entry(
    'group',
    `${group('G1', '10.1.0.1 80', '10.1.0.2 81', 'fwmark 7')}${service('group G1', `lb_kind NAT\n${server('10.0.0.11 8080', 'weight 2')}${server('10.0.0.12 8080', '')}`)}`,
  ),
  entry(
    'group-with-ranges',
    `${group('G1', '10.1.0.1-4 80', '10.1.1.0/30 443', '10.1.2.250-255 8080')}${service('group G1', `lb_kind DR\n${server('10.0.0.11 0', '')}`)}`,
  ),
  entry(
    'group-of-version-6',
    `${group('G1', '2001:db8::1 80', '2001:db8::10-12 443')}${service('group G1', server('2001:db8::11 80', ''))}`,
  ),
  entry(
    'group-below-its-service',
    `${service('group G1', server('10.0.0.11 80', ''))}${group('G1', '10.1.0.1 80')}`,
  ),
  entry(
    'group-of-two-services',
    `${group('G1', '10.1.0.1 80')}${service('group G1', 'protocol TCP')}${service('group G1', 'protocol UDP')}`,
  ),
  entry('group-missing', service('group G1', '')),
  entry('group-empty', `${group('G1', '')}${service('group G1', '')}${services('')}`),
  entry(
    'group-with-port-zero',
    `${group('G1', '10.1.0.1', '10.1.0.2 0')}${service('group G1', `persistence_timeout 60\n${server('10.0.0.11 0', '')}`)}`,
  ),
  entry(
    'sorry-server-and-quorum',
    services(
      `alpha\nomega\nquorum 2\nhysteresis 1\nquorum_up "/bin/true"\nquorum_down "/bin/true"\nsorry_server 10.0.0.99 80\nsorry_server_inhibit\n${server('10.0.0.11 1', 'inhibit_on_failure')}${server('10.0.0.12 1', 'notify_up "/bin/true"')}`,
    ),
  ),
  entry('quorum-too-high', services(`quorum 5\n${server('10.0.0.11 1', '')}`)),
  entry(
    'words-of-services',
    services('ha_suspend\nvirtualhost example.org\nsmtp_alert\nhashed\ninhibit_on_failure\nsnmp_name web'),
  ),
];
