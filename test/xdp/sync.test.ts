// Two directors that balance by XDP: what one knows of its connections, the other one goes on with.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab/lab.ts';
import type { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';
import { XdpSite } from './lab/site.ts';

const LIMIT = 60_000;
const DOWNLOADS = 8;
const KEY = 'k'.repeat(32);
const SECOND_CLIENT = '172.25.1.211';

suite('directors that share the flows of XDP', { concurrency: false }, () => {
  let site: XdpSite;
  let lab: Lab;
  let d1: Director;
  let d2: Director;

  before(async () => {
    site = await XdpSite.open(2, 2);
    lab = site.lab;
    for (const name of ['rs1', 'rs2']) await site.serve(name);
    await lab.host('client').exec('ip', ['addr', 'add', `${SECOND_CLIENT}/24`, 'dev', 'eth0']);
  });
  after(() => site.close());
  beforeEach(() => {
    d1 = site.director('d1');
    d2 = site.director('d2');
  });
  afterEach(async () => {
    await d1.stop();
    await d2.stop();
    await lab.restoreLink('d1');
  });

  interface Setup {
    readonly key: string;
    readonly isShared?: boolean;
    readonly more?: string;
  }
  function configure(self: Director, { key, isShared = true, more = '' }: Setup): void {
    const [peer, priority] = self === d1 ? [d2, 200] : [d1, 100];
    const sync = isShared ? `, sync: { local: ${self.host.address}, peers: [${peer.host.address}] }` : '';
    self.configure(`net_namespace: ${self.host.netns}
dataplane: xdp
xdp: { key: ${key}${sync} }
vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    version: 3
    priority: ${priority}
    advert_int: 100ms
    lease: off
    virtual_addresses: [${lab.vip}/24]
services:
  web:
    address: ${lab.vip}
    port: 80
    protocol: tcp
    scheduler: rr
    forward: dr
    ${more}
    check: { type: tcp, interval: 300ms, warmup: 0s, retry: 0, timeout: 1s }
    servers: [${lab.host('rs1').address}, ${lab.host('rs2').address}]
`);
  }
  /** d1 is master, and both have their servers. */
  async function begin(first: Setup, second: Setup): Promise<void> {
    configure(d1, first);
    configure(d2, second);
    for (const director of [d1, d2]) {
      director.start();
      if (director === d1) await d1.becomes('MASTER', LIMIT);
      const name = `${director.host.name} has its servers`;
      await eventually(name, LIMIT, async () => (await director.servers()).length === 2);
    }
  }
  const cutOff = async (): Promise<void> => {
    await lab.cutLink('d1');
    await d2.becomes('MASTER', LIMIT);
  };
  /** The body; null where the connection broke. */
  const get = async (where: string, ...options: readonly string[]): Promise<string | null> => {
    const url = `http://${lab.vip}${where}`;
    const { code, stdout } = await lab.host('client').exec('curl', ['-s', '-m', '30', ...options, url]);
    return code === 0 ? stdout : null;
  };
  const whoAnswers = async (client: string): Promise<string> =>
    (await get('/', '--interface', client))?.trim() ?? assert.fail();
  const isWhole = (body: string | null): boolean => body?.trim().split('\n').length === 40;
  /** Downloads of four seconds, of which d1 sees one and a half. */
  async function downloadsThatEnd(inBetween?: () => Promise<void>): Promise<number> {
    const running = Array.from({ length: DOWNLOADS }, () => get('/slow'));
    await sleep(1500);
    await inBetween?.();
    await cutOff();
    return (await Promise.all(running)).filter(isWhole).length;
  }
  interface Sync {
    readonly peers: readonly {
      readonly address: string;
      readonly is_heard: boolean;
      readonly lost: number;
    }[];
    readonly sent: { readonly flows: number };
    readonly received: Readonly<Record<string, number>>;
    readonly refused: Readonly<Record<string, number>>;
  }
  const syncOf = async (director: Director): Promise<Sync> => {
    const { stdout } = await director.lbctl('status', '-o', 'json');
    return JSON.parse(stdout).check.value.table.value.xdp.sync;
  };
  const activeOn = async (director: Director): Promise<number> => {
    const { stdout } = await director.lbctl('ipvs', '-Ln');
    return [...stdout.matchAll(/-> \S+ +Route +\d+ +(\d+)/g)].reduce((sum, row) => sum + Number(row[1]), 0);
  };

  test('without it, connections break when another director goes on', { timeout: LIMIT }, async () => {
    await begin({ key: KEY, isShared: false }, { key: KEY, isShared: false });
    const whole = await downloadsThatEnd();
    assert.ok(whole < DOWNLOADS, 'the hash gives all of them their servers once in 256 times');
  });

  test('connections go on at another director, which counts them', { timeout: LIMIT }, async () => {
    await begin({ key: KEY }, { key: KEY });
    const whole = await downloadsThatEnd(async () => {
      assert.equal(await activeOn(d2), DOWNLOADS);
      const sync = await syncOf(d2);
      assert.deepEqual(
        sync.peers.map(({ address, is_heard, lost }) => [address, is_heard, lost]),
        [[d1.host.address, true, 0]],
      );
      assert.equal(sync.sent.flows, 0, 'who has not the address tells of nothing');
    });
    assert.equal(whole, DOWNLOADS);
    await eventually(
      'its silence is told',
      LIMIT,
      async () => (await syncOf(d2)).peers[0]?.is_heard === false,
    );
  });

  test('a director that has just been started learns what is there, and goes on with it when the other is killed', {
    timeout: LIMIT,
  }, async () => {
    await begin({ key: KEY }, { key: KEY });
    const running = Array.from({ length: DOWNLOADS }, () => get('/slower'));
    await eventually('they are told', LIMIT, async () => (await activeOn(d2)) === DOWNLOADS);
    await d2.stop();
    d2.start();
    await eventually('they are told again', LIMIT, async () => (await activeOn(d2)) === DOWNLOADS);
    await d1.killAll();
    await d2.becomes('MASTER', LIMIT);
    assert.equal((await Promise.all(running)).filter(isWhole).length, DOWNLOADS);
  });

  test('a client stays with its server', { timeout: LIMIT }, async () => {
    const more = 'persistence_timeout: 5m';
    await begin({ key: KEY, more }, { key: KEY, more });
    const first = await whoAnswers(lab.host('client').address);
    const second = await whoAnswers(SECOND_CLIENT);
    assert.notEqual(first, second);
    // Without its template the second one would begin at d2, as the first one did at d1.
    await sleep(1500);
    await cutOff();
    assert.equal(await whoAnswers(SECOND_CLIENT), second);
    assert.equal(await whoAnswers(lab.host('client').address), first);
  });

  test('what is signed with another key changes nothing', { timeout: LIMIT }, async () => {
    await begin({ key: KEY }, { key: 'x'.repeat(32) });
    const running = get('/slower');
    await eventually('it is told', LIMIT, async () => (await syncOf(d1)).sent.flows > 0);
    const refused = async () => (await syncOf(d2)).refused['signature'] ?? 0;
    const before = await refused();
    await eventually('more is refused', LIMIT, async () => (await refused()) > before + 1);
    const sync = await syncOf(d2);
    assert.deepEqual(sync.received, { datagrams: 0, stored: 0, kept: 0, full: 0, unknown: 0 });
    assert.equal(sync.peers[0]?.is_heard, false);
    assert.equal(await activeOn(d2), 0);

    configure(d2, { key: KEY });
    await d2.reload();
    await eventually('with the right one it is taken', LIMIT, async () => (await activeOn(d2)) === 1);
    assert.ok(isWhole(await running));
  });
});
