import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { inspect } from 'node:util';
import { type Ip, parseIp } from '../../src/base/ip.ts';
import type { Result } from '../../src/base/result.ts';
import { type Ipvs, openIpvs } from '../../src/kernel/ipvs.ts';
import type { IpvsOp } from '../../src/model/ops.ts';
import type {
  DesiredService,
  DestAttrs,
  ObservedTable,
  ServiceAttrs,
  ServiceKey,
} from '../../src/model/services.ts';
import { planIpvs } from '../../src/plan/ipvs.ts';
import { type IpvsView, showIpvs } from '../../src/view/ipvsadm.ts';

/** Needs a kernel with IPVS, ipvsadm 1.31 and root. It empties the kernel's table. */
let ipvs: Ipvs;

before(async () => {
  ipvs = value(await openIpvs());
});

after(() => {
  ipvsadm('-C');
  ipvs.close();
});

const ipvsadm = (...args: string[]): string => execFileSync('ipvsadm', args, { encoding: 'utf8' });

function value<T, E>(result: Result<T, E>): T {
  if (!result.ok) assert.fail(inspect(result.error));
  return result.value;
}

function ip(text: string): Ip {
  const parsed = parseIp(text);
  assert.ok(parsed !== null, text);
  return parsed;
}

const show = (table: ObservedTable, view: IpvsView, exact = false): string =>
  showIpvs(table, { view, exact, sorted: true });

const codes = (results: readonly Result<void, { readonly code: string }>[]): readonly string[] =>
  results.map((result) => (result.ok ? 'ok' : result.error.code));

/** In the language of ipvsadm -R; each is a whole table. */
const TABLES: Readonly<Record<string, string>> = {
  empty: '',
  'a service without servers': '-A -t 192.0.2.10:80 -s rr',
  'direct routing': `-A -t 192.0.2.10:80 -s rr
-a -t 192.0.2.10:80 -r 10.0.0.11:80 -g -w 1
-a -t 192.0.2.10:80 -r 10.0.0.12:80 -g -w 2`,
  'a director that is a real server too': `-A -t 192.0.2.10:80 -s rr
-a -t 192.0.2.10:80 -r 127.0.0.1:80 -g -w 1
-a -t 192.0.2.10:80 -r 127.0.0.2:80 -m -w 1`,
  'masquerading to other ports, weight 0 and the largest': `-A -t 192.0.2.10:80 -s wlc
-a -t 192.0.2.10:80 -r 10.0.0.11:8080 -m -w 0
-a -t 192.0.2.10:80 -r 10.0.0.11:8081 -m -w 65535
-a -t 192.0.2.10:80 -r 10.0.0.12:8080 -m -w 12345`,
  thresholds: `-A -t 192.0.2.10:80 -s wrr
-a -t 192.0.2.10:80 -r 10.0.0.11:80 -g -w 1 -x 1000 -y 750
-a -t 192.0.2.10:80 -r 10.0.0.12:80 -g -w 1 -x 2147483647`,
  persistence: `-A -t 192.0.2.10:443 -s wlc -p 300
-A -t 192.0.2.10:8443 -s wlc -p 1 -M 255.255.255.0
-A -t 192.0.2.10:9443 -s wlc -p 86400 -M 255.255.128.0`,
  'every port of an address': `-A -t 192.0.2.10:0 -s rr -p 360
-a -t 192.0.2.10:0 -r 10.0.0.11:0 -g -w 1`,
  'UDP with one-packet scheduling': `-A -u 192.0.2.10:53 -s rr -o
-a -u 192.0.2.10:53 -r 10.0.0.31:53 -m -w 1`,
  'a persistence engine': `-A -u 192.0.2.10:5060 -s rr -p 30 --pe sip -o
-a -u 192.0.2.10:5060 -r 10.0.0.31:5060 -m -w 1`,
  SCTP: `-A --sctp-service 192.0.2.10:3868 -s lc
-a --sctp-service 192.0.2.10:3868 -r 10.0.0.31:3868 -m -w 1`,
  'source hashing with flags': `-A -t 192.0.2.10:80 -s sh -b sh-fallback
-A -t 192.0.2.10:81 -s sh -b sh-port
-A -t 192.0.2.10:82 -s sh -b sh-fallback,sh-port -p 60 -M 255.0.0.0`,
  'Maglev hashing with flags': `-A -t 192.0.2.10:80 -s mh -b mh-port
-a -t 192.0.2.10:80 -r 10.0.0.11:80 -g -w 1
-A -t 192.0.2.10:81 -s mh -b mh-fallback,mh-port`,
  'flags of other schedulers': `-A -t 192.0.2.10:80 -s rr -b flag-1
-A -t 192.0.2.10:81 -s rr -b flag-1,flag-2,flag-3
-A -t 192.0.2.10:82 -s rr -b flag-3`,
  'every other scheduler': ['dh', 'fo', 'lblc', 'lblcr', 'nq', 'ovf', 'sed']
    .map((scheduler, i) => `-A -t 192.0.2.10:${80 + i} -s ${scheduler}`)
    .join('\n'),
  'IPv6 of all lengths': `-A -t [2001:db8::80]:80 -s rr
-a -t [2001:db8::80]:80 -r [2001:db8::11]:80 -g -w 1
-a -t [2001:db8::80]:80 -r [2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:80 -g -w 1
-a -t [2001:db8::80]:80 -r [2001:db8:0:0:1::1]:80 -g -w 1
-A -t [2001:db8:0:0:1::]:80 -s rr -p 360 -M 64
-A -u [::1]:53 -s rr -p 10 -M 128
-A -u [::ffff:192.0.2.1]:53 -s rr`,
  tunnels: `-A -t 192.0.2.10:80 -s rr
-a -t 192.0.2.10:80 -r 10.0.0.21:80 -i -w 1
-a -t 192.0.2.10:80 -r 10.0.0.22:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum
-a -t 192.0.2.10:80 -r 10.0.0.23:80 -i -w 1 --tun-type gre --tun-nocsum
-a -t 192.0.2.10:80 -r [2001:db8::24]:80 -i -w 1`,
  'firewall marks': `-A -f 7 -s wrr
-a -f 7 -r 10.0.0.21:0 -g -w 1
-A -f 7 -6 -s rr -p 600
-a -f 7 -6 -r [2001:db8::a0a0]:0 -g -w 1
-A -f 2147483647 -s rr
-A -f 4294967295 -s rr
-A -f 1 -s rr`,
  'everything at once': `-A -f 7 -s rr
-A -u 192.0.2.10:53 -s rr
-A -t 192.0.2.10:53 -s rr
-A --sctp-service 192.0.2.9:53 -s rr
-A -t [2001:db8::1]:80 -s rr
-A -u [2001:db8::1]:80 -s rr
-A -t 192.0.2.9:8080 -s rr
-A -t 192.0.2.9:80 -s rr`,
  'addresses from all over': ['10.0.0.1', '192.0.2.1', '127.0.0.9', '1.1.1.1', '223.255.255.1', '128.0.0.1']
    .flatMap((address, i, all) => [
      `-A -t ${address}:80 -s rr`,
      ...[...all.slice(i), ...all.slice(0, i)].map((dest) => `-a -t ${address}:80 -r ${dest}:80 -g -w 1`),
    ])
    .join('\n'),
  'a service with 300 servers': [
    '-A -t 192.0.2.10:80 -s wrr',
    ...Array.from({ length: 300 }, (_, i) => `-a -t 192.0.2.10:80 -r 10.0.${i % 7}.${i % 250}:80 -g -w ${i}`),
  ].join('\n'),
  '150 services': Array.from(
    { length: 150 },
    (_, i) => `-A -t 192.0.2.${i}:80 -s rr\n-a -t 192.0.2.${i}:80 -r 10.0.0.${i}:80 -g -w 1`,
  ).join('\n'),
};

// One shell for all four, because starting a program is slow in an emulated guest.
const RESTORE_AND_LIST = 'ipvsadm -C; ipvsadm -R; ipvsadm -Ln; ipvsadm -Ln --stats';

for (const [name, rules] of Object.entries(TABLES)) {
  test(`showIpvs prints what ipvsadm prints for ${name}`, async () => {
    const printed = execFileSync('sh', ['-c', RESTORE_AND_LIST], { input: `${rules}\n`, encoding: 'utf8' });
    const table = value(await ipvs.dump());
    const entries = table.services.reduce((sum, service) => sum + 1 + service.dests.length, 0);
    assert.equal(entries, rules.split('\n').filter((line) => line !== '').length, 'ipvsadm took every line');
    assert.equal(show(table, 'list') + show(table, 'stats'), printed);
    assert.deepEqual(planIpvs(table.services, table.services), []);
  });
}

const ATTRS: ServiceAttrs = { scheduler: 'rr', schedulerFlags: [], persistence: null, onePacket: false };
const DEST: DestAttrs = { weight: 1, forward: 'dr', upperThreshold: 0, lowerThreshold: 0, tunnel: null };
const tcp = (address: string, port: number): ServiceKey => ({
  kind: 'address',
  protocol: 'tcp',
  address: ip(address),
  port,
});
const at = (address: string, port: number, attrs: Partial<DestAttrs> = {}) => ({
  key: { address: ip(address), port },
  attrs: { ...DEST, ...attrs },
});

const DESIRED: readonly DesiredService[] = [
  {
    key: tcp('192.0.2.10', 80),
    attrs: ATTRS,
    dests: [
      at('10.0.0.11', 80, { upperThreshold: 20, lowerThreshold: 10 }),
      at('10.0.0.12', 80, { weight: 5 }),
      at('127.0.0.1', 80),
    ],
  },
  {
    key: { kind: 'address', protocol: 'udp', address: ip('192.0.2.10'), port: 5060 },
    attrs: { ...ATTRS, persistence: { timeout: 30, prefix: 32, engine: 'sip' }, onePacket: true },
    dests: [at('10.0.0.31', 5061, { forward: 'nat' })],
  },
  {
    key: tcp('2001:db8::80', 80),
    attrs: {
      scheduler: 'mh',
      schedulerFlags: [2],
      persistence: { timeout: 360, prefix: 64, engine: null },
      onePacket: false,
    },
    dests: [at('2001:db8::1', 80, { forward: 'tun', weight: 100 })],
  },
  {
    key: { kind: 'fwmark', fwmark: 7, family: 'inet' },
    attrs: {
      ...ATTRS,
      scheduler: 'sh',
      schedulerFlags: [1, 2],
      persistence: { timeout: 300, prefix: 24, engine: null },
    },
    dests: [
      at('10.0.0.22', 0, { forward: 'tun', tunnel: { type: 'gue', port: 6080, checksum: 'csum' } }),
      at('10.0.0.23', 0, { forward: 'tun', tunnel: { type: 'gre', port: 0, checksum: 'none' } }),
    ],
  },
  { key: { kind: 'fwmark', fwmark: 8, family: 'inet6' }, attrs: ATTRS, dests: [] },
];

const SAVED = `-A -t 192.0.2.10:80 -s rr
-a -t 192.0.2.10:80 -r 10.0.0.11:80 -g -w 1
-a -t 192.0.2.10:80 -r 10.0.0.12:80 -g -w 5
-a -t 192.0.2.10:80 -r 127.0.0.1:80 -g -w 1
-A -u 192.0.2.10:5060 -s rr -p 30 --pe sip -o
-a -u 192.0.2.10:5060 -r 10.0.0.31:5061 -m -w 1
-A -t [2001:db8::80]:80 -s mh -p 360 -M 64 -b mh-port
-a -t [2001:db8::80]:80 -r [2001:db8::1]:80 -i -w 100 --tun-type ipip
-A -f 7 -s sh -p 300 -M 255.255.255.0 -b sh-fallback,sh-port
-a -f 7 -r 10.0.0.22:0 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum
-a -f 7 -r 10.0.0.23:0 -i -w 1 --tun-type gre --tun-nocsum
-A -f 8 -6 -s rr
`;

async function reach(desired: readonly DesiredService[]): Promise<void> {
  const plan = planIpvs(value(await ipvs.dump()).services, desired);
  assert.deepEqual(
    codes(await ipvs.perform(plan)),
    plan.map(() => 'ok'),
  );
  assert.deepEqual(planIpvs(value(await ipvs.dump()).services, desired), [], 'the kernel is not as desired');
}

test('perform makes what ipvsadm then saves, from nothing and from another table', async () => {
  ipvsadm('-C');
  await reach(DESIRED);
  assert.equal(ipvsadm('-Sn'), SAVED);
  const changed = DESIRED.slice(1).map((service) => ({
    ...service,
    attrs: { ...service.attrs, scheduler: 'wlc', schedulerFlags: [], persistence: null },
    dests: [
      ...service.dests.slice(1),
      at(
        service.key.kind === 'address' && service.key.address.includes(':') ? '2001:db8::9' : '10.9.9.9',
        80,
        { forward: 'nat' },
      ),
    ],
  }));
  await reach(changed.filter(({ key }) => key.kind === 'address' || key.family === 'inet'));
  await reach(DESIRED);
  assert.equal(ipvsadm('-Sn'), SAVED);
  await reach([]);
  assert.equal(ipvsadm('-Sn'), '');
});

test('perform changes the forwarding method of a server in place', async () => {
  ipvsadm('-C');
  for (const forward of ['dr', 'nat', 'tun', 'dr'] as const)
    await reach([{ key: tcp('192.0.2.10', 80), attrs: ATTRS, dests: [at('127.0.0.1', 80, { forward })] }]);
});

test('perform names what the kernel refuses and goes on', async () => {
  ipvsadm('-C');
  const key = tcp('192.0.2.10', 80);
  const absent = tcp('192.0.2.11', 80);
  const service = { key, attrs: ATTRS };
  const dest = at('10.0.0.1', 80);
  const results = await ipvs.perform([
    { op: 'setService', service },
    { op: 'newService', service },
    { op: 'newService', service },
    { op: 'setDest', of: key, dest },
    { op: 'delDest', of: key, key: dest.key },
    { op: 'newDest', of: key, dest },
    { op: 'newDest', of: key, dest },
    { op: 'newDest', of: absent, dest },
    { op: 'delService', key: absent },
    { op: 'newService', service: { key: absent, attrs: { ...ATTRS, scheduler: 'nosuch' } } },
    { op: 'setDest', of: key, dest: at('10.0.0.1', 80, { upperThreshold: 1, lowerThreshold: 2 }) },
  ]);
  assert.deepEqual(codes(results), [
    'ESRCH',
    'ok',
    'EEXIST',
    'ENOENT',
    'ENOENT',
    'ok',
    'EEXIST',
    'ESRCH',
    'ESRCH',
    'ENOENT',
    'ERANGE',
  ]);
  const scheduler = results[9];
  assert.ok(scheduler !== undefined && !scheduler.ok);
  assert.match(scheduler.error.message, /scheduler nosuch \(module ip_vs_nosuch\)/);
});

test('dumpService gives one service with its servers, null for none', async () => {
  ipvsadm('-C');
  await reach(DESIRED);
  const table = value(await ipvs.dump());
  for (const service of table.services) assert.deepEqual(value(await ipvs.dumpService(service.key)), service);
  assert.equal(value(await ipvs.dumpService(tcp('192.0.2.99', 1))), null);
});

test('perform knows the outcome of 2000 changes that all fail', async () => {
  ipvsadm('-C');
  const ops = Array.from({ length: 2000 }, (): IpvsOp => ({ op: 'delService', key: tcp('192.0.2.99', 1) }));
  assert.deepEqual(new Set(codes(await ipvs.perform(ops))), new Set(['ESRCH']));
  await reach(DESIRED);
});

test('perform adds and deletes 1000 servers of a service in batches', async () => {
  ipvsadm('-C');
  execFileSync('sysctl', ['-qw', 'net.ipv4.vs.run_estimation=0']);
  const key = tcp('192.0.2.10', 80);
  const dests = Array.from({ length: 1000 }, (_, i) => at(`10.1.${i >> 8}.${i & 255}`, 80, { weight: i }));
  await reach([{ key, attrs: ATTRS, dests }]);
  assert.equal(ipvsadm('-Sn').split('\n').length, 1002);
  await reach([{ key, attrs: ATTRS, dests: dests.slice(0, 10) }]);
  await reach([]);
});

test('dump and perform go on after the module was unloaded and loaded again', async () => {
  ipvsadm('-C');
  execFileSync('sh', [
    '-c',
    "lsmod | sed -n 's/^\\(ip_vs_[a-z_]*\\) .*/\\1/p' | xargs -r modprobe -r; modprobe -r ip_vs",
  ]);
  assert.deepEqual(value(await ipvs.dump()).services, []);
  await reach(DESIRED);
  assert.equal(ipvsadm('-Sn'), SAVED);
});
