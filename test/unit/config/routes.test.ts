import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wordsOf } from '../../../src/config/routes/line.ts';
import { parseTableNames, STANDARD_NAMES } from '../../../src/config/routes/names.ts';
import { numberRules } from '../../../src/config/routes/number-rules.ts';
import { parseRoute } from '../../../src/config/routes/parse-route.ts';
import { parseRule } from '../../../src/config/routes/parse-rule.ts';
import { printRoute } from '../../../src/config/routes/print-route.ts';
import { printRule } from '../../../src/config/routes/print-rule.ts';
import { virtualRoute, virtualRule } from '../../../src/config/schema/routes.ts';

const route = (text: string, names = STANDARD_NAMES) => {
  const parsed = parseRoute(wordsOf(text), names);
  assert.ok(parsed.ok, `${text}: ${JSON.stringify(parsed)}`);
  return parsed.value;
};

/** The word that is meant, and what is said of it. */
function faultOf(parse: typeof parseRoute | typeof parseRule, text: string): readonly unknown[] {
  const words = wordsOf(text);
  const parsed = parse(words, STANDARD_NAMES);
  assert.ok(!parsed.ok, text);
  const { at, problem } = parsed.error;
  return [words[at], problem.code, problem.message, problem.suggestion];
}

test('parseRoute reads a route in every spelling of its words as the same one', () => {
  const same = [
    'src 10.0.0.2 to 192.168.9.0/24 via 10.0.0.1 dev eth1 table 254 metric 5 proto static',
    '192.168.9.0/255.255.255.0 gw 10.0.0.1 oif eth1 priority 5 protocol 4 src 10.0.0.2 scope global',
    'unicast 192.168.9.0/24 nexthop via 10.0.0.1 dev eth1 weight 3 preference 5 proto static src 10.0.0.2 table main',
  ];
  const text = '192.168.9.0/24 via 10.0.0.1 dev eth1 src 10.0.0.2 metric 5 protocol static';
  for (const each of same) assert.equal(printRoute(route(each)), text);
  assert.deepEqual(route(text), {
    family: 'inet',
    type: 'unicast',
    destination: { address: '192.168.9.0', prefix: 24 },
    from: null,
    source: '10.0.0.2',
    table: 254,
    metric: 5,
    scope: 0,
    protocol: 4,
    tos: 0,
    nexthops: [{ via: '10.0.0.1', dev: 'eth1', weight: 1, onlink: false }],
    metrics: [],
    noTrack: false,
  });
});

test('parseRoute and printRoute keep what a word can mean', () => {
  const kept = [
    ['default dev eth0', 'default dev eth0'],
    ['0.0.0.0/0 via 10.0.0.1', 'default via 10.0.0.1'],
    ['default via fe80::1 dev eth0', '::/0 via fe80::1 dev eth0'],
    ['inet6 default dev eth0', '::/0 dev eth0'],
    ['0.0.0.0/0 via inet6 fe80::1 dev eth0', 'default via inet6 fe80::1 dev eth0'],
    [
      '10.1.0.0/16 via 10.0.0.1 or 10.0.0.2 dev e0',
      '10.1.0.0/16 nexthop via 10.0.0.1 dev e0 nexthop via 10.0.0.2 dev e0',
    ],
    ['local 10.9.0.1 dev lo', 'local 10.9.0.1 dev lo table 255 scope host'],
    ['blackhole 10.2.0.0/16 no_track', 'blackhole 10.2.0.0/16 no_track'],
    [
      '10.2.0.0/16 dev e0 mtu lock 1400 rtt 1s rttvar 7 tos 16',
      '10.2.0.0/16 dev e0 tos 0x10 mtu lock 1400 rtt 1000ms rttvar 7',
    ],
    ['10.2.0.0/16 dev e0 scope universe metric 0', '10.2.0.0/16 dev e0'],
  ] as const;
  for (const [text, printed] of kept) assert.equal(printRoute(route(text)), printed);
});

test('parseRoute says which word is wrong, and what was meant', () => {
  const faults: readonly (readonly [string, ...unknown[]])[] = [
    ['', '', 'unknown_value', 'unknown word "" in a route', null],
    ['via 10.0.0.1', '10.0.0.1', 'missing_value', 'a route needs a destination', null],
    ['10.1.0.0/16 via', 'via', 'missing_value', '"via" needs a value after it', null],
    ['10.1.0.0/16 devv eth0', 'devv', 'unknown_value', 'unknown word "devv" in a route', 'dev'],
    [
      '10.1.0.0/16 dev e0 encap mpls 5',
      'encap',
      'not_supported',
      '"encap" of a route is not supported',
      null,
    ],
    ['10.1.0.0/16 dev e0 dev e1', 'dev', 'bad_value', '"dev" is here twice', null],
    [
      '10.1.0.0/16 10.2.0.0/16',
      '10.2.0.0/16',
      'bad_value',
      '"10.2.0.0/16" is a second destination: a route has one',
      null,
    ],
    [
      '10.1.2.3/16 dev e0',
      '10.1.2.3/16',
      'bad_value',
      '"10.1.2.3/16" has bits set behind its prefix length',
      '10.1.0.0/16',
    ],
    ['10.1.0.0/33 dev e0', '10.1.0.0/33', 'bad_value', '"/33" is no prefix length: /0 to /32', null],
    ['192.168.100./24 dev e0', '192.168.100./24', 'bad_value', '"192.168.100." is not an IP address', null],
    [
      '10.1.0.0/16 via fe80::1',
      'fe80::1',
      'mixed_families',
      'the addresses of a route are of one family; a gateway of the other is written "via inet6 A"',
      null,
    ],
    [
      '2001:db8::/32 via fe80::1',
      'fe80::1',
      'missing_value',
      'fe80::1 is on every link: say which with "dev"',
      null,
    ],
    [
      '10.1.0.0/16 dev e0 tos 0x11',
      '0x11',
      'bad_value',
      '"0x11" has bits of ECN set: a TOS here is a multiple of 4',
      null,
    ],
    [
      '10.1.0.0/16 dev e0 table mian',
      'mian',
      'unknown_value',
      '"mian" is no routing table: give a name that is known here or a number',
      'main',
    ],
    ['10.1.0.0/16 metric 5', '5', 'missing_value', 'a route needs "via" or "dev"', null],
    [
      '10.1.0.0/16 dev e0 nexthop via 10.0.0.1',
      'nexthop',
      'bad_value',
      'a route has either one gateway and interface, or "nexthop"s',
      null,
    ],
    ['throw 10.1.0.0/16 dev e0', 'e0', 'bad_value', 'a route of type throw leads nowhere', null],
    [
      '10.1.0.0/16 dev e0 from 10.2.0.0/16',
      '10.2.0.0/16',
      'bad_value',
      'Linux has "from" only in routes for IPv6: a rule selects by source',
      null,
    ],
  ];
  for (const [text, ...fault] of faults) assert.deepEqual(faultOf(parseRoute, text), fault, text);
});

test('parseRule says which word is wrong', () => {
  const faults: readonly (readonly [string, ...unknown[]])[] = [
    ['from 10.0.0.0/8', '10.0.0.0/8', 'missing_value', 'a rule needs to say what to do', null],
    ['from 10.0.0.0/8 table 5 blackhole', 'blackhole', 'bad_value', 'a rule does one thing', null],
    ['goto 40', '40', 'bad_value', '"goto 40" leads forward: the rule needs a preference below 40', null],
    [
      'from 10.0.0.0/8 to 2001:db8::/32 table 5',
      '2001:db8::/32',
      'mixed_families',
      'the addresses of a rule are of one family',
      null,
    ],
    [
      'from 10.0.0.0/8 uidrange 5-6 table 5',
      'uidrange',
      'not_supported',
      '"uidrange" of a rule is not supported',
      null,
    ],
    ['form 10.0.0.0/8 table 5', 'form', 'unknown_value', 'unknown word "form" in a rule', 'from'],
    ['fwmark 1/2/3 table 5', '1/2/3', 'bad_value', '"1/2/3" is no mark with a mask: M/mask', null],
  ];
  for (const [text, ...fault] of faults) assert.deepEqual(faultOf(parseRule, text), fault, text);
});

test('parseTableNames adds the names of rt_tables to those that every machine has', () => {
  const names = parseTableNames([
    '# reserved\n255\tlocal\n 100 small # ours\n0x1f1 hex\nnonsense\n0 unspec\n',
  ]);
  assert.deepEqual([...names.tables].slice(3), [
    ['small', 100],
    ['hex', 0x1f1],
  ]);
  assert.equal(route('10.1.0.0/16 dev e0 table small', names).table, 100);
});

test('numberRules gives what has no preference those of keepalived, by family, downwards', () => {
  const number = numberRules();
  const rules = (lines: readonly string[]) =>
    number(lines.map((line) => virtualRule.parse(line))).map(printRule);
  assert.deepEqual(
    rules(['from 10.1.0.0/16 table 1', 'to 10.2.0.0/16 lookup main pref 9', 'inet6 fwmark 1/2 table 3']),
    [
      'from 10.1.0.0/16 table 1 preference 16384',
      'to 10.2.0.0/16 table 254 preference 9',
      'from ::/0 fwmark 0x1/0x2 table 3 preference 16384',
    ],
  );
  assert.deepEqual(rules(['not from all iif lo prohibit']), ['not iif lo prohibit preference 16383']);
});

test('virtualRoute gives the problem of a line of YAML', () => {
  const result = virtualRoute.safeParse('10.1.0.0/16 via 10.0.0.1 dev e0 table small');
  const messages = result.error?.issues.map(({ message }) => message);
  assert.deepEqual(messages, ['"small" is no routing table: give a name that is known here or a number']);
});
