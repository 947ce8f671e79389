// A director before three servers on a kernel with IPVS: real HTTP and UDP by every way of forwarding, and how each
// scheduler spreads connections.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Host } from '../lab/host.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { shell } from '../lab/shell.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';
import { root } from '../support/root.ts';

const LIMIT = 180_000;
const ASK = path.join(root, 'test/guest/ask.pl');
const SERVERS = ['rs1', 'rs2', 'rs3'] as const;
/** The client's addresses; servers send to the second ones by the director, as masquerading takes it. */
const DIRECT = { v4: '172.25.1.250', v6: 'fd00:1::250' } as const;
const ROUTED = { v4: '172.25.1.251', v6: 'fd00:1::251' } as const;
const own6 = (i: number) => `fd00:1::${101 + i}`;

interface Way {
  readonly name: string;
  readonly vip: string;
  readonly forward: string;
  readonly from: string;
}

const WAYS: readonly Way[] = [
  { name: 'dr', vip: '172.25.1.100', forward: 'dr', from: DIRECT.v4 },
  { name: 'nat', vip: '172.25.1.110', forward: 'nat', from: ROUTED.v4 },
  { name: 'ipip', vip: '172.25.1.120', forward: 'tun', from: DIRECT.v4 },
  { name: 'gue', vip: '172.25.1.121', forward: 'tun, tunnel: { type: gue, port: 6080 }', from: DIRECT.v4 },
  { name: 'gre', vip: '172.25.1.122', forward: 'tun, tunnel: { type: gre }', from: DIRECT.v4 },
  { name: 'dr6', vip: 'fd00:1::100', forward: 'dr', from: DIRECT.v6 },
  { name: 'nat6', vip: 'fd00:1::110', forward: 'nat', from: ROUTED.v6 },
  { name: 'ipip6', vip: 'fd00:1::120', forward: 'tun', from: DIRECT.v6 },
];

/** What each scheduler makes of held connections to servers of weights 10, 20 and 30; null: all to one of them. */
const SPREADS: Readonly<Record<string, readonly [connections: number, expected: readonly number[] | null]>> =
  {
    rr: [36, [12, 12, 12]],
    wrr: [36, [6, 12, 18]],
    lc: [36, [12, 12, 12]],
    wlc: [36, [6, 12, 18]],
    sed: [36, [6, 12, 18]],
    nq: [36, [6, 12, 18]],
    fo: [12, [0, 0, 12]],
    ovf: [50, [0, 20, 30]],
    sh: [12, null],
    dh: [12, null],
    mh: [12, null],
    lblc: [12, null],
    lblcr: [12, null],
  };
/** Of two degrees of freedom: beyond it once in a thousand runs. */
const CHI_SQUARE = 13.8;

/**
 * One that hashes what the client is, and every packet by itself: the table alone decides. Masquerading would find no
 * connection for the answers.
 */
const HASHED = { vip: '172.25.1.111', port: 5353 } as const;

const masqueraded: ReadonlySet<string> = new Set(
  WAYS.filter(({ forward }) => forward === 'nat').map(({ vip }) => vip),
);

const chiSquare = (counts: readonly number[], expected: readonly number[]): number =>
  expected.reduce(
    (sum, want, i) =>
      sum + (want === 0 ? ((counts[i] ?? 0) > 0 ? Infinity : 0) : ((counts[i] ?? 0) - want) ** 2 / want),
    0,
  );

suite('forwarding and scheduling with IPVS', { concurrency: false }, () => {
  let lab: Lab;
  let directory: string;
  let director: Director;
  let client: Host;

  before(async () => {
    lab = await createLab({ directors: 1, servers: SERVERS.length, web: true });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-forwarding-'));
    client = lab.host('client');
    director = new Director(lab.host('d1'), directory);
    await shell(buildScript());
    await Promise.all(SERVERS.flatMap((name, i) => listening(name, i)));
    director.configure(yaml(SERVERS));
    director.start();
    await programmed(1);
  });
  after(async () => {
    await director.stop();
    await lab.close();
    rmSync(directory, { recursive: true });
  });

  const programmed = (generation: number) =>
    eventually('the table is programmed', LIMIT, async () => {
      const { daemon } = await director.status();
      const check = daemon.processes.find(({ name }) => name === 'check');
      assert.deepEqual([check?.applied, check?.problem], [generation, null]);
      return true;
    });

  /** Addresses, routes and tunnels that the lab does not have. */
  function buildScript(): string {
    const on = (name: string, ...lines: readonly string[]) =>
      lines.map((line) => `ip netns exec ${lab.host(name).netns} ${line}`);
    const sysctl = (...settings: readonly string[]) => `sysctl -qw ${settings.join(' ')}`;
    const vips = [...WAYS.map(({ vip }) => vip), HASHED.vip];
    const local = (vip: string) => (vip.includes(':') ? `${vip}/128 nodad` : `${vip}/32`);
    const served = vips.filter((vip) => !masqueraded.has(vip) && vip !== lab.vip);
    return [
      'modprobe -a ipip ip6_tunnel fou ip_gre',
      ...on(
        'client',
        `ip addr add ${ROUTED.v4}/24 dev eth0`,
        `ip addr add ${DIRECT.v6}/64 dev eth0 nodad`,
        `ip addr add ${ROUTED.v6}/64 dev eth0 nodad`,
      ),
      ...on(
        'd1',
        'ip addr add fd00:1::1/64 dev eth0 nodad',
        // A deprecated address is no source: servers drop tunnelled packets from an address that they have themselves.
        ...vips.map(
          (vip) => `ip addr add ${local(vip)} dev eth0${vip.includes(':') ? ' preferred_lft 0' : ''}`,
        ),
        sysctl(
          'net.ipv4.ip_forward=1',
          'net.ipv4.conf.all.send_redirects=0',
          'net.ipv4.conf.eth0.send_redirects=0',
        ),
        sysctl('net.ipv6.conf.all.forwarding=1'),
      ),
      ...SERVERS.flatMap((name, i) =>
        on(
          name,
          `ip addr add ${own6(i)}/64 dev eth0 nodad`,
          sysctl('net.ipv6.conf.all.accept_redirects=0', 'net.ipv6.conf.eth0.accept_redirects=0'),
          sysctl('net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.default.rp_filter=0'),
          ...served.map((vip) => `ip addr add ${local(vip)} dev lo`),
          ...['tunl0', 'gre0', 'ip6tnl0'].map((tunnel) => `ip link set ${tunnel} up`),
          sysctl(...['tunl0', 'gre0'].map((tunnel) => `net.ipv4.conf.${tunnel}.rp_filter=0`)),
          'ip fou add port 6080 gue',
          `ip route add ${ROUTED.v4}/32 via ${lab.host('d1').address}`,
          `ip route add ${ROUTED.v6}/128 via fd00:1::1`,
        ),
      ),
    ].join('\n');
  }

  /** The UDP servers of one host, and its nginx on IPv6 too. */
  function listening(name: string, i: number): Promise<unknown>[] {
    const host = lab.host(name);
    const addresses = [
      ...WAYS.map(({ vip }) => vip).filter((vip) => !masqueraded.has(vip)),
      ...[HASHED.vip, host.address, own6(i)],
    ];
    return addresses.map(
      (address) =>
        new Promise((resolve, reject) => {
          const child = host.spawn('perl', [ASK, 'serve', address, '5353', name]);
          child.stdout?.once('data', resolve);
          child.once('exit', (code) => reject(new Error(`${name} ${address}: ended with ${code}`)));
        }),
    );
  }

  function yaml(servers: readonly string[]): string {
    const own = (vip: string, name: string) => {
      const { address } = lab.host(name);
      return vip.includes(':') ? own6(Number(address.split('.')[3]) - 101) : address;
    };
    const list = (vip: string, port: number, weigh: boolean) =>
      servers
        .map(
          (name, i) => `{ address: '${own(vip, name)}', port: ${port}, weight: ${weigh ? 10 * (i + 1) : 1} }`,
        )
        .join(', ');
    const service = (name: string, vip: string, port: number, protocol: string, rest: string, real: number) =>
      `  ${name}: { address: '${vip}', port: ${port}, protocol: ${protocol}, drain_timeout: 0s, ${rest}, servers: [${list(vip, real, name.startsWith('to_'))}] }`;
    return [
      'services:',
      ...WAYS.flatMap(({ name, vip, forward }) => {
        const port = forward === 'nat' ? 8080 : 80;
        const way = `scheduler: rr, forward: ${forward}`;
        return [
          service(name, vip, port, 'tcp', way, 80),
          service(`${name}_udp`, vip, 5353, 'udp', way, 5353),
        ];
      }),
      ...Object.keys(SPREADS).map((scheduler, i) =>
        service(
          `to_${scheduler}`,
          '172.25.1.110',
          9001 + i,
          'tcp',
          `scheduler: ${scheduler}, forward: nat`,
          80,
        ),
      ),
      service(
        'hashed',
        HASHED.vip,
        HASHED.port,
        'udp',
        'scheduler: mh, scheduler_flags: [mh-port], ops: true, forward: dr',
        5353,
      ),
      '',
    ].join('\n');
  }

  async function ask(...words: readonly (string | number)[]): Promise<string[]> {
    const { code, stdout, stderr } = await client.exec('perl', [ASK, ...words.map(String)]);
    assert.equal(code, 0, stderr);
    return stdout.trim().split('\n');
  }
  const counts = (answers: readonly string[]) =>
    SERVERS.map((name) => answers.filter((answer) => answer === name).length);

  for (const { name, vip, forward, from } of WAYS) {
    test(`${name}: HTTP and UDP reach every server in turn, and the answers come back`, async () => {
      const pages = await ask('tcp', from, vip, forward === 'nat' ? 8080 : 80, 6);
      assert.deepEqual(counts(pages), [2, 2, 2], pages.join());
      const names = (await ask('udp', from, vip, 5353, 20_000, 6)).map((line) => line.split(' ')[1] ?? '');
      assert.deepEqual(counts(names), [2, 2, 2], names.join());
    });
  }

  for (const [i, [scheduler, [connections, expected]]] of Object.entries(SPREADS).entries()) {
    test(`${scheduler} spreads connections as it is defined`, async (context) => {
      const seen = counts(await ask('tcp', ROUTED.v4, '172.25.1.110', 9001 + i, connections));
      context.diagnostic(`${scheduler}: ${seen} of ${connections}`);
      if (expected === null) {
        assert.deepEqual(
          [...seen].sort((a, b) => a - b),
          [0, 0, connections],
        );
        return;
      }
      assert.equal(
        seen.reduce((sum, one) => sum + one, 0),
        connections,
      );
      assert.ok(chiSquare(seen, expected) < CHI_SQUARE, `${seen}, expected ${expected}`);
    });
  }

  test('mh leaves nearly everybody with their server when one leaves, and all when it comes back', async () => {
    const asked = 120;
    const spread = async () =>
      new Map(
        (await ask('udp', DIRECT.v4, HASHED.vip, HASHED.port, 21_000, asked)).map((line) => {
          const [port = '', answer = ''] = line.split(' ');
          return [port, answer] as const;
        }),
      );
    const before = await spread();
    assert.ok(chiSquare(counts([...before.values()]), [40, 40, 40]) < CHI_SQUARE);
    director.configure(yaml(['rs1', 'rs2']));
    await director.reload();
    const without = await spread();
    const stayed = [...before].filter(([, server]) => server !== 'rs3');
    const moved = stayed.filter(([port, server]) => without.get(port) !== server);
    assert.ok(![...without.values()].includes('rs3'));
    // Of a table of 4093 places nearly all keep their server; half of all clients would move with a plain modulus.
    assert.ok(moved.length <= stayed.length / 5, `${moved.length} of ${stayed.length} moved`);
    director.configure(yaml(SERVERS));
    await director.reload();
    assert.deepEqual(await spread(), before);
  });
});
