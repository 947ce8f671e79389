// The same services by IPVS and by XDP, on a kernel that has both: the same clients, servers and addresses.
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, suite, type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { BPFFS } from '../../src/kernel/bpffs.ts';
import { removeXdp } from '../../src/kernel/xdp.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { Outside } from '../lab/outside.ts';
import { shell } from '../lab/shell.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';
import { root } from '../support/root.ts';
import { type SomeService, someService, type Way } from './xdp-services.ts';

const LIMIT = 420_000;
const SERVICES = 100;
const FIRST_PORT = 9001;
const SERVERS = ['rs1', 'rs2', 'rs3', 'rs4'] as const;
const TRAFFIC = path.join(root, 'test/guest/xdp-traffic.pl');
const VIP = { inet: '172.25.1.100', inet6: 'fd00:1::100' } as const;
/** Of a fourth of the servers, three degrees of freedom: beyond it once in a thousand. */
const CHI_SQUARE = 16.3;
/** Clients of the services that hash them, of which each asks once or twice. */
const HASHED = 32;
const AGAIN = 2;

/** Addresses that no interface has and that are the client's all the same, 256 to a network of clients that stay together. */
const clientOf = ({ family }: SomeService, n: number, net = 0): string =>
  family === 'inet' ? `172.26.${net}.${1 + n}` : `fd00:${26 + net}::${(1 + n).toString(16)}`;

const serverOf = ({ family }: SomeService, i: number): string =>
  family === 'inet' ? `172.25.1.${101 + i}` : `fd00:1::${101 + i}`;

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);
const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** Who asks a service and how often. */
type Asked = readonly (readonly [client: string, count: number])[];

function asked(service: SomeService): Asked {
  const weights = service.weights.filter((weight) => weight !== null);
  const cycle = sum(weights) / (weights.reduce((a, b) => gcd(a, b), 0) || 1);
  const many = (count: number): Asked => [[clientOf(service, 200), count]];
  switch (service.way) {
    case 'rr':
    case 'lc':
    case 'ops':
      return many(4 + (service.id % 5));
    case 'wrr':
    case 'wlc':
      return many(cycle * Math.ceil(4 / cycle));
    case 'persistent':
      return Array.from({ length: 8 }, (_, n) => [clientOf(service, n, n % 4), 2]);
    default:
      return Array.from({ length: HASHED }, (_, n) => [clientOf(service, n), n < AGAIN ? 2 : 1]);
  }
}

function yaml(services: readonly SomeService[], head: string): string {
  const lines = services.map((service) => {
    const { id, way, family, protocol, weights, granularity } = service;
    const servers = weights.flatMap((weight, i) =>
      weight === null ? [] : [`{ address: '${serverOf(service, i)}', weight: ${weight} }`],
    );
    const scheduler = way === 'persistent' || way === 'ops' ? 'rr' : way;
    const more = {
      persistent: `, persistence_timeout: 300s, persistence_granularity: ${granularity}`,
      ops: ', ops: true',
    };
    const own = way === 'persistent' || way === 'ops' ? more[way] : '';
    return `  s${id}: { address: '${VIP[family]}', port: ${FIRST_PORT + id}, protocol: ${protocol}, scheduler: ${scheduler}, forward: dr${own}, servers: [${servers.join(', ')}] }`;
  });
  return [head, 'services:', ...lines, ''].join('\n');
}

/** Whether connections are noted: not where every packet is for itself, nor by XDP where the packet alone tells its server. */
const isKept = (plane: 'ipvs' | 'xdp', { way, protocol }: SomeService): boolean =>
  way !== 'ops' && (plane === 'ipvs' || protocol === 'tcp' || (way !== 'sh' && way !== 'mh'));

/** The answers of one service: who asked, and the server's number. */
type Answers = readonly { readonly client: string; readonly server: number }[];

const counts = (answers: readonly { readonly server: number }[]): number[] =>
  SERVERS.map((_, i) => answers.filter(({ server }) => server === i).length);

const services = Array.from({ length: SERVICES }, (_, id) => someService(id, SERVERS.length));

suite('XDP beside IPVS', { concurrency: false }, () => {
  let lab: Lab;
  let directory: string;
  const planes = new Map<
    'ipvs' | 'xdp',
    { director: Director; answers: Map<number, Answers>; table: string }
  >();
  let rules: readonly string[] = [];

  before(async () => {
    lab = await createLab({ directors: 2, servers: SERVERS.length, web: false });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-xdp-'));
    await shell(buildScript());
    await Promise.all(SERVERS.map((name) => listening(name)));
  });
  after(async () => {
    for (const { director } of planes.values()) await director.stop();
    removeXdp(`${BPFFS}/lbd/net-${statSync(`/run/netns/${lab.host('d2').netns}`).ino}`);
    await lab.close();
    rmSync(directory, { recursive: true });
  });

  function buildScript(): string {
    const on = (name: string, ...lines: readonly string[]) =>
      lines.map((line) => `ip netns exec ${lab.host(name).netns} ${line}`);
    const stub = path.join(directory, 'pass.bpf.o');
    const include = `-I/usr/include/${execFileSync('uname', ['-m'], { encoding: 'utf8' }).trim()}-linux-gnu`;
    const bridge = lab.host('d2').netns.replace(/d2$/, 'br');
    const own6 = { client: 'fd00:1::250', d1: 'fd00:1::1', d2: 'fd00:1::2' };
    const virtual = [
      'sysctl -qw net.ipv4.conf.all.arp_ignore=1',
      `ip addr replace ${VIP.inet}/32 dev lo`,
      `ip addr add ${VIP.inet6}/128 dev lo nodad`,
    ];
    const clients = ['172.26.0.0/16', 'fd00:26::/64', 'fd00:27::/64', 'fd00:28::/64', 'fd00:29::/64'];
    const toClients = clients.map(
      (net) => `ip route add ${net} via ${net.includes(':') ? own6.client : lab.host('client').address}`,
    );
    return [
      `clang -target bpf -O2 ${include} -c ${path.join(root, 'test/lab/pass.bpf.c')} -o ${stub}`,
      `ip -n ${bridge} link set d2 xdpdrv obj ${stub} sec xdp`,
      ...Object.entries(own6).flatMap(([name, address]) =>
        on(name, `ip addr add ${address}/64 dev eth0 nodad`),
      ),
      ...on(
        'client',
        'sysctl -qw net.ipv6.ip_nonlocal_bind=1',
        ...clients.map((net) => `ip route add local ${net} dev lo`),
      ),
      ...['d1', 'd2'].flatMap((name) => on(name, ...virtual, ...toClients)),
      ...SERVERS.flatMap((name, i) =>
        on(name, `ip addr add fd00:1::${101 + i}/64 dev eth0 nodad`, ...virtual, ...toClients),
      ),
    ].join('\n');
  }

  function listening(name: string): Promise<unknown> {
    const child = lab
      .host(name)
      .spawn('sh', [
        '-c',
        'ulimit -n $(ulimit -H -n); exec perl "$@"',
        'sh',
        TRAFFIC,
        'serve',
        name,
        String(FIRST_PORT),
        String(SERVICES),
        VIP.inet,
        VIP.inet6,
      ]);
    child.stderr?.pipe(process.stderr);
    return new Promise((resolve, reject) => {
      child.stdout?.once('data', resolve);
      child.once('exit', (code) => reject(new Error(`${name}: ended with ${code}`)));
    });
  }

  /** Frames to the virtual addresses go to this director. */
  async function goTo(name: string): Promise<void> {
    const { stdout } = await lab.host(name).exec('ip', ['-j', 'link', 'show', 'eth0']);
    const [{ address }] = JSON.parse(stdout) as [{ address: string }];
    const { netns } = lab.host('client');
    await shell(
      Object.values(VIP)
        .map((vip) => `ip -n ${netns} neigh replace ${vip} lladdr ${address} nud permanent dev eth0`)
        .join('\n'),
    );
  }

  /** Its log says so: in the guest a status of a hundred services is dear, and this is asked again and again. */
  const programmed = (director: Director) =>
    eventually('the table is programmed', LIMIT, async () => {
      assert.match(readFileSync(director.logFile, 'utf8'), /"event":"ready"/);
      return true;
    });

  /** Asks all services; the connections are open until the client is told to end. */
  async function askAll(): Promise<{ client: ChildProcess; answers: Map<number, Answers> }> {
    const { netns } = lab.host('client');
    const client = spawn(
      'ip',
      ['netns', 'exec', netns, 'sh', '-c', 'ulimit -n $(ulimit -H -n); exec perl "$0" ask', TRAFFIC],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    const lines = services.flatMap((service) =>
      asked(service).map(([from, count]) => {
        const protocol = service.way === 'ops' ? 'ops' : service.protocol;
        return `${service.id} ${protocol} ${from} ${VIP[service.family]} ${FIRST_PORT + service.id} ${count}\n`;
      }),
    );
    client.stdin?.write(`${lines.join('')}end\n`);
    const answers = new Map<number, { client: string; server: number }[]>();
    for await (const line of createInterface({ input: client.stdout as NodeJS.ReadableStream })) {
      if (line === 'done') break;
      const [id, from = '', name = ''] = line.split(' ');
      const of = answers.get(Number(id)) ?? [];
      of.push({ client: from, server: SERVERS.indexOf(name as 'rs1') });
      answers.set(Number(id), of);
    }
    return { client, answers };
  }

  /** Has one plane serve everybody, and notes what its table says while the connections are open. */
  async function serve(plane: 'ipvs' | 'xdp', context: TestContext): Promise<void> {
    const startedAt = Date.now();
    const note = (what: string) =>
      context.diagnostic(`${what} after ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
    const host = lab.host(plane === 'ipvs' ? 'd1' : 'd2');
    const own = path.join(directory, plane);
    const director = new Director(plane === 'ipvs' ? host : Outside.of(host), own);
    const head =
      plane === 'ipvs'
        ? 'dataplane: ipvs'
        : `net_namespace: ${host.netns}\ndataplane: xdp\nxdp: { interfaces: [eth0] }`;
    director.configure(yaml(services, head));
    director.start();
    const entry = { director, answers: new Map<number, Answers>(), table: '' };
    planes.set(plane, entry);
    await programmed(director);
    note('programmed');
    await goTo(host.name);
    const { client, answers } = await askAll();
    entry.answers = answers;
    note('asked');
    entry.table = (await director.lbctl('ipvs', '-Ln')).stdout;
    rules = [...rules, (await director.lbctl('ipvs', '-Sn')).stdout];
    client.stdin?.end();
    note('listed');
  }

  for (const plane of ['ipvs', 'xdp'] as const) {
    test(`${plane}: every connection to ${SERVICES} services is answered, and its table says by whom`, {
      timeout: LIMIT,
    }, async (context) => {
      await serve(plane, context);
      const { answers, table } = planeOf(plane);
      const wrong = services.filter((service) => {
        const heard = answers.get(service.id) ?? [];
        const isAnswered =
          heard.length === sum(asked(service).map(([, count]) => count)) &&
          heard.every(({ server }) => server >= 0);
        const listed = isKept(plane, service) ? counts(heard) : SERVERS.map(() => 0);
        const isShown = isDeepStrictEqual(connectionsIn(table, service), listed);
        return !isAnswered || !isShown;
      });
      const told = wrong.map(
        (service) =>
          `${JSON.stringify(service)}: answered by ${countsBy(plane, service)}, listed ${connectionsIn(table, service)}`,
      );
      assert.deepEqual(told, []);
    });
  }

  const planeOf = (plane: 'ipvs' | 'xdp') => {
    const entry = planes.get(plane);
    assert.ok(entry !== undefined);
    return entry;
  };

  test('both tables read alike, but for who has how many connections', () => {
    // The size is that of the table of connections, which each plane has of its own.
    const bare = (table: string) =>
      table
        .replace(/ \(size=\d+\)$/m, '')
        .replace(/ +\d+ +\d+ *$/gm, '')
        .split('\n');
    assert.deepEqual(bare(planeOf('xdp').table), bare(planeOf('ipvs').table));
    assert.equal(rules[1], rules[0]);
    assert.equal((rules[0] ?? '').match(/^-A /gm)?.length, SERVICES);
  });

  for (const way of ['rr', 'wrr', 'lc', 'wlc', 'ops'] as const) {
    test(`${way}: each server has as many connections by XDP as by IPVS, give or take one`, () => {
      for (const service of of(way)) {
        const [theirs, ours] = [countsBy('ipvs', service), countsBy('xdp', service)];
        const text = `${JSON.stringify(service)}: IPVS ${theirs}, XDP ${ours}`;
        assert.ok(
          theirs.every((count, i) => Math.abs(count - (ours[i] ?? 0)) <= 1),
          text,
        );
      }
    });
  }

  for (const way of ['sh', 'mh'] as const) {
    test(`${way}: clients stay, and shares are those of the weights, by both`, () => {
      for (const service of of(way)) {
        const weights = service.weights.map((weight) => weight ?? 0);
        for (const plane of ['ipvs', 'xdp'] as const) {
          const heard = planeOf(plane).answers.get(service.id) ?? [];
          const byClient = groups(heard, (client) => client);
          assert.ok(byClient.every((servers) => servers.size === 1));
          const seen = counts([...new Map(heard.map((each) => [each.client, each])).values()]);
          const text = `${JSON.stringify(service)} by ${plane}: ${seen}`;
          let chiSquare = 0;
          for (const [i, weight] of weights.entries()) {
            const expected = (HASHED * weight) / sum(weights);
            if (weight === 0) assert.equal(seen[i], 0, text);
            else chiSquare += ((seen[i] ?? 0) - expected) ** 2 / expected;
          }
          assert.ok(chiSquare < CHI_SQUARE, text);
        }
      }
    });
  }

  test('persistent: clients that the mask joins stay together, and are spread alike', () => {
    for (const service of of('persistent')) {
      const joined = (client: string) =>
        service.granularity === 24 || service.granularity === 64
          ? client.replace(/(\.|::)[^.:]+$/, '')
          : client;
      const spread = (['ipvs', 'xdp'] as const).map((plane) => {
        const clients = groups(planeOf(plane).answers.get(service.id) ?? [], joined);
        assert.ok(
          clients.every((servers) => servers.size === 1),
          `${JSON.stringify(service)} by ${plane}`,
        );
        return SERVERS.map((_, i) => clients.filter((servers) => servers.has(i)).length);
      });
      const text = `${JSON.stringify(service)}: ${spread.join(' and ')}`;
      assert.ok(
        spread[0]?.every((count, i) => Math.abs(count - (spread[1]?.[i] ?? 0)) <= 1),
        text,
      );
    }
  });

  const of = (way: Way): readonly SomeService[] => {
    const some = services.filter((service) => service.way === way);
    assert.ok(some.length >= 12);
    return some;
  };

  const countsBy = (plane: 'ipvs' | 'xdp', { id }: SomeService): number[] =>
    counts(planeOf(plane).answers.get(id) ?? []);

  const groups = (answers: Answers, nameOf: (client: string) => string): readonly Set<number>[] => {
    const servers = new Map<string, Set<number>>();
    for (const { client, server } of answers) {
      const name = nameOf(client);
      servers.set(name, (servers.get(name) ?? new Set()).add(server));
    }
    return [...servers.values()];
  };

  /** Active and inactive connections by server, as a listing has them; 0 of those that are not of the service. */
  function connectionsIn(table: string, service: SomeService): number[] {
    const vip = service.family === 'inet' ? VIP.inet : `[${VIP.inet6}]`;
    const head = `${service.protocol.toUpperCase()}  ${vip}:${FIRST_PORT + service.id} `;
    const lines = table.split('\n');
    const from = lines.findIndex((line) => line.startsWith(head));
    assert.ok(from >= 0, `${head} in ${table}`);
    const rows = lines.slice(from + 1);
    const end = rows.findIndex((line) => !line.startsWith('  -> '));
    const own = rows.slice(0, end < 0 ? rows.length : end);
    return SERVERS.map((_, i) => {
      const address = service.family === 'inet' ? serverOf(service, i) : `[${serverOf(service, i)}]`;
      const row = own.find((line) => line.startsWith(`  -> ${address}:`));
      const [active = '0', inactive = '0'] = /(\d+) +(\d+) *$/.exec(row ?? '')?.slice(1) ?? [];
      return Number(active) + Number(inactive);
    });
  }
});
