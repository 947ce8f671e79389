// A director that hands over as it is told to: connections that have only just begun go on at the other one.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import type { Lab } from '../lab/lab.ts';
import type { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';
import { XdpSite } from './lab/site.ts';

const LIMIT = 60_000;
const DOWNLOADS = 12;
const SERVERS = ['rs1', 'rs2', 'rs3', 'rs4'] as const;

suite('planned handovers by XDP', { concurrency: false }, () => {
  let site: XdpSite;
  let lab: Lab;
  let d1: Director;
  let d2: Director;

  before(async () => {
    site = await XdpSite.open(2, SERVERS.length);
    lab = site.lab;
    for (const name of SERVERS) await site.serve(name);
  });
  after(() => site.close());
  beforeEach(async () => {
    d1 = site.director('d1');
    d2 = site.director('d2');
    configure(d1, d2, 200);
    configure(d2, d1, 100);
    for (const director of [d1, d2]) {
      director.start();
      if (director === d1) await d1.becomes('MASTER', LIMIT);
      const name = `${director.host.name} has its servers`;
      await eventually(name, LIMIT, async () => (await director.servers()).length === SERVERS.length);
    }
  });
  afterEach(async () => {
    await d1.stop();
    await d2.stop();
  });

  // A peer looks every 50 ms at what it was told, and takes over 0.6 s after the resignation.
  const configure = (self: Director, peer: Director, priority: number) =>
    self.configure(`net_namespace: ${self.host.netns}
dataplane: xdp
xdp: { key: ${'k'.repeat(32)}, sync: { local: ${self.host.address}, peers: [${peer.host.address}] } }
vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    version: 3
    priority: ${priority}
    advert_int: 1s
    lease: off
    virtual_addresses: [${lab.vip}/24]
services:
  web:
    address: ${lab.vip}
    port: 80
    protocol: tcp
    scheduler: rr
    forward: dr
    check: { type: tcp, interval: 300ms, warmup: 0s, retry: 0, timeout: 1s }
    servers: [${SERVERS.map((name) => lab.host(name).address).join(', ')}]
`);
  /** Who served it, to its end. */
  const download = async (where: string): Promise<string> => {
    const { code, stdout } = await lab.host('client').exec('curl', ['-s', '-m', '60', where]);
    return code === 0 ? [...new Set(stdout.trim().split('\n'))].join() : `curl ends with ${code}`;
  };
  const established = async (director: Director): Promise<number> => {
    const { check } = await director.status();
    const [service] = check.value?.table.value?.services ?? [];
    return (service?.dests ?? []).reduce((sum, { active_conns }) => sum + active_conns, 0);
  };

  for (const [how, handOver] of [
    ['stopped', () => d1.stop()],
    ['told to hand over', () => d1.lbctl('failover', 'VI_1')],
  ] as const) {
    test(`connections of the moment before a director is ${how} go on at the other one`, {
      timeout: LIMIT,
    }, async () => {
      const running = Array.from({ length: DOWNLOADS }, () => download(`http://${lab.vip}/held`));
      await eventually('all have begun', LIMIT, async () => (await established(d1)) === DOWNLOADS, 1);
      await handOver();
      await d2.becomes('MASTER', LIMIT);
      await eventually('all are known', 20_000, async () => (await established(d2)) === DOWNLOADS);
      for (const name of SERVERS) await download(`http://${lab.host(name).address}/release`);
      const served = await Promise.all(running);
      assert.deepEqual([...new Set(served)].sort(), [...SERVERS]);
    });
  }
});
