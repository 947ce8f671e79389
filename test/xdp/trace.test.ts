// lbctl trace against an lbd that forwards: what it tells before is where the client's connection then goes.
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Lab } from '../lab/lab.ts';
import type { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';
import { XdpSite } from './lab/site.ts';

const LIMIT = 120_000;

suite('lbctl trace', { concurrency: false }, () => {
  let site: XdpSite;
  let lab: Lab;
  let d1: Director;

  before(async () => {
    site = await XdpSite.open(1, 2);
    lab = site.lab;
    for (const name of ['rs1', 'rs2']) await site.serve(name);
    d1 = site.director('d1');
  });
  after(async () => {
    await d1.stop();
    await site.close();
  });

  const trace = async (port: number, ...words: readonly string[]) => {
    const client = `${lab.host('client').address}:${port}`;
    const said = await d1.lbctl('trace', client, `${lab.vip}:80`, ...words);
    assert.equal(said.code, 0, said.stderr);
    return said.stdout;
  };
  /** Whom a connection from this port goes to, as lbctl tells it. */
  const predicted = async (port: number) => JSON.parse(await trace(port, '-o', 'json'));
  const whoAnswers = async (port: number): Promise<string> => {
    const words = ['-s', '-m', '10', '--local-port', String(port), `http://${lab.vip}/`];
    const { code, stdout } = await lab.host('client').exec('curl', words);
    assert.equal(code, 0, `curl from ${port} ends with ${code}`);
    return `${lab.host(stdout.trim()).address}:80`;
  };

  test('tells where connections go, before they do, and counts nothing', { timeout: LIMIT }, async () => {
    d1.configure(`net_namespace: ${d1.host.netns}
dataplane: xdp
vrrp:
  VI_1:
    { interface: eth0, virtual_router_id: 51, version: 3, priority: 100, advert_int: 100ms, lease: off, virtual_addresses: [${lab.vip}/24] }
services:
  web:
    address: ${lab.vip}
    port: 80
    protocol: tcp
    scheduler: mh
    scheduler_flags: [mh-port]
    forward: dr
    check: { type: tcp, interval: 300ms, warmup: 0s, retry: 0, timeout: 1s }
    servers: [${lab.host('rs1').address}, ${lab.host('rs2').address}]
`);
    d1.start();
    await d1.becomes('MASTER', LIMIT);
    await eventually('both servers are in', LIMIT, async () => (await d1.servers()).length === 2);

    const counted = async () => (await d1.lbctl('ipvs', '-Ln', '--stats')).stdout;
    const before = await counted();
    await predicted(19_999);
    assert.equal(await counted(), before);
    const told = new Set<string>();
    // Addresses, ports and the key of hashes are the same in every run, and so are the answers.
    for (let port = 20_000; port < 20_006; port++) {
      const { server, choice, verdict, service } = await predicted(port);
      assert.deepEqual([service.name, choice.kind, choice.of], ['web', 'hash', 65_537]);
      assert.equal(server.health, 'up');
      assert.deepEqual([verdict.kind, verdict.interface], ['forwarded', 'eth0']);
      assert.equal(await whoAnswers(port), server.name, `port ${port}`);
      told.add(server.name);
    }
    const known = await trace(20_005, '--flags', 'ack');
    assert.match(known, /\n {2}by its flow, which is known: fin, forgotten in \d+ s\n/);
    assert.equal(told.size, 2, 'both servers have their turn');

    const out = `${lab.host('rs2').address}:80`;
    await site.kill('rs2');
    await eventually('rs2 is out', LIMIT, async () => (await d1.servers()).length === 1);
    const instead = new Set<unknown>();
    for (let port = 21_000; port < 21_004; port++) {
      const { server, choice } = await predicted(port);
      instead.add(choice.instead?.of ?? null);
      assert.equal(await whoAnswers(port), server.name);
    }
    assert.deepEqual([...instead].sort(), [out, null].sort());
  });
});
