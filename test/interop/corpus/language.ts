import {
  block,
  type CorpusEntry,
  entry,
  instance,
  instances,
  server,
  service,
  services,
  tcpCheck,
} from './entry.ts';

const whole = `${instances('priority 90')}${services(server('10.0.0.11 80', `weight 2\n${tcpCheck('connect_timeout 3')}`))}`;

export const LANGUAGE: readonly CorpusEntry[] = [
  entry('empty', ''),
  entry('comments', `! first\n# second\n${whole.replaceAll('\n', ' # here\n')}! last`),
  entry('comments-of-another-language', whole.replaceAll('priority 90', 'priority 90 // the better\n')),
  entry('comments-without-a-blank', instances('priority 90#ninety\nadvert_int 2!two')),
  entry('comments-in-chinese', `! 配置文件\n${whole.replaceAll('{\n', '{ #虚拟地址\n')}`),
  entry('line-ends-of-windows', whole.replaceAll('\n', '\r\n')),
  entry('line-end-missing', whole.trimEnd()),
  entry('byte-order-mark', `\ufeff${whole}`),
  entry('tabs', whole.replaceAll('  ', '\t').replaceAll(' ', '\t')),
  entry('indentation-none', whole.replace(/^ +/gm, '')),
  entry('braces-on-lines-of-their-own', whole.replaceAll(' {\n', '\n{\n')),
  entry('braces-without-a-blank', whole.replaceAll(' {\n', '{\n')),
  entry(
    'blocks-in-one-line',
    `vrrp_instance VI_1 { interface eth0\n virtual_router_id 1\n virtual_ipaddress { 10.0.0.1/24 }\n authentication { auth_type PASS\n auth_pass 1111 } }\n`,
  ),
  entry(
    'blocks-in-one-line-each',
    'vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress { 10.0.0.1/24 }\n}\n',
  ),
  entry(
    'quotes',
    `global_defs {\n router_id "lb # 1"\n}\n${instance('"VI 1"', 1, 'state "MASTER"\npriority "90"')}`,
  ),
  entry('quotes-that-escape', `global_defs {\n router_id "lb\\"1\\x41"\n}\n${instances('')}`),
  entry('quote-unclosed', instances('state "MASTER\npriority 90')),
  entry('brace-missing', whole.trimEnd().slice(0, -1)),
  entry('brace-too-many', `${instances('')}}\n${instance('VI_9', 9, '')}`),
  entry('keyword-unknown', instances('prority 90\nadvert_int 2')),
  entry(
    'keyword-unknown-with-a-block',
    `${block('vrrp_instanze VI_0', 'interface eth0\nvirtual_router_id 9')}${instances('')}`,
  ),
  entry('keyword-at-the-top', `priority 90\n${instances('')}`),
  entry('keyword-twice', instances('priority 90\npriority 80\nadvert_int 2\nadvert_int 3')),
  entry('keyword-without-its-value', instances('priority')),
  entry('keyword-with-too-many-values', instances('priority 90 80')),
  entry('keyword-in-capitals', instances('PRIORITY 90')),
  entry('numbers', instances('priority 010', 'priority +5', 'advert_int 2.0', 'advert_int 02')),
  entry('numbers-in-hexadecimal', instances('priority 0x10')),
  entry('numbers-with-a-unit', instances('advert_int 2s')),
  entry('numbers-with-a-fraction', instances('priority 90.5')),
  entry(
    'global-twice',
    `${block('global_defs', 'router_id a\nvrrp_garp_master_delay 3')}${block('global_defs', 'router_id b')}${instances('')}`,
  ),
  entry('include', 'include part.conf\n', { files: { 'part.conf': whole } }),
  entry('include-missing', `include nothing.conf\n${instances('')}`),
  entry('include-many', 'include parts/*.conf\n', {
    files: {
      'parts/b.conf': instance('VI_2', 2, ''),
      'parts/a.conf': instance('VI_1', 1, ''),
      'parts/c.txt': instance('VI_3', 3, ''),
    },
  }),
  entry(
    'include-in-a-block',
    block('vrrp_instance VI_1', 'interface eth0\ninclude body.conf\nvirtual_router_id 1'),
    {
      files: { 'body.conf': 'priority 77\nvirtual_ipaddress {\n  10.0.0.1/24\n}\n' },
    },
  ),
  entry('include-within-an-include', 'include parts/first.conf\n', {
    files: { 'parts/first.conf': 'include second.conf\n', 'parts/second.conf': whole },
  }),
  entry('include-strict', 'includea a.conf\nincluder b.conf\n', {
    files: { 'a.conf': instance('VI_1', 1, ''), 'b.conf': instance('VI_2', 2, '') },
  }),
  entry('include-braces', 'include {a,b}.conf\n', {
    files: { 'a.conf': instance('VI_1', 1, ''), 'b.conf': instance('VI_2', 2, '') },
  }),
  entry(
    'definition',
    `$PRIO=90\n$IF=eth0\n${instances('interface $IF\npriority $PRIO', `interface \${IF}\npriority 1\${PRIO}`)}`,
  ),
  entry('definition-late', `$A=$B\n$B=80\n${instances('priority $A')}`),
  entry(
    'definition-again',
    `$P=10\n${instance('VI_1', 1, 'priority $P')}$P=20\n${instance('VI_2', 2, 'priority $P')}`,
  ),
  entry(
    'definition-of-a-block',
    `$AUTH= \\\n  authentication { \\\n    auth_type PASS \\\n    auth_pass 1234 \\\n  }\n${instances('$AUTH', 'priority 5\n$AUTH')}`,
  ),
  entry('definition-missing', instances('priority $NONE\nadvert_int 2')),
  entry('environment', instances(`priority \${_ENV PRIO}`), { environment: { PRIO: '66' } }),
  entry(
    'sequence-of-a-block',
    `$VI= \\\n  vrrp_instance VI_\${N} { \\\n    interface eth0 \\\n    virtual_router_id \${N} \\\n    virtual_ipaddress { \\\n      10.0.0.\${N}/24 \\\n    } \\\n  }\n~SEQ(N, 1, 2, 7) $VI\n`,
  ),
  entry(
    'sequence-of-lines',
    block(
      'vrrp_instance VI_1',
      `interface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n~SEQ(I, 1, 5) 10.1.0.\${I}/24\n}`,
    ),
  ),
  entry(
    'sequence-with-a-step',
    block(
      'vrrp_instance VI_1',
      `interface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n~SEQ(I, 1, 2, 9) 10.1.0.\${I}/24\n}`,
    ),
  ),
  entry(
    'sequence-downwards',
    block(
      'vrrp_instance VI_1',
      `interface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n~SEQ(I, 9, -4, 1) 10.1.0.\${I}/24\n}`,
    ),
  ),
  entry(
    'sequence-of-sequences',
    block(
      'vrrp_instance VI_1',
      `interface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n~SEQ(I, 1, 3) ~SEQ(J, 1, 2) 10.\${J}.0.\${I}/24\n}`,
    ),
  ),
  entry(
    'sequence-without-braces',
    block(
      'vrrp_instance VI_1',
      `interface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n~SEQ(I, 1, 3) 10.1.0.$I/24\n}`,
    ),
  ),
  entry(
    'list',
    block(
      'vrrp_instance VI_1',
      `interface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n~LST(I, 3, 7, 9) 10.1.0.\${I}/24\n}`,
    ),
  ),
  entry(
    'list-of-pairs',
    block(
      'vrrp_instance VI_1',
      `interface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n~LST({I,M}, {3,24}, {7,25}) 10.1.0.\${I}/\${M}\n}`,
    ),
  ),
  entry('conditions', instances('@me priority 11\n@you priority 22\n@^you advert_int 3\n@^me advert_int 4')),
  entry('lines-continued', instances('priority \\\n 90')),
  entry(
    'value-with-a-brace',
    `${service('10.0.0.1 80', server('10.0.0.11 80', 'notify_up "echo {"\nweight 4'))}`,
  ),
];
