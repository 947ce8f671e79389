// Runs in a network namespace of its own: see routes.test.ts.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { wordsOf } from '../../src/config/routes/line.ts';
import { STANDARD_NAMES } from '../../src/config/routes/names.ts';
import { numberRules } from '../../src/config/routes/number-rules.ts';
import { parseRoute } from '../../src/config/routes/parse-route.ts';
import { parseRule } from '../../src/config/routes/parse-rule.ts';
import { printRoute } from '../../src/config/routes/print-route.ts';
import { printRule } from '../../src/config/routes/print-rule.ts';
import { openRouteWriters, type RouteWriters } from '../../src/kernel/routes.ts';
import type { RouteConfig, RuleConfig } from '../../src/model/routes.ts';

/** One line each, in the words of keepalived 2.2.7 and of `ip`. */
const ROUTES = [
  'src 10.7.0.2 to 192.168.1.0/24 via 10.7.0.9 dev rt0',
  '192.168.2.0/24 dev rt0 no_track',
  '192.168.3.0/24 via 10.7.0.8',
  '192.168.4.0/24 via 10.7.0.8 or 10.7.0.9',
  'blackhole 192.168.5.0/24',
  'unreachable 192.168.6.0/24 table 77',
  'prohibit 192.168.7.0/24',
  'throw 192.168.8.0/24 metric 5',
  '0.0.0.0/0 gw 10.7.0.1 table 100',
  'default via 10.7.0.1 table 6909 priority 7',
  '192.168.9.0/24 via 10.7.0.7 dev rt0 mtu lock 1400 advmss 1300 rtt 1600 rttvar 800ms window 1000 cwnd lock 10 ssthresh 20 initcwnd 11 initrwnd 12 hoplimit 30 quickack 1 reordering 4 rto_min 300ms',
  '192.168.10.0/24 table 6909 nexthop via 10.7.0.3 dev rt0 onlink weight 1 nexthop via 10.7.0.4 dev rt0 weight 2',
  'local 192.168.11.0/24 dev rt0 scope host table local',
  '192.168.12.0/24 via 10.7.0.7 dev rt0 onlink protocol bird no_track tos 16',
  '192.168.13.5 dev rt0 scope link',
  '192.168.14.0/24 dev rt0 features ecn',
  '2001:db8:5::/48 via 2001:db8::9 dev rt0',
  '2001:db8:6::/48 dev rt0 metric 5 from 2001:db8:7::/48',
  'blackhole 2001:db8:8::/48',
  '2001:db8:9::/48 nexthop via 2001:db8::3 dev rt0 weight 1 nexthop via 2001:db8::4 dev rt0 weight 2',
];

const RULES = [
  'from 192.168.2.0/24 table 1',
  'to 192.168.2.0/24 table 1',
  'from 10.1.0.0/16 to 10.2.0.0/16 table 300 iif rt0 oif lo tos 16 fwmark 0x10/0xff preference 39',
  'not from 10.3.0.0/16 lookup 4',
  'from 10.4.0.0/16 blackhole',
  'to 10.5.0.0/16 prohibit',
  'to 10.6.0.0/16 unreachable priority 500',
  'from 10.7.0.0/16 goto 40 preference 30',
  'fwmark 7 table 7',
  'from 2001:db8:5::/48 table 5',
  'to 2001:db8:5::/48 table 70000 priority 8',
  'from ::/0 fwmark 5 table 8 preference 77',
];

const keepalivedConf = (routes: readonly string[], rules: readonly string[]): string => `vrrp_instance V {
  interface rt0
  virtual_router_id 5
  version 3
  advert_int 0.1
  priority 200
  virtual_ipaddress { 10.7.0.50/24 }
  virtual_routes {
${routes.map((line) => `    ${line}\n`).join('')}  }
  virtual_rules {
${rules.map((line) => `    ${line}\n`).join('')}  }
}
`;

const route = (line: string): RouteConfig => {
  const parsed = parseRoute(wordsOf(line), STANDARD_NAMES);
  assert.ok(parsed.ok, `${line}: ${JSON.stringify(parsed)}`);
  return parsed.value;
};
const rules = (lines: readonly string[]): readonly RuleConfig[] =>
  numberRules()(
    lines.map((line) => {
      const parsed = parseRule(wordsOf(line), STANDARD_NAMES);
      assert.ok(parsed.ok, `${line}: ${JSON.stringify(parsed)}`);
      return parsed.value;
    }),
  );

const ip = (...args: readonly string[]): string => execFileSync('ip', args, { encoding: 'utf8' });

/** What `ip` shows of our routes and rules: those of other protocols than the kernel's. */
function shown(): readonly string[] {
  const routes = [
    ip('-d', '-o', 'route', 'show', 'table', 'all'),
    ip('-d', '-o', '-6', 'route', 'show', 'table', 'all'),
  ];
  const all = [...routes, ip('-d', 'rule'), ip('-6', '-d', 'rule')].flatMap((text) => text.split('\n'));
  return all
    .filter((line) => line !== '' && !/ (proto kernel|table local proto kernel)/.test(line))
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .toSorted();
}

let lost = 0;
let writers: RouteWriters;

before(() => {
  ip('link', 'set', 'lo', 'up');
  ip('link', 'add', 'rt0', 'type', 'veth', 'peer', 'name', 'rt1');
  ip('link', 'set', 'rt0', 'up');
  ip('link', 'set', 'rt1', 'up');
  ip('addr', 'add', '10.7.0.2/24', 'dev', 'rt0');
  ip('-6', 'addr', 'add', '2001:db8::2/64', 'dev', 'rt0', 'nodad');
  const opened = openRouteWriters(
    (dev) => ({ lo: 1, rt0: Number(/^\d+/.exec(ip('-o', 'link', 'show', 'rt0'))?.[0]) })[dev] ?? null,
    () => lost++,
  );
  assert.ok(opened.ok);
  writers = opened.value;
});
after(() => writers.close());

const values = (outcomes: readonly { readonly ok: boolean }[]) =>
  outcomes.map((outcome) => ('value' in outcome ? outcome.value : outcome));

/** Waits until keepalived with these lines has made what was seen, or fails to; it takes everything away again. */
async function runKeepalived(
  routes: readonly string[],
  rules: readonly string[],
  seen: readonly string[],
): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), 'lbd-routes-'));
  const file = (name: string) => path.join(directory, name);
  writeFileSync(file('conf'), keepalivedConf(routes, rules));
  const files = ['-f', file('conf'), '-p', file('pid'), '-r', file('vrrp.pid')];
  const child = spawn('keepalived', ['-n', '-l', '-P', ...files], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    const deadline = Date.now() + 10_000;
    while (Date.now() < deadline && shown().length < seen.length) await sleep(100);
    assert.deepEqual(shown(), seen);
  } finally {
    child.kill('SIGTERM');
    await ended;
    rmSync(directory, { recursive: true });
  }
}

test('routes and rules are what keepalived 2.2.7 makes of the same lines, and go again', async () => {
  const nothing = shown();
  const ours = ROUTES.map(route);
  const ourRules = rules(RULES);
  assert.deepEqual(
    values(await writers.routes.add(ours)),
    ROUTES.map(() => true),
  );
  assert.deepEqual(
    values(await writers.rules.add(ourRules)),
    RULES.map(() => true),
  );
  const seen = shown();
  assert.deepEqual(
    values(await writers.routes.add(ours)),
    ROUTES.map(() => false),
    'routes that are there',
  );
  assert.deepEqual(
    values(await writers.rules.add(ourRules)),
    RULES.map(() => false),
    'rules that are there',
  );
  for (let twice = 0; twice < 2; twice++) {
    assert.deepEqual(
      values(await writers.routes.remove(ours)),
      ROUTES.map(() => undefined),
    );
    assert.deepEqual(
      values(await writers.rules.remove(ourRules)),
      RULES.map(() => undefined),
    );
    assert.deepEqual(shown(), nothing);
  }

  await runKeepalived(ROUTES, RULES, seen);
  // What `lbctl convert` writes is for keepalived too.
  await runKeepalived(ours.map(printRoute), ourRules.map(printRule), seen);
  assert.equal(lost, 0, 'our own removal is no loss');
});

test('what somebody else takes away is told once for a burst, and can be put back', async () => {
  const ours = ROUTES.map(route);
  const ourRules = rules(RULES);
  await writers.routes.add(ours);
  await writers.rules.add(ourRules);
  const seen = shown();
  const losses: readonly (readonly string[])[] = [
    ['route', 'del', '192.168.3.0/24'],
    ['route', 'replace', '192.168.3.0/24', 'via', '10.7.0.5'],
    ['-6', 'route', 'del', '2001:db8:5::/48'],
    ['route', 'flush', 'table', '6909'],
    ['rule', 'del', 'pref', '39'],
    ['-6', 'rule', 'del', 'pref', '8'],
  ];
  for (const loss of losses) {
    lost = 0;
    ip(...loss);
    await sleep(60);
    assert.equal(lost, 1, loss.join(' '));
    await writers.routes.add(ours);
    await writers.rules.add(ourRules);
    if (loss.includes('replace')) ip('route', 'del', '192.168.3.0/24', 'via', '10.7.0.5');
    await sleep(60);
    assert.deepEqual(shown(), seen, loss.join(' '));
  }
  lost = 0;
  ip('link', 'set', 'rt0', 'down');
  await sleep(60);
  assert.equal(lost, 1, 'a link that goes down takes its routes away');
});

test('what others do with their own is no loss', async () => {
  ip('link', 'set', 'rt0', 'up');
  await sleep(100);
  lost = 0;
  ip('route', 'add', '192.168.99.0/24', 'dev', 'rt0', 'proto', 'bgp');
  ip('route', 'del', '192.168.99.0/24');
  ip('route', 'add', '192.168.3.0/24', 'dev', 'rt0', 'metric', '9', 'proto', 'bgp');
  ip('route', 'del', '192.168.3.0/24', 'metric', '9');
  ip('rule', 'add', 'from', '10.9.0.0/16', 'table', '9');
  ip('rule', 'del', 'from', '10.9.0.0/16', 'table', '9');
  await sleep(60);
  assert.equal(lost, 0);
});

test('a refusal says why: no interface, and what the kernel answers', async () => {
  const [absent, unreachable] = await writers.routes.add([
    route('192.168.50.0/24 dev rt7'),
    route('192.168.51.0/24 via 172.31.0.1 dev rt0'),
  ]);
  assert.deepEqual(absent, { ok: false, error: 'there is no interface rt7' });
  assert.deepEqual(unreachable, { ok: false, error: 'Nexthop has invalid gateway' });
  assert.deepEqual(await writers.routes.remove([route('192.168.50.0/24 dev rt7')]), [
    { ok: true, value: undefined },
  ]);
});
