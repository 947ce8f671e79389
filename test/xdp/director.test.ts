// lbd with the data plane XDP: two web servers by direct routing, and everything that may happen to them and to lbd.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab/lab.ts';
import type { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';
import { XdpSite } from './lab/site.ts';

const LIMIT = 60_000;

suite('lbd that balances by XDP', { concurrency: false }, () => {
  let site: XdpSite;
  let lab: Lab;
  let d1: Director;
  let d2: Director;

  before(async () => {
    site = await XdpSite.open(2, 2);
    lab = site.lab;
    for (const name of ['rs1', 'rs2']) await site.serve(name);
  });
  after(() => site.close());
  beforeEach(() => {
    d1 = site.director('d1');
    d2 = site.director('d2');
  });
  afterEach(async () => {
    await d1.stop();
    await d2.stop();
  });

  const configure = (director: Director, priority: number, scheduler: string) =>
    director.configure(`net_namespace: ${director.host.netns}
dataplane: xdp
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
    scheduler: ${scheduler}
    forward: dr
    check: { type: tcp, interval: 300ms, warmup: 0s, retry: 0, timeout: 1s }
    servers: [${lab.host('rs1').address}, ${lab.host('rs2').address}]
`);
  const get = async (where = '/'): Promise<string> => {
    const url = `http://${lab.vip}${where}`;
    const { code, stdout } = await lab.host('client').exec('curl', ['-s', '-m', '20', url]);
    if (code !== 0) throw new Error(`curl ended with ${code}`);
    return stdout;
  };
  /** Who answers so many connections, one after the other. */
  const whoAnswers = async (count = 4): Promise<string> => {
    const answers = new Set<string>();
    for (let i = 0; i < count; i++) answers.add((await get()).trim());
    return [...answers].sort().join();
  };
  const answered = (by: string) => eventually(`${by} answer`, LIMIT, async () => (await whoAnswers()) === by);
  /** It takes four seconds, and comes from one server alone. */
  const download = async (): Promise<string> => {
    const lines = (await get('/slow')).trim().split('\n');
    assert.equal(lines.length, 40);
    const [who = '', ...others] = new Set(lines);
    assert.deepEqual(others, []);
    return who;
  };
  const events = (director: Director, event: string): string[] =>
    readFileSync(director.logFile, 'utf8')
      .split('\n')
      .filter((line) => line.includes(`"event":"${event}"`))
      .map((line) => JSON.parse(line).message);
  const isProgrammed = (director: Director) =>
    eventually(`${director.host.name} has its servers`, LIMIT, async () => {
      return (await director.servers()).length === 2;
    });

  test('shows its table as ipvsadm would, and takes servers out, in and aside', {
    timeout: LIMIT,
  }, async () => {
    configure(d1, 100, 'rr');
    d1.start();
    await answered('rs1,rs2');
    const table = await d1.lbctl('ipvs', '-Ln', '--stats');
    const counts = [...table.stdout.matchAll(/-> \S+ +(\d+) +(\d+) +0 +(\d+) +0/g)].map((row) =>
      row.slice(1).map(Number),
    );
    assert.equal(counts.length, 2, table.stdout);
    for (const [conns = 0, packets = 0, bytes = 0] of counts) {
      assert.ok(conns >= 2 && packets >= 5 * conns && bytes >= 250 * conns, table.stdout);
    }
    const [s1, s2] = ['rs1', 'rs2'].map((name) => lab.host(name).address);
    const { stdout } = await d1.lbctl('status');
    assert.match(stdout, new RegExp(`-> ${s1}:80 +Route +1 +0 +[2-9]`));
    assert.match(stdout, /\nXDP on eth0 \(driver\)/);
    const listed = await d1.lbctl('connections');
    assert.match(listed.stderr, /XDP remembers connections by their hashes/);
    assert.match((await d1.lbctl('ipvs', '-Ln')).stdout, /TCP {2}172\.25\.1\.100:80 rr\n/);

    await site.kill('rs2');
    await answered('rs1');
    assert.deepEqual(await d1.servers(), [s1]);
    await site.serve('rs2');
    await answered('rs1,rs2');

    const running = download();
    await sleep(500);
    const { stdout: active } = await d1.lbctl('ipvs', '-Ln');
    const busy = active.split('\n').find((line) => / 1 {5,}1 {5,}\d/.test(line)) ?? assert.fail(active);
    const leaving = busy.includes(`${s1}:80`) ? 'rs1' : 'rs2';
    const drained = await d1.lbctl('drain', lab.host(leaving).address);
    assert.equal(drained.code, 0, drained.stderr);
    await answered(leaving === 'rs1' ? 'rs2' : 'rs1');
    assert.equal(await running, leaving, 'it ends where it began');
    await eventually('the drain is over', LIMIT, async () => (await d1.servers()).length === 1);
    assert.equal((await d1.lbctl('ready', lab.host(leaving).address)).code, 0);
    await answered('rs1,rs2');
    assert.ok(s2 !== undefined && (await d1.servers()).includes(s2));

    await d1.stop();
    assert.equal(existsSync(site.pinsOf('d1')), false, 'a clean stop leaves nothing');
  });

  test('goes on without its processes, which find everything again', { timeout: LIMIT }, async () => {
    configure(d1, 100, 'rr');
    d1.start();
    await answered('rs1,rs2');
    const first = download();
    await sleep(500);
    const { daemon } = await d1.status();
    const check = daemon.processes.find(({ name }) => name === 'check')?.pid ?? assert.fail();
    process.kill(check, 'SIGKILL');
    assert.equal(await whoAnswers(), 'rs1,rs2', 'without the process');
    const kept = 'found 1 of our services with 2 servers in the kernel and kept them';
    await eventually('the table is adopted', LIMIT, () => events(d1, 'ipvs_adopted').includes(kept));
    await first;

    const second = download();
    await sleep(500);
    await d1.killAll();
    assert.equal(await whoAnswers(), 'rs1,rs2', 'without any process');
    const before = events(d1, 'ipvs_programmed').length;
    d1.start();
    await eventually('it is adopted again', LIMIT, () => events(d1, 'ipvs_adopted').length === 2);
    await second;
    await eventually('it is ready', LIMIT, () => events(d1, 'ready').length === 2);
    assert.equal(await whoAnswers(), 'rs1,rs2');
    assert.deepEqual(events(d1, 'ipvs_programmed').slice(before), [], 'nothing had to be changed');
  });

  test('another director goes on with the connections of one that is cut off', {
    timeout: LIMIT,
  }, async () => {
    const scheduler = 'mh\n    scheduler_flags: [mh-port]';
    configure(d1, 200, scheduler);
    configure(d2, 100, scheduler);
    d1.start();
    await d1.becomes('MASTER', LIMIT);
    d2.start();
    await isProgrammed(d1);
    await isProgrammed(d2);
    await answered('rs1,rs2');
    const running = Array.from({ length: 8 }, () => download());
    await sleep(1000);
    await lab.cutLink('d1');
    await d2.becomes('MASTER', LIMIT);
    const served = await Promise.all(running);
    assert.deepEqual([...new Set(served)].sort(), ['rs1', 'rs2']);
    await lab.restoreLink('d1');
  });
});
