import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { configOf, said } from './read.ts';

/** A service whose check is this, and whose servers are these. */
const service = (check: string, servers = '[10.0.0.1]') =>
  `services:
  web:
    address: 10.0.0.100
    port: 80
    protocol: tcp
    check: ${check}
    servers: ${servers}
track_files: { load: { file: /run/load, weight: 2, reverse: true } }
bfd: { peer: { neighbor_ip: 10.0.0.9 } }
`;
const checksOf = (check: string, servers?: string) =>
  configOf(service(check, servers)).services.flatMap((each) => each.servers.map(({ checks }) => checks));
const checkOf = (check: string) => checksOf(check)[0]?.[0];

const reach = {
  target: { address: '10.0.0.1', port: 80 },
  source: { address: null, port: null, interface: null, fwmark: null },
};
const timed = { interval: 60_000, timeout: 5000, retry: 1, rise: 1, warmup: 60_000, alpha: false };

describe('readYaml, of checks', () => {
  test('fills in the defaults of each kind', () => {
    const request = {
      method: 'GET',
      path: '/',
      host: null,
      headers: [],
      expect: { status: [[200, 299]], digest: null, body: null },
    };
    const http = { type: 'http', version: '1.1', fastRecovery: false, requests: [request], ...reach };
    const tls = {
      serverName: null,
      verify: false,
      ...{ ca: null, certificate: null, key: null, expiryWarning: null },
    };
    const at = (delayBeforeRetry: number, more: object) => ({ ...timed, delayBeforeRetry, ...more });
    assert.deepEqual(checkOf('{ type: tcp }'), at(1000, { type: 'tcp', ...reach }));
    assert.deepEqual(checkOf('{ type: http }'), at(3000, { ...http, tls: null }));
    assert.deepEqual(checkOf('{ type: https }'), at(3000, { ...http, tls }));
    assert.deepEqual(
      checkOf('{ type: smtp }'),
      at(1000, { type: 'smtp', helo: 'smtpchecker.keepalived.org', ...reach }),
    );
    assert.deepEqual(
      checkOf('{ type: dns, interval: 7 }'),
      at(7000, { interval: 7000, warmup: 7000, retry: 3, type: 'dns', question: 'SOA', name: '.', ...reach }),
    );
    assert.deepEqual(
      checkOf('{ type: udp }'),
      at(1000, { type: 'udp', payload: new Uint8Array(), reply: null, ...reach }),
    );
    assert.deepEqual(checkOf('{ type: ping }'), at(1000, { type: 'ping', ...reach }));
    assert.deepEqual(
      checkOf('{ type: misc, command: /bin/true, interval: 9 }'),
      at(1000, {
        ...{ interval: 9000, timeout: 9000, warmup: 9000, retry: 0, type: 'misc', isDynamic: false },
        command: { argv: ['/bin/true'], user: null, group: null },
      }),
    );
    const told = { ...timed, delayBeforeRetry: 1000, retry: 0, warmup: 0 };
    assert.deepEqual(checkOf('{ type: file, tracker: load }'), {
      ...told,
      ...{ type: 'file', tracker: 'load', weight: 2, isReversed: true },
    });
    assert.deepEqual(checkOf('{ type: bfd, session: peer }'), { ...told, type: 'bfd', session: 'peer' });
  });

  test('reads what each kind asks', () => {
    const http = checkOf(
      '{ type: https, version: 1.0, host: "www.example.org:8443", path: /up, status: [200, "301-302"], no_match: error, match_flags: si, match_to: 99, headers: { X-Who: lb }, method: HEAD, fwmark: 7, bind_ip: 10.0.0.5, bind_if: eth1, expiry_warning: 336h }',
    );
    assert.ok(http?.type === 'http');
    assert.deepEqual(http.requests, [
      {
        method: 'HEAD',
        path: '/up',
        host: 'www.example.org:8443',
        headers: [['X-Who', 'lb']],
        expect: {
          status: [
            [200, 200],
            [301, 302],
          ],
          digest: null,
          body: { pattern: 'error', flags: 'is', isNegated: true, from: null, to: 99 },
        },
      },
    ]);
    assert.deepEqual([http.version, http.tls?.serverName], ['1.0', 'www.example.org']);
    assert.equal(http.tls?.expiryWarning, 336 * 3_600_000);
    assert.deepEqual(http.source, { address: '10.0.0.5', port: null, interface: 'eth1', fwmark: 7 });
    const udp = checkOf('{ type: udp, payload: "00 ff", reply: "1X xf", max_reply_length: 9 }');
    assert.ok(udp?.type === 'udp');
    assert.deepEqual([...udp.payload], [0, 255]);
    assert.deepEqual(udp.reply, {
      bytes: Uint8Array.of(0x10, 0x0f),
      mask: Uint8Array.of(0xf0, 0x0f),
      ...{ least: 0, most: 9 },
    });
  });

  test('takes the name for TLS from the host unless it is an address, or another one or none is given', () => {
    const nameOf = (more: string) => {
      const check = checkOf(`{ type: https, ${more} }`);
      return check?.type === 'http' ? check.tls?.serverName : undefined;
    };
    assert.equal(nameOf('host: a.example'), 'a.example');
    assert.equal(nameOf('host: 10.0.0.1:8443'), null);
    assert.equal(nameOf('host: a.example, sni: false'), null);
    assert.equal(nameOf('host: a.example, sni: b.example'), 'b.example');
    assert.equal(nameOf('urls: [{ path: / }, { host: c.example }]'), 'c.example');
  });

  test('gives a server the checks of its service, those with its own words, others, or none', () => {
    const kinds = checksOf(
      '{ type: http, path: /a, retry: 4, interval: 3 }',
      `
      - 10.0.0.1
      - { address: 10.0.0.2, check: { type: http, retry: 0 } }
      - { address: 10.0.0.3, check: { type: tcp } }
      - { address: 10.0.0.4, check: [{ type: tcp }, { type: http }] }
      - { address: 10.0.0.5, check: none }
      - { address: 10.0.0.6, check: { type: http, urls: [{ path: /b }, { path: /c }] } }`,
    ).map((checks) =>
      checks.map((check) =>
        [
          check.type,
          check.retry,
          check.interval,
          ...(check.type === 'http' ? check.requests.map(({ path }) => path) : []),
        ].join(' '),
      ),
    );
    assert.deepEqual(kinds, [
      ['http 4 3000 /a'],
      ['http 0 3000 /a'],
      ['tcp 1 60000'],
      ['tcp 1 60000', 'http 1 60000 /'],
      [],
      ['http 4 3000 /b /c'],
    ]);
  });

  for (const [check, expected] of [
    ['{ type: htttp }', '6:20 error unknown_value: unknown type "htttp" → http'],
    [
      '{ type: tcp, path: / }',
      '6:31 error conflicting_keys: "path" is for http, https, not for a check by tcp',
    ],
    ['{ type: http, ca: /x }', '6:30 error conflicting_keys: "ca" is for https, not for a check by http'],
    ['{ type: http, pth: / }', '6:26 error unknown_key: unknown key "pth" → path'],
    ['{ type: http, virtualhost: a }', '6:26 error unknown_key: unknown key "virtualhost" → host'],
    [
      '{ type: http, status: 600 }',
      '6:34 error bad_value: "600" is no status code or range from 100 to 599, such as 200 or 300-302',
    ],
    [
      '{ type: http, status: [600, 2xx, 200, 300-200] }',
      '6:26 error bad_value: "600", "2xx", "300-200" are no status codes or ranges from 100 to 599, such as 200 or 300-302',
    ],
    [
      '{ type: http, match: "" }',
      '6:33 error out_of_range: a text of 0 characters is out of range: at least 1',
    ],
    ['{ type: http, version: 2 }', '6:35 error unknown_value: 2 is no version'],
    ['{ type: tcp, interval: 19ms }', '6:35 warning value_unusual: this asks every server 53 times a second'],
    [
      '{ type: tcp, interval: 20ms, timeout: 1h }',
      '6:50 warning value_unusual: this is more than 60 times the interval: a server that is silent is found out no sooner',
    ],
    ['{ type: http, digest: abc }', '6:34 error bad_value: an MD5 digest has 32 hex digits'],
    [
      '{ type: http, match: a, no_match: b }',
      '6:46 error conflicting_keys: a request has a "match" or a "no_match", not both',
    ],
    ['{ type: http, match_to: 9 }', '6:36 error conflicting_keys: "match_to" needs a "match" or "no_match"'],
    [
      '{ type: http, match: a, match_from: 9, match_to: 8 }',
      '6:48 error out_of_range: this is behind match_to, 8',
    ],
    [
      '{ type: http, path: /a, urls: [{ path: /b }] }',
      '6:32 error conflicting_keys: "path" belongs into the entries of "urls" here',
    ],
    [
      '{ type: https, ca: /x }',
      '6:31 error conflicting_keys: "ca" is for "verify: true": nothing is verified otherwise',
    ],
    ['{ type: https, certificate: /x }', '6:40 error missing_key: a "certificate" needs its "key" beside it'],
    [
      '{ type: tcp, bind_ip: "2001:db8::1" }',
      '6:34 error mixed_families: this is not of the family of 10.0.0.1, which it is to reach',
    ],
    [
      '{ type: udp, min_reply_length: 3 }',
      '6:43 error conflicting_keys: "min_reply_length" needs a "reply", which may be empty',
    ],
    [
      '{ type: udp, reply: 012 }',
      '6:32 error unquoted: YAML takes this for a number; write it in quotes: "012"',
    ],
    [
      '{ type: ping, connect_port: 7 }',
      '6:40 error conflicting_keys: "connect_port" is for tcp, http, https, smtp, dns, udp, not for a check by ping',
    ],
    ['{ type: misc }', '6:5 error missing_key: a check by misc needs a "command"'],
    ['{ type: misc, command: /x, group: g }', '6:46 error missing_key: a "group" needs the "user" beside it'],
    ['{ type: file, tracker: laod }', '6:35 error unknown_value: there is no tracked file "laod" → load'],
    ['{ type: bfd, session: pier }', '6:34 error unknown_value: there is no BFD session "pier" → peer'],
    [
      '{ type: bfd, session: peer, retry: 3 }',
      '6:47 error conflicting_keys: "retry" is for tcp, http, https, smtp, dns, udp, ping, misc, not for a check by bfd',
    ],
    [
      '[{ type: tcp }, { type: dns, name: "ü" }]',
      '6:47 error bad_value: a domain name has labels of 1 to 63 characters of ASCII, and 253 in all',
    ],
  ] as const) {
    test(`refuses ${check}`, () => assert.deepEqual(said(service(check)), [expected]));
  }

  test('refuses a regular expression that takes more than linear time', () => {
    const [first, ...others] = said(service('{ type: http, match: "(a)\\\\1" }'));
    assert.match(first ?? '', /^6:33 error bad_value: references to groups/);
    assert.deepEqual(others, []);
  });

  test('says what is wrong with the check of a service once, however many servers have it', () => {
    assert.equal(said(service('{ type: misc }', '[10.0.0.1, 10.0.0.2, 10.0.0.3]')).length, 1);
  });
});
