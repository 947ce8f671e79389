import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { configOf, readText, said } from './compose-text.ts';

/** A service of the address whose server has these checkers; `around` is what the service says. */
const server = (checkers: string, around = '', inServer = '') =>
  `virtual_server 10.0.0.1 80 {\nprotocol TCP\n${around}\nreal_server 10.0.1.1 8080 {\n${inServer}\n${checkers}\n}\n}\n`;
const checksOf = (text: string) =>
  configOf(text).services.flatMap(({ servers }) => servers.flatMap(({ checks }) => checks));
const problemsOf = (text: string) =>
  readText(text).diagnostics.map(({ severity, code, message }) => `${severity} ${code}: ${message}`);

describe('readKeepalived, of checkers', () => {
  test('gives each kind the defaults of keepalived', () => {
    const kinds = [
      ...['TCP_CHECK { }', 'HTTP_GET {\nurl { path / }\n}', 'SSL_GET {\nurl { path / }\n}', 'SMTP_CHECK { }'],
      ...['DNS_CHECK { }', 'UDP_CHECK { }', 'PING_CHECK { }', 'MISC_CHECK { misc_path /bin/true }'],
    ];
    const shown = checksOf(server(kinds.join('\n'), 'delay_loop 7')).map((check) => [
      check.type,
      check.interval,
      check.timeout,
      check.retry,
      check.delayBeforeRetry,
      check.warmup,
    ]);
    assert.deepEqual(shown, [
      ['tcp', 7000, 5000, 1, 1000, 7000],
      ['http', 7000, 5000, 1, 3000, 7000],
      ['http', 7000, 5000, 1, 3000, 7000],
      ['smtp', 7000, 5000, 1, 1000, 7000],
      ['dns', 7000, 5000, 3, 7000, 7000],
      ['udp', 7000, 5000, 1, 1000, 7000],
      ['ping', 7000, 5000, 1, 1000, 7000],
      ['misc', 7000, 7000, 0, 1000, 7000],
    ]);
  });

  test('gives a command the delay_loop of its service for a timeout, whatever its own is', () => {
    const [check] = checksOf(
      server('MISC_CHECK {\nmisc_path /bin/true\ndelay_loop 13\n}', 'delay_loop 9\nconnect_timeout 2'),
    );
    assert.deepEqual([check?.interval, check?.timeout], [13_000, 9000]);
  });

  test('reads what a check by HTTP asks, each url with the nearest virtualhost', () => {
    const text = server(
      `SSL_GET {
enable_sni
http_protocol 1.0c
fast_recovery
url {
path /a
status_code 200 301-302
digest 0123456789ABCDEF0123456789abcdef
virtualhost of.url
regex "a\\\\d+\\"b"
regex_no_match
regex_options caseless PCRE2_DOTALL no_utf_check
regex_min_offset 1
regex_max_offset 9
}
url { path /b }
}`,
      'virtualhost of.service\nalpha',
      'virtualhost of.server',
    );
    const [check] = checksOf(`SSL {\nca /etc/ca.pem\ncertificate /etc/lb.pem\nkey /etc/lb.key\n}\n${text}`);
    assert.ok(check?.type === 'http');
    assert.deepEqual(
      [check.version, check.fastRecovery, check.alpha, check.target.port],
      ['1.0C', true, true, 8080],
    );
    assert.deepEqual(check.tls, {
      serverName: 'of.url',
      verify: false,
      ...{ ca: null, certificate: '/etc/lb.pem', key: '/etc/lb.key', expiryWarning: null },
    });
    const [first, second] = check.requests;
    assert.deepEqual(first, {
      method: 'GET',
      path: '/a',
      host: 'of.url',
      headers: [['User-Agent', 'KeepAliveClient']],
      expect: {
        status: [
          [200, 200],
          [301, 302],
        ],
        digest: '0123456789abcdef0123456789abcdef',
        body: { pattern: 'a\\d+"b', flags: 'is', isNegated: true, from: 1, to: 9 },
      },
    });
    assert.equal(second?.host, 'of.server');
  });

  test('reads the words of the other kinds', () => {
    const text = `track_file F {\nfile /run/f\nweight 4 reverse\n}\nbfd_instance B { neighbor_ip 10.0.0.9 }\n${server(`
SMTP_CHECK {\nhelo_name me\nconnect_timeout 3\nhost { connect_ip 10.0.2.1 }\nhost {\nconnect_port 26\n}\n}
DNS_CHECK {\ntype aaaa\nname example.org\n}
MISC_CHECK {\nmisc_path "/bin/true 'a b'"\nmisc_dynamic\nmisc_timeout 3\nuser nobody\n}
UDP_CHECK {\npayload 00 ff\nrequire_reply 1Xff\nmin_reply_length 2\n}
FILE_CHECK {\ntrack_file F\nweight 3\n}
FILE_CHECK {\ntrack_file F\nweight 0\n}
BFD_CHECK {\nname B\nalpha\n}`)}`;
    const [one, two, dns, misc, udp, ...told] = checksOf(text);
    assert.ok(one?.type === 'smtp' && two?.type === 'smtp' && dns?.type === 'dns');
    assert.deepEqual([one.helo, one.timeout, one.target], ['me', 3000, { address: '10.0.2.1', port: 8080 }]);
    assert.deepEqual(two.target, { address: '10.0.1.1', port: 26 });
    assert.deepEqual([dns.question, dns.name], ['AAAA', 'example.org']);
    assert.ok(misc?.type === 'misc' && udp?.type === 'udp');
    assert.deepEqual(misc.command, { argv: ['/bin/true', 'a b'], user: 'nobody', group: null });
    assert.deepEqual([misc.isDynamic, misc.timeout], [true, 3000]);
    assert.deepEqual([[...udp.payload], udp.reply?.least, udp.reply?.most], [[0, 255], 2, 255]);
    assert.deepEqual(
      told.map((check) =>
        check.type === 'file' ? [check.weight, check.isReversed] : [check.type, check.alpha],
      ),
      [
        [3, false],
        [4, true],
        ['bfd', true],
      ],
    );
  });

  test('leaves out what keepalived leaves out, and says so', () => {
    assert.deepEqual(problemsOf(server('HTTP_GET { connect_timeout 3 }\nMISC_CHECK { }\nTCP_CHECK { }')), [
      'warning entry_skipped: HTTP_GET needs a url: it is left out, as by keepalived',
      'warning entry_skipped: MISC_CHECK needs a misc_path: it is left out, as by keepalived',
    ]);
    const text = server('HTTP_GET {\nurl { status_code 200 }\nurl { path /b }\n}');
    assert.deepEqual(problemsOf(text), [
      'warning entry_skipped: a url needs a "path": it is left out, as by keepalived',
    ]);
    const [check] = checksOf(text);
    assert.ok(check?.type === 'http');
    assert.deepEqual(
      check.requests.map(({ path }) => path),
      ['/b'],
    );
  });

  for (const [checker, expected] of [
    ['HTTP_GET {\nurl {\npath /\nstatus_code 20\n}\n}', '9:13 error bad_value'],
    ['HTTP_GET {\nurl {\npath /\nregex "(?=a)"\n}\n}', '9:7 error bad_value'],
    ['HTTP_GET {\nurl {\npath /\nregex a\nregex_options ungreedy\n}\n}', '10:15 error not_supported'],
    ['HTTP_GET {\nhttp_protocol 2\nurl { path / }\n}', '7:15 error unknown_value'],
    ['DNS_CHECK { type B }', '6:18 error unknown_value'],
    ['UDP_CHECK { payload 0 }', '6:21 error bad_value'],
    ['MISC_CHECK { misc_path "a \'b" }', '6:24 error bad_value'],
    ['FILE_CHECK { track_file NONE }', '6:25 error unknown_value'],
    ['BFD_CHECK { name NONE }', '6:18 error unknown_value'],
    ['PING_CHECK { connect_port 7 }', '6:14 warning no_effect_here'],
  ] as const) {
    test(`says what is wrong in ${checker.replaceAll('\n', ' ')}`, () =>
      assert.deepEqual(said(server(checker)).slice(0, 1), [expected]));
  }

  test('says once what is not there to follow, and what others call an option', () => {
    const text = 'FILE_CHECK { track_file NONE }\nBFD_CHECK { name NONE }';
    assert.deepEqual(problemsOf(server(text)), [
      'error unknown_value: there is no tracked file "NONE"',
      'error unknown_value: there is no BFD session "NONE"',
    ]);
    const icase = 'HTTP_GET {\nurl {\npath /\nregex a\nregex_options icase\n}\n}';
    assert.deepEqual(problemsOf(server(icase)), ['error unknown_value: unknown regex_options "icase"']);
  });
});
