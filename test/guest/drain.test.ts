// One director, two web servers and a client on a kernel with IPVS. The tests tell one story, in order.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../lab/host.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';

/** Everything but the timers themselves is slow under emulation. */
const LIMIT = 180_000;

/** A client that asks for a page every second over one connection. */
class KeepAlive {
  private readonly child: ChildProcess;
  private text = '';

  constructor(client: Host, url: string) {
    const options = ['-sS', '-m', '300', '--rate', '1/s', '-w', '%{num_connects}\\n'];
    this.child = client.spawn('curl', [...options, `${url}?[1-300]`]);
    this.child.stdout?.on('data', (data) => {
      this.text += data;
    });
  }

  /** The servers that have answered so far, in order. */
  get pages(): readonly string[] {
    return this.text.split('\n').filter((line) => line.startsWith('rs'));
  }

  /** How many connections that took. */
  get connections(): number {
    return this.text.split('\n').reduce((sum, line) => sum + (/^\d+$/.test(line) ? Number(line) : 0), 0);
  }

  async answers(more: number): Promise<void> {
    const { length } = this.pages;
    await eventually(`${more} more pages`, LIMIT, () => this.pages.length >= length + more);
  }

  async close(): Promise<void> {
    const exited = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await exited;
  }
}

suite('draining and drift with IPVS', { concurrency: false }, () => {
  let lab: Lab;
  let directory: string;
  let director: Director;
  let client: Host;

  before(async () => {
    lab = await createLab({ directors: 1, servers: 2, web: true });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-drain-'));
    client = lab.host('client');
    director = new Director(lab.host('d1'), directory);
  });
  after(async () => {
    await director.stop();
    await lab.close();
    rmSync(directory, { recursive: true });
  });

  const yaml = (servers: readonly string[], policy: string) => `drift: ${policy}
drift_interval: 1s
vrrp:
  VI_1: { interface: eth0, virtual_router_id: 51, priority: 100, virtual_addresses: [${lab.vip}/24] }
services:
  web:
    address: ${lab.vip}
    port: 80
    protocol: tcp
    scheduler: rr
    forward: dr
    drain_timeout: 200s
    check: { type: tcp, interval: 1s, timeout: 5s, retry: 1, delay_before_retry: 500ms, warmup: 0s }
    servers: [${servers.map((name) => lab.host(name).address).join(', ')}]
`;
  const reload = (servers: readonly string[], policy = 'repair') => {
    director.configure(yaml(servers, policy));
    return director.reload();
  };
  const web = () => `${lab.vip}:80`;
  const at = (name: string) => `${lab.host(name).address}:80`;
  const ipvsadm = async (...words: string[]) => {
    const { code, stdout, stderr } = await director.host.exec('ipvsadm', words);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  /** `rs1 1 2`: name, weight, active connections of each server of the site. */
  const table = async () => {
    const text = await ipvsadm('-Ln', '-t', web());
    return ['rs1', 'rs2'].flatMap((name) => {
      const found = new RegExp(`-> ${at(name)} +Route +(\\d+) +(\\d+)`).exec(text);
      return found === null ? [] : [`${name} ${found[1]} ${found[2]}`];
    });
  };
  const weights = async () => (await table()).map((line) => line.split(' ').slice(0, 2).join(' '));
  const weighs = (...expected: readonly string[]) =>
    eventually(`the table has ${expected}`, LIMIT, async () => {
      assert.deepEqual(await weights(), expected);
      return true;
    });
  const events = (event: string): Record<string, unknown>[] =>
    readFileSync(director.logFile, 'utf8')
      .split('\n')
      .filter((line) => line.includes(`"event":"${event}"`))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const drifts = () => events('ipvs_drift').map(({ change, server, verdict }) => [change, server, verdict]);
  const problem = async () =>
    (await director.status()).daemon.processes.find(({ name }) => name === 'check')?.problem ?? null;
  const newPages = async (count: number) => {
    const close = ['-H', 'connection: close'];
    const urls = Array.from({ length: count }, () => `http://${lab.vip}/`);
    const { code, stdout, stderr } = await client.exec('curl', ['-sS', '-m', '60', ...close, ...urls]);
    assert.equal(code, 0, stderr);
    return stdout.trim().split('\n');
  };

  test('a removed server keeps its connection, gets no new one, and goes when that has ended', async () => {
    director.configure(yaml(['rs1', 'rs2'], 'repair'));
    director.start();
    await director.becomes('MASTER', LIMIT);
    await weighs('rs1 1', 'rs2 1');
    const clients = [1, 2].map(() => new KeepAlive(client, `http://${lab.vip}/`));
    for (const each of clients) await each.answers(1);
    const kept = clients.find(({ pages }) => pages[0] === 'rs1');
    const other = clients.find(({ pages }) => pages[0] === 'rs2');
    assert.ok(kept !== undefined && other !== undefined, 'one client each');
    const dumpAt = Date.now();

    await reload(['rs2']);
    await weighs('rs1 0', 'rs2 1');
    await kept.answers(4);
    assert.deepEqual(new Set(await newPages(6)), new Set(['rs2']));
    await kept.answers(4);
    assert.ok(Date.now() - dumpAt > 4000);
    const [first] = await table();
    assert.equal(first, 'rs1 0 1', 'it has its connection yet');
    const { check } = await director.status();
    const draining = check.value?.services[0]?.servers.at(-1)?.draining;
    assert.equal(draining?.active_conns, 1);

    await kept.close();
    assert.deepEqual([new Set(kept.pages), kept.connections], [new Set(['rs1']), 1]);
    await weighs('rs2 1');
    assert.deepEqual(
      events('server_drained').map(({ how, connections_cut: cut }) => [how, cut]),
      [['idle', 0]],
    );
    await other.answers(2);
    await other.close();
    assert.deepEqual([new Set(other.pages), other.connections], [new Set(['rs2']), 1]);
  });

  test('a server that comes back while it is drained serves again over the connection it has', async () => {
    await reload(['rs1', 'rs2']);
    await weighs('rs1 1', 'rs2 1');
    const clients = [1, 2].map(() => new KeepAlive(client, `http://${lab.vip}/`));
    for (const each of clients) await each.answers(1);
    await reload(['rs2']);
    await weighs('rs1 0', 'rs2 1');
    await reload(['rs1', 'rs2']);
    await weighs('rs1 1', 'rs2 1');
    for (const each of clients) {
      await each.answers(3);
      await each.close();
      assert.deepEqual([new Set(each.pages).size, each.connections], [1, 1]);
    }
    assert.deepEqual(new Set(await newPages(4)), new Set(['rs1', 'rs2']));
    assert.deepEqual(drifts(), [], 'nobody else has changed anything');
  });

  test('repair undoes what ipvsadm did to our service, and leaves another one alone', async () => {
    await ipvsadm('-A', '-t', '192.0.2.99:99', '-s', 'wlc');
    await ipvsadm('-e', '-t', web(), '-r', at('rs1'), '-g', '-w', '0');
    await weighs('rs1 1', 'rs2 1');
    await ipvsadm('-d', '-t', web(), '-r', at('rs2'));
    await weighs('rs1 1', 'rs2 1');
    await ipvsadm('-D', '-t', web());
    await weighs('rs1 1', 'rs2 1');
    assert.deepEqual(drifts(), [
      ['changed', at('rs1'), 'repaired'],
      ['removed', at('rs2'), 'repaired'],
      ['removed', null, 'repaired'],
    ]);
    assert.match(await ipvsadm('-Ln'), /192\.0\.2\.99:99 wlc/);
    assert.deepEqual(new Set(await newPages(4)), new Set(['rs1', 'rs2']));
  });

  test('report leaves it alone and says so until the next reload', async () => {
    await reload(['rs1', 'rs2'], 'report');
    const before = drifts().length;
    await ipvsadm('-e', '-t', web(), '-r', at('rs1'), '-g', '-w', '7');
    await eventually('it is a problem', LIMIT, async () => {
      const said = await problem();
      return said === `server ${at('rs1')} of web: weight 7 instead of 1`;
    });
    await sleep(5000);
    assert.deepEqual(await weights(), ['rs1 7', 'rs2 1']);
    assert.deepEqual(drifts().slice(before), [['changed', at('rs1'), 'left_alone']], 'said once');
    await reload(['rs1', 'rs2'], 'report');
    await weighs('rs1 1', 'rs2 1');
    await eventually('it is no problem any more', LIMIT, async () => (await problem()) === null);
  });

  test('adopt keeps a weight set by hand when the server goes down and comes back', async () => {
    await reload(['rs1', 'rs2'], 'adopt');
    const before = drifts().length;
    await ipvsadm('-e', '-t', web(), '-r', at('rs1'), '-g', '-w', '7');
    await eventually('it is kept', LIMIT, () => drifts().length > before);
    await lab.web('rs1').stop();
    await weighs('rs2 1');
    await lab.web('rs1').start();
    await weighs('rs1 7', 'rs2 1');
    assert.deepEqual(drifts().slice(before), [['changed', at('rs1'), 'kept']]);
    assert.equal(await problem(), null);
  });

  test('a client that uses its port again finds another server only with expire_nodest_conn', async () => {
    const ask = (seconds: number) => {
      const options = ['-sS', '-m', String(seconds), '--local-port', '33333', '-H', 'connection: close'];
      return client.exec('curl', [...options, `http://${lab.vip}/`]);
    };
    await reload(['rs1', 'rs2']);
    const first = (await ask(60)).stdout.trim();
    const other = first === 'rs1' ? 'rs2' : 'rs1';
    await reload([other]);
    await weighs(`${other} 1`);
    assert.equal(
      (await ask(5)).code,
      28,
      'the kernel drops what belongs to a connection of a server that left',
    );
    await director.host.exec('sysctl', ['-qw', 'net.ipv4.vs.expire_nodest_conn=1']);
    assert.equal((await ask(60)).stdout.trim(), other);
    await reload(['rs1', 'rs2']);
    await weighs('rs1 1', 'rs2 1');
  });

  test('a clean stop waits for no drain and leaves nothing of ours', async () => {
    const busy = new KeepAlive(client, `http://${lab.vip}/`);
    await busy.answers(1);
    await reload([busy.pages[0] === 'rs1' ? 'rs2' : 'rs1']);
    assert.equal((await table()).length, 2);
    assert.equal(await director.stop(), 0);
    await busy.close();
    assert.equal(await ipvsadm('-Sn'), '-A -t 192.0.2.99:99 -s wlc\n');
  });
});
