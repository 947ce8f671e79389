// Every listing of ipvsadm 1.31 beside ours, over random tables; what is saved and restored; connections of real traffic.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { inspect } from 'node:util';
import { ok, type Result } from '../../src/base/result.ts';
import { readIpvsadm } from '../../src/config/read-ipvsadm.ts';
import { restoreTable } from '../../src/daemon/check-restore.ts';
import { listConnections } from '../../src/daemon/core-connections.ts';
import { openConnections } from '../../src/kernel/ip-vs-conn.ts';
import { type Ipvs, openIpvs } from '../../src/kernel/ipvs.ts';
import { type DesiredService, type ObservedTable, serviceKey } from '../../src/model/services.ts';
import { planRestore } from '../../src/plan/restore.ts';
import { IPVS_VIEWS, showIpvs, showIpvsService } from '../../src/view/ipvsadm.ts';
import { printIpvsRules } from '../../src/view/ipvsadm-rules.ts';
import { showIpvsDaemons, showIpvsTimeouts } from '../../src/view/ipvsadm-settings.ts';
import { Random } from '../simulation/random.ts';
import { type Modules, randomTable } from './random-tables.ts';
import { Shell } from './shell.ts';

/** Needs a kernel with IPVS, ipvsadm 1.31 and root. It empties the kernel's table. */
const TABLES = 200;
/** So many are in the kernel together: a table by itself takes three seconds of ipvsadm in an emulated guest. */
const TOGETHER = 25;
const SEED = 20_261_121;

let ipvs: Ipvs;
const shell = new Shell();

before(async () => {
  ipvs = value(await openIpvs());
});

after(async () => {
  await shell.run('ipvsadm -C');
  shell.end();
  ipvs.close();
});

function value<T, E>(result: Result<T, E>): T {
  if (!result.ok) assert.fail(inspect(result.error));
  return result.value;
}

/** What ipvsadm is asked for, and what that is here. */
const LISTINGS: readonly (readonly [args: string, show: (table: ObservedTable) => string])[] = [
  ...IPVS_VIEWS.map((view) => {
    const args = view === 'list' ? '-Ln' : `-Ln --${view}`;
    return [args, (table: ObservedTable) => showIpvs(table, { view, exact: false, sorted: true })] as const;
  }),
  ['-Ln --sort', (table) => showIpvs(table, { view: 'list', exact: false, sorted: true })],
  ['-Ln --nosort', (table) => showIpvs(table, { view: 'list', exact: false, sorted: false })],
  ['-Ln --stats --rate --exact', (table) => showIpvs(table, { view: 'stats', exact: true, sorted: true })],
  ['-Ln --rate --exact', (table) => showIpvs(table, { view: 'rate', exact: true, sorted: true })],
  ['-Sn', (table) => printIpvsRules(table.services, 'as_ipvsadm')],
];

/** What the kernel is to hold, as a saved table says it. */
function read(saved: string): readonly DesiredService[] {
  const { config, diagnostics } = readIpvsadm(saved, 'saved', { hostname: '' });
  assert.ok(config !== null, JSON.stringify(diagnostics));
  return config.services.map(({ key, attrs, servers }) => ({
    key,
    attrs,
    dests: servers.map(({ key, attrs }) => ({ key, attrs })),
  }));
}

const save = async () => printIpvsRules(value(await ipvs.dump()).services, 'lossless');

async function schedulers(): Promise<Modules['schedulers']> {
  const known = 'rr wrr lc wlc fo ovf lblc lblcr dh sh mh sed nq twos';
  const found = await shell.run(`for s in ${known}; do modprobe -q ip_vs_$s && echo $s; done`);
  const [first, ...others] = found.trim().split('\n');
  assert.ok(first !== undefined && others.length > 10, `schedulers of this kernel: ${found}`);
  return [first, ...others];
}

test(`every listing is ipvsadm's, and save, restore, save is a fixed point, over ${TABLES} random tables`, async () => {
  const random = new Random(SEED);
  const modules = { schedulers: await schedulers() };
  let before: string | null = null;
  let objects = 0;
  for (let i = 0; i < TABLES; i += TOGETHER) {
    const taken = new Set<string>();
    const rules = Array.from({ length: TOGETHER }, () => randomTable(random, modules, taken)).flat();
    const input = `ipvsadm -C; ipvsadm -R <<'END'\n${rules.map((line) => `${line}\n`).join('')}END\n`;
    const [refused, ...printed] = (
      await shell.run(`${input}${LISTINGS.map(([args]) => `printf '\\f'; ipvsadm ${args}\n`).join('')}`)
    ).split('\f');
    assert.equal(refused, '', `from table ${i} on:\n${rules.join('\n')}`);
    const table = value(await ipvs.dump());
    for (const [j, [args, show]] of LISTINGS.entries()) {
      assert.equal(show(table), printed[j], `ipvsadm ${args} from table ${i} on:\n${rules.join('\n')}`);
    }
    objects += rules.length;
    assert.equal(
      table.services.reduce((sum, { dests }) => sum + 1 + dests.length, 0),
      rules.length,
    );
    const saved = printIpvsRules(table.services, 'lossless');
    // Nothing is lost: the kernel would not have to be told anything.
    const same = planRestore(table, [], { services: read(saved), prune: true, dryRun: false });
    assert.deepEqual(same.ok && [same.value.ops, same.value.changes], [[], []], saved);
    if (before !== null) {
      const request = { services: read(before), prune: true, dryRun: false };
      const outcome = await restoreTable(
        async () => ok(ipvs),
        () => [],
        request,
      );
      assert.deepEqual(value(outcome).refused, [], `from ${saved} to ${before}`);
      assert.equal(await save(), before);
    }
    before = saved;
  }
  assert.ok(objects > 4 * TABLES, `${objects} services and servers`);
});

test('restoreTable keeps the connections of what stays', async (t) => {
  await shell.run(`ipvsadm -C
ip address replace 192.0.2.10/32 dev lo; ip link set lo up
ipvsadm -A -t 192.0.2.10:8081 -s rr; ipvsadm -a -t 192.0.2.10:8081 -r 127.0.0.1:8081 -g -w 3`);
  const server = createServer((socket) => socket.pipe(socket)).listen(8081);
  const client = await dial('192.0.2.10', 8081);
  t.after(() => {
    client.destroy();
    server.close();
  });
  const active = async () => {
    const services = value(await ipvs.dump()).services;
    return services.find(({ key }) => serviceKey(key) === 'tcp 192.0.2.10:8081')?.dests[0]?.activeConns;
  };
  assert.equal(await active(), 1);
  const saved = `${await save()}-A -u 192.0.2.10:53 -s wlc -p 60\n`.replace('-w 3', '-w 9 -x 50');
  const request = { services: read(saved), prune: true, dryRun: false };
  const outcome = value(
    await restoreTable(
      async () => ok(ipvs),
      () => [],
      request,
    ),
  );
  assert.deepEqual(
    outcome.changes.map(({ change, key, servers }) => [change, key, servers.map(({ change }) => change)]),
    [
      [' ', 'tcp 192.0.2.10:8081', ['~']],
      ['+', 'udp 192.0.2.10:53', []],
    ],
  );
  assert.equal(await active(), 1);
  assert.equal(await answers(client), 'x');
});

const SIP = `OPTIONS sip:a@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10\r\nCall-ID: 5a2b3c@host\r\nCSeq: 1 OPTIONS\r\n\r\n`;

test('listings and connections are those of ipvsadm with real traffic', async (t) => {
  // The guest counts nothing otherwise: estimates of thousands of servers would starve it.
  await shell.run(`ipvsadm -C; sysctl -qw net.ipv4.vs.run_estimation=1
ip address replace 192.0.2.10/32 dev lo; ip -6 address replace 2001:db8::10/128 dev lo nodad
ipvsadm -A -t 192.0.2.10:8082 -s rr -p 100 -M 255.255.0.0
ipvsadm -a -t 192.0.2.10:8082 -r 127.0.0.1:8082 -g
ipvsadm -A -t [2001:db8::10]:8082 -s rr; ipvsadm -a -t [2001:db8::10]:8082 -r [::1]:8082 -g
ipvsadm -A -u 192.0.2.10:5060 -s rr -p 30 --pe sip -o; ipvsadm -a -u 192.0.2.10:5060 -r 127.0.0.1:5060 -g
ipvsadm -A -u 192.0.2.10:5353 -s rr; ipvsadm -a -u 192.0.2.10:5353 -r 127.0.0.1:5353 -g`);
  const server = createServer((socket) => socket.pipe(socket)).listen(8082, '::');
  const clients = [
    await dial('192.0.2.10', 8082),
    await dial('192.0.2.10', 8082),
    await dial('2001:db8::10', 8082),
  ];
  const udp = createSocket('udp4');
  t.after(async () => {
    for (const client of clients) client.destroy();
    udp.close();
    server.close();
    await shell.run('sysctl -qw net.ipv4.vs.run_estimation=0');
  });
  for (const client of clients) assert.equal(await answers(client), 'x');
  for (const [port, text] of [
    [5060, SIP],
    [5353, 'x'],
  ] as const) {
    await new Promise((resolve) => udp.send(text, port, '192.0.2.10', resolve));
  }
  const connections = async (engines: boolean) => {
    const pieces: string[] = [];
    for await (const piece of listConnections(value(await openConnections()), engines)) pieces.push(piece);
    return pieces.join('');
  };
  const raw = () => readFileSync('/proc/net/ip_vs_conn', 'utf8');
  assert.match(raw(), / sip 5a2b3c@host\n/);
  await unchanged(raw, async () => {
    const printed = await shell.run('ipvsadm -Lnc; ipvsadm -Lnc --persistent-conn');
    assert.equal((await connections(false)) + (await connections(true)), printed);
    assert.ok(printed.split('\n').length > 12, printed);
  });
  // The kernel's estimates are of some seconds.
  await new Promise((resolve) => setTimeout(resolve, 4000));
  const dumped = async () => value(await ipvs.dump());
  const find = ({ services }: ObservedTable, name: string) => {
    const found = services.find(({ key }) => serviceKey(key) === name);
    assert.ok(found !== undefined, name);
    return found;
  };
  const busy = find(await dumped(), 'tcp 192.0.2.10:8082').stats;
  assert.ok(busy.conns === 2n && busy.inBytes > 0n && busy.inBps > 0n, inspect(busy));
  const listings: typeof LISTINGS = [
    ...LISTINGS,
    [
      '-Ln --stats --exact -u 192.0.2.10:5353',
      (table) =>
        showIpvsService(find(table, 'udp 192.0.2.10:5353'), { view: 'stats', exact: true, sorted: true }),
    ],
  ];
  for (const [args, show] of listings) {
    await unchanged(dumped, async () => {
      const printed = await shell.run(`ipvsadm ${args}`);
      assert.equal(show(await dumped()), printed, args);
    });
  }
});

test('timeouts and sync daemons are told as ipvsadm tells them', async () => {
  await shell.run(`ipvsadm -C; ipvsadm --set 901 121 301
ip link add vsync type dummy; ip address add 198.18.0.1/24 dev vsync; ip link set vsync up`);
  const settings = async () =>
    showIpvsTimeouts(value(await ipvs.timeouts())) + showIpvsDaemons(value(await ipvs.syncDaemons()));
  const printed = () => shell.run('ipvsadm -L --timeout; ipvsadm -L --daemon');
  assert.equal(await settings(), await printed());
  for (const start of [
    'master --mcast-interface vsync --syncid 7 --mcast-ttl 3 --sync-maxlen 1000',
    'backup --mcast-interface vsync --syncid 7 --mcast-group 239.1.2.3 --mcast-port 9000',
  ]) {
    assert.equal(await shell.run(`ipvsadm --start-daemon ${start}`), '');
    const shown = await settings();
    assert.match(shown, /sync daemon \(mcast=vsync, syncid=7, /);
    assert.equal(shown, await printed());
  }
  await shell.run('ipvsadm --stop-daemon master; ipvsadm --stop-daemon backup; ip link delete vsync');
  assert.equal(await settings(), 'Timeout (tcp tcpfin udp): 901 121 301\n');
});

function dial(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => resolve(socket));
    socket.on('error', reject);
  });
}

function answers(client: Socket): Promise<string> {
  return new Promise((resolve) => {
    client.once('data', (bytes) => resolve(String(bytes)));
    client.write('x');
  });
}

/** Compares while `seen` stays the same; time passes in connections, and estimates change every two seconds. */
async function unchanged(seen: () => unknown, compare: () => Promise<void>): Promise<void> {
  for (let i = 0; i < 20; i++) {
    const before = await seen();
    const failed = await compare().then(
      () => null,
      (error: unknown) => error,
    );
    if (failed === null) return;
    if (inspect(await seen(), { depth: 9 }) === inspect(before, { depth: 9 })) throw failed;
  }
  assert.fail('it never stood still');
}

test('ipvsadm is the version whose bytes these are', () => {
  assert.match(execFileSync('ipvsadm', ['-v'], { encoding: 'utf8' }), /^ipvsadm v1\.31 /);
});
