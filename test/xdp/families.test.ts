// lbd with the data plane XDP: HTTP by IPv6, and UDP by flows and by single packets, while servers die, leave and return.
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Lab } from '../lab/lab.ts';
import type { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';
import { root } from '../support/root.ts';
import { XdpSite } from './lab/site.ts';

const LIMIT = 60_000;
const WAIT = 15_000;
const ASK = `${root}/test/guest/ask.pl`;
const SERVERS = ['rs1', 'rs2'] as const;
const CLIENT6 = 'fd00:1::250';
const VIP6 = 'fd00:1::100';
const own6 = (name: string) => `fd00:1::10${name.slice(2)}`;
const other = (name: string) => (name === 'rs1' ? 'rs2' : 'rs1');
/** How the table calls them. */
const SERVICES: Readonly<Record<string, string>> = {
  web: `tcp ${VIP6}`,
  flows: 'udp 172.25.1.100',
  single: `udp ${VIP6}`,
};
/** Ports of clients. */
const FLOWS = 20_000;
const FLOWS_LATER = 21_000;
const SINGLE = 22_000;

suite('IPv6 and UDP by XDP', { concurrency: false }, () => {
  let site: XdpSite;
  let lab: Lab;
  let d1: Director;

  before(async () => {
    site = await XdpSite.open(1, SERVERS.length);
    lab = site.lab;
    const add = (host: string, address: string, dev = 'eth0') =>
      lab.host(host).exec('ip', ['addr', 'add', address, 'dev', dev, 'nodad']);
    await add('client', `${CLIENT6}/64`);
    await add('d1', 'fd00:1::1/64');
    for (const name of SERVERS) {
      await add(name, `${own6(name)}/64`);
      await add(name, `${VIP6}/128`, 'lo');
      await serve(name);
    }
    d1 = site.director('d1');
    const check = 'interval: 300ms, warmup: 0s, retry: 0, timeout: 1s';
    const own = SERVERS.map((name) => lab.host(name).address).join(', ');
    // Silence says little by IPv6, whose errors the kernel limits to one a second: an answer is asked for.
    d1.configure(`net_namespace: ${d1.host.netns}
dataplane: xdp
vrrp:
  VI_4:
    { interface: eth0, virtual_router_id: 51, version: 3, priority: 100, advert_int: 100ms, lease: off, virtual_addresses: [${lab.vip}/24] }
  VI_6:
    { interface: eth0, virtual_router_id: 51, version: 3, priority: 100, advert_int: 100ms, lease: off, virtual_addresses: ['${VIP6}/128'] }
services:
  web:
    { address: '${VIP6}', port: 80, protocol: tcp, scheduler: rr, forward: dr, check: { type: tcp, ${check} }, servers: [${SERVERS.map((name) => `'${own6(name)}'`).join(', ')}] }
  flows:
    { address: ${lab.vip}, port: 53, protocol: udp, scheduler: rr, forward: dr, check: { type: udp, reply: '7273XX', ${check} }, servers: [${own}] }
  single:
    { address: '${VIP6}', port: 53, protocol: udp, ops: true, scheduler: rr, forward: dr, check: { type: udp, reply: '7273XX', ${check} }, servers: [${SERVERS.map((name) => `'${own6(name)}'`).join(', ')}] }
`);
    d1.start();
    await everybodyIsIn();
  });
  after(async () => {
    await d1.stop();
    await site.close();
  });

  const serve = (name: string) => site.serve(name, [lab.vip, VIP6, lab.host(name).address, own6(name)]);

  const get = async (where: string): Promise<string> => {
    const { code, stdout } = await lab.host('client').exec('curl', ['-gs', '-m', '60', where]);
    assert.equal(code, 0, `${where}: curl ends with ${code}`);
    return stdout.trim();
  };
  /** Who answers so many connections, one after the other. */
  async function pages(count: number): Promise<readonly string[]> {
    const answers: string[] = [];
    for (let n = 0; n < count; n++) answers.push(await get(`http://[${VIP6}]/`));
    return answers;
  }
  /** Who answers a datagram from each of some ports, one after the other; - for nobody. */
  async function ask(vip: string, first: number, count: number): Promise<readonly string[]> {
    const from = vip === VIP6 ? CLIENT6 : lab.host('client').address;
    const words = ['udp', from, vip, '53', String(first), String(count)];
    const { code, stdout, stderr } = await lab.host('client').exec('perl', [ASK, ...words]);
    assert.equal(code, 0, stderr);
    return stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '');
  }
  /** Who answers so many datagrams from one port. */
  async function single(count: number): Promise<readonly string[]> {
    const answers: string[] = [];
    for (let n = 0; n < count; n++) answers.push(...(await ask(VIP6, SINGLE, 1)));
    return answers;
  }
  /** The servers of the table, by service, with their open connections. */
  async function table(
    counted: 'active' | 'all' = 'all',
  ): Promise<ReadonlyMap<string, Readonly<Record<string, number>>>> {
    const { check } = await d1.status();
    const services = check.value?.table.value?.services ?? [];
    return new Map(
      services.map(({ key, dests }) => [
        `${key.protocol} ${key.address}`,
        Object.fromEntries(
          dests.map(({ key: { address }, active_conns, inactive_conns }) => [
            `rs${address.slice(-1)}`,
            active_conns + (counted === 'all' ? inactive_conns : 0),
          ]),
        ),
      ]),
    );
  }
  const connections = async (service: string) => (await table()).get(SERVICES[service] ?? '') ?? {};
  const has = (service: string, names: readonly string[]) =>
    eventually(`${service} has ${names}`, WAIT, async () => {
      return (
        Object.keys(await connections(service))
          .sort()
          .join() === names.join()
      );
    });
  const everybodyIsIn = async () => {
    for (const service of Object.keys(SERVICES)) await has(service, SERVERS);
  };
  async function order(word: 'drain' | 'ready', name: string, service: string): Promise<void> {
    const address = service === 'flows' ? lab.host(name).address : own6(name);
    const said = await d1.lbctl(word, `${address}@${service}`, ...(word === 'drain' ? ['--no-wait'] : []));
    assert.equal(said.code, 0, said.stderr);
  }
  async function kill(name: string): Promise<void> {
    await site.kill(name);
    for (const service of Object.keys(SERVICES)) await has(service, [other(name)]);
  }
  const alternates = (answers: readonly string[]) =>
    assert.ok(
      answers.every((answer, i) => answer === (i % 2 === 0 ? answers[0] : other(answers[0] ?? ''))),
      answers.join(),
    );
  const all = (answers: readonly string[], name: string) =>
    assert.deepEqual(
      answers,
      answers.map(() => name),
    );

  test('HTTP by IPv6: servers die, leave and return, and a download goes on', {
    timeout: LIMIT,
  }, async () => {
    alternates(await pages(6));
    const download = get(`http://[${VIP6}]/held`);
    let busy = '';
    await eventually('only the download is open', WAIT, async () => {
      const open = Object.entries((await table('active')).get(SERVICES['web'] ?? '') ?? {});
      busy = open.find(([, count]) => count > 0)?.[0] ?? '';
      return open.reduce((sum, [, count]) => sum + count, 0) === 1;
    });
    const idle = other(busy);
    await kill(idle);
    all(await pages(3), busy);
    await serve(idle);
    await everybodyIsIn();
    alternates(await pages(4));

    await order('drain', busy, 'web');
    all(await pages(4), idle);
    await has('web', SERVERS);
    await get(`http://[${own6(busy)}]/release`);
    assert.deepEqual([...new Set((await download).split('\n'))], [busy], 'it ends where it began');
    await has('web', [idle]);
    await order('ready', busy, 'web');
    await everybodyIsIn();
    alternates(await pages(4));
  });

  test('UDP: a client port stays with its server while that is there', { timeout: LIMIT }, async () => {
    const first = await ask(lab.vip, FLOWS, 6);
    alternates(first);
    assert.deepEqual(await ask(lab.vip, FLOWS, 6), first);
    assert.deepEqual(await connections('flows'), { rs1: 3, rs2: 3 });
    await kill('rs2');
    all(await ask(lab.vip, FLOWS, 6), 'rs1');
    await serve('rs2');
    await everybodyIsIn();
    all(await ask(lab.vip, FLOWS, 6), 'rs1');

    await order('drain', 'rs1', 'flows');
    all(await ask(lab.vip, FLOWS_LATER, 4), 'rs2');
    // As with IPVS, flows of UDP count as inactive, and nobody waits for their end.
    await has('flows', ['rs2']);
    all(await ask(lab.vip, FLOWS, 6), 'rs2');
    await order('ready', 'rs1', 'flows');
    await everybodyIsIn();
    alternates(await ask(lab.vip, FLOWS_LATER + 4, 4));
  });

  test('UDP by single packets: each of one port goes to the next server', { timeout: LIMIT }, async () => {
    alternates(await single(6));
    assert.deepEqual(await connections('single'), { rs1: 0, rs2: 0 });
    await kill('rs1');
    all(await single(3), 'rs2');
    await serve('rs1');
    await everybodyIsIn();
    alternates(await single(4));
    await order('drain', 'rs2', 'single');
    all(await single(3), 'rs1');
    await has('single', ['rs1']);
    await order('ready', 'rs2', 'single');
    await everybodyIsIn();
    alternates(await single(4));
  });
});
