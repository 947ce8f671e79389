import { block, type CorpusEntry, entry, server, services, tcpCheck } from './entry.ts';

const PACE = 'delay_loop 9\nretry 4\ndelay_before_retry 2.5\nconnect_timeout 6\nwarmup 8';
const OWN_PACE = 'delay_loop 7\nretry 2\ndelay_before_retry 0.5\nconnect_timeout 1.5\nwarmup 0';
const checked = (where: string, body: string, check: string): string =>
  server(where, `${body}\n${tcpCheck(check)}`);
const ALL_KINDS = [
  block('HTTP_GET', block('url', 'path /')),
  block('SMTP_CHECK', 'helo_name me'),
  block('DNS_CHECK', 'type A'),
  block('MISC_CHECK', 'misc_path "/bin/true"'),
  block('UDP_CHECK', ''),
  'PING_CHECK {\n}',
].join('\n');
const URLS = [
  block(
    'url',
    'path /a\ndigest 0123456789abcdef0123456789abcdef\nstatus_code 200 301-302\nvirtualhost of.url',
  ),
  block('url', 'path /b?c=d\nregex "a.*b"'),
].join('\n');
const one = (check: string): string => services(checked('10.0.0.11 80', '', check));

export const CHECKERS: readonly CorpusEntry[] = [
  entry('check-with-the-least', one('')),
  entry('check-with-everything', one(`connect_ip 10.0.0.21\nconnect_port 8081\n${OWN_PACE}`)),
  entry(
    'check-takes-from-its-service',
    services(
      `${PACE}\n${checked('10.0.0.11 1', '', '')}${checked('10.0.0.12 1', '', OWN_PACE)}${checked('10.0.0.13 1', OWN_PACE, '')}`,
    ),
  ),
  entry(
    'check-takes-from-what-stands-below',
    services(
      `${server('10.0.0.11 1', `${tcpCheck('')}${OWN_PACE}`)}${checked('10.0.0.12 1', '', '')}${PACE}`,
    ),
  ),
  entry(
    'check-takes-a-part',
    services(
      `delay_loop 20\n${checked('10.0.0.11 1', 'retry 3', 'connect_timeout 2')}${checked('10.0.0.12 1', 'delay_loop 5', 'retry 0')}`,
    ),
  ),
  entry(
    'check-without-a-warmup',
    services(
      `delay_loop 6\n${checked('10.0.0.11 1', '', 'warmup 0')}`,
      `delay_loop 12\n${checked('10.0.0.11 2', '', 'delay_loop 3')}`,
    ),
  ),
  entry(
    'check-with-fractions',
    one('delay_loop 0.5\nconnect_timeout 0.25\ndelay_before_retry 0.001\nwarmup 1.125'),
  ),
  entry('check-of-a-server-without-a-port', services(server('10.0.0.11', tcpCheck('')))),
  entry(
    'check-elsewhere',
    services(
      `lb_kind DR\n${checked('10.0.0.11 1', '', 'connect_ip 10.0.0.31')}${checked('10.0.0.12 1', '', 'connect_port 9000')}${checked('10.0.0.13 1', '', 'connect_ip 2001:db8::1\nconnect_port 1')}`,
    ),
  ),
  entry('check-bound', one('bindto 10.0.0.5\nbind_port 4000\nfwmark 3')),
  entry(
    'check-twice',
    services(server('10.0.0.11 80', `${tcpCheck('connect_port 80')}${tcpCheck('connect_port 81')}`)),
  ),
  entry('check-in-one-line', services(server('10.0.0.11 80', 'TCP_CHECK { }'))),
  entry(
    'check-with-a-weight',
    services(server('10.0.0.11 80', tcpCheck('weight 3\nconnect_timeout 3\nconnect_port 80'))),
  ),
  entry(
    'check-of-some-servers',
    services(`${server('10.0.0.11 1', tcpCheck(''))}${server('10.0.0.12 1', '')}`),
  ),
  entry(
    'check-of-version-6',
    services(server('2001:db8::11 80', tcpCheck('')).replace('weight 1', '')).replace(
      '10.0.0.1 1',
      '2001:db8::1 80',
    ),
  ),
  entry('check-with-alpha', services(`alpha\n${server('10.0.0.11 1', tcpCheck('log_all_failures'))}`)),
  entry('check-interval-zero', one('delay_loop 0')),
  entry('check-timeout-zero', one('connect_timeout 0')),
  entry('check-retry-negative', one('retry -1')),
  entry('check-timeout-that-is-none', one('connect_timeout soon')),
  entry('check-port-too-high', one('connect_port 65536')),
  entry(
    'checks-take-from-their-service',
    services(
      `${PACE}\n${server('10.0.0.11 80', ALL_KINDS)}`,
      server('10.0.0.11 80', ALL_KINDS),
      `delay_loop 9\n${server('10.0.0.11 80', block('MISC_CHECK', 'misc_path "/bin/true"\ndelay_loop 13'))}`,
    ),
  ),
  entry(
    'check-by-http-with-everything',
    services(
      server(
        '10.0.0.11 80',
        [
          block('HTTP_GET', `http_protocol 1.1\nfast_recovery\nconnect_port 81\n${URLS}`),
          block('SSL_GET', `enable_sni\nvirtualhost of.check\nhttp_protocol 1.0C\n${URLS}`),
          block('SSL_GET', `nb_get_retry 5\n${block('url', 'path /')}`),
        ].join('\n'),
      ),
    ),
  ),
  entry(
    'check-by-http-without-a-path',
    services(
      server(
        '10.0.0.11 80',
        block('HTTP_GET', `${block('url', 'status_code 200')}\n${block('url', 'path /b')}`),
      ),
    ),
  ),
  entry(
    'checks-with-words-of-their-own',
    services(
      server(
        '10.0.0.11 80',
        [
          block('SMTP_CHECK', 'helo_name me.example\nconnect_timeout 4'),
          block('SMTP_CHECK', 'retry 2\nhost {\nconnect_ip 10.0.0.21\n}\nhost {\nconnect_port 26\n}'),
          block('DNS_CHECK', 'type aaaa\nname example.org'),
          block('MISC_CHECK', 'misc_path "/bin/true a b"\nmisc_dynamic\nmisc_timeout 3'),
          block('UDP_CHECK', 'require_reply 01X2\nmin_reply_length 1\nmax_reply_length 9'),
          block('UDP_CHECK', 'require_reply'),
          block('PING_CHECK', 'retry 3'),
        ].join('\n'),
      ),
    ),
  ),
  entry(
    'checks-of-other-kinds',
    services(
      server(
        '10.0.0.11 80',
        block('HTTP_GET', `${block('url', 'path /\nstatus_code 200')}connect_timeout 3`),
      ),
      server('10.0.0.11 443', block('SSL_GET', block('url', 'path /\nstatus_code 200'))),
      server('10.0.0.11 25', block('SMTP_CHECK', 'helo_name lb')),
      server('10.0.0.11 53', block('DNS_CHECK', 'type A\nname example.org')),
      server('10.0.0.11 7', block('MISC_CHECK', 'misc_path "/bin/true"')),
      server('10.0.0.11 9', block('UDP_CHECK', 'connect_timeout 2')),
      server('10.0.0.11 8', 'PING_CHECK {\n}'),
      server(
        '10.0.0.11 81',
        `${block('HTTP_GET', block('url', 'path /\nstatus_code 200'))}${tcpCheck('connect_port 81')}`,
      ),
    ),
  ),
];
