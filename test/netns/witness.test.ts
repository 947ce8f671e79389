// Two directors whose witnesses decide who may have the address, on a kernel: partitions, frozen processes, handovers.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLab, type Lab } from '../lab/lab.ts';
import { shell } from '../lab/shell.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';

const LIMIT = 30_000;
/** Nothing comes in and nothing goes out, and the link stays up. */
const cut = (devices: readonly string[]): string =>
  devices
    .flatMap((dev) =>
      ['ingress', 'egress'].map(
        (hook) =>
          `add table netdev cut; add chain netdev cut ${hook}_${dev} { type filter hook ${hook} device ${dev} priority 0; policy drop; };`,
      ),
    )
    .join(' ');

/** When a director has had the address on its link, by what the kernel told. Times are milliseconds. */
class Watch {
  private readonly monitor: ChildProcess;
  private text = '';
  private readonly vip: string;

  constructor(director: Director, vip: string) {
    this.vip = vip;
    this.monitor = director.host.spawn('ip', ['-ts', '-o', 'monitor', 'address']);
    this.monitor.stdout?.on('data', (data) => {
      this.text += String(data);
    });
  }

  /** The spells until now. */
  spells(): readonly (readonly [from: number, to: number])[] {
    const spells: [number, number][] = [];
    for (const line of this.text.split('\n')) {
      const [, time, deleted, dev, address] =
        /^\[([^\]]+)\] ?(Deleted )?\d+: (\S+) +inet ([\d.]+)\//.exec(line) ?? [];
      if (time === undefined || dev !== 'eth0' || address !== this.vip) continue;
      const at = Date.parse(time);
      const last = spells.at(-1);
      const isOpen = last?.[1] === Number.POSITIVE_INFINITY;
      if (deleted === undefined && !isOpen) spells.push([at, Number.POSITIVE_INFINITY]);
      else if (deleted !== undefined && isOpen && last !== undefined) last[1] = at;
    }
    return spells.map(([from, to]) => [from, Math.min(to, Date.now())]);
  }

  stop(): void {
    this.monitor.kill();
  }
}

/** Milliseconds since `from` for which both had it. */
function shared(one: Watch, other: Watch, from: number): number {
  return one
    .spells()
    .flatMap(([a, b]) => other.spells().map(([c, d]) => Math.min(b, d) - Math.max(a, c, from)))
    .reduce((sum, both) => sum + Math.max(0, both), 0);
}

suite('witnesses in the network', () => {
  let lab: Lab;
  let directory: string;
  let d1: Director;
  let d2: Director;
  let witnesses: readonly Director[];
  let watches: readonly [Watch, Watch];

  const director = (node: 1 | 2) => `router_id: lb0${node}
heartbeat_key: ${'k'.repeat(32)}
heartbeat:
  - { local: 10.8.0.${node}, peer: 10.8.0.${3 - node} }
${[3, 4, 5].map((i) => `  - { local: 10.8.0.${node}, peer: 10.8.0.${i}, witness: true }`).join('\n')}
vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    priority: ${200 - 50 * node}
    lease: strict
    virtual_addresses: [${lab.vip}/24]
    takeover: { witness: required }
`;
  const witness = (node: number) => `router_id: w${node - 2}
heartbeat_key: ${'k'.repeat(32)}
heartbeat: [${[1, 2].map((i) => `{ local: 10.8.0.${node}, peer: 10.8.0.${i} }`).join(', ')}]
`;

  before(async () => {
    lab = await createLab({ directors: 5, servers: 0, web: false });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-witness-'));
    const bridge = `${lab.env['LAB']}-br`;
    await shell(`ip -n ${bridge} link add hb type bridge forward_delay 0; ip -n ${bridge} link set hb up`);
    const all = [1, 2, 3, 4, 5].map((node) => {
      const host = lab.host(`d${node}`);
      const one = new Director(host, path.join(directory, `d${node}`));
      one.configure(node === 1 || node === 2 ? director(node) : witness(node));
      return one;
    });
    for (const [i, { host }] of all.entries()) {
      await shell(`ip -n ${bridge} link add hb${i} type veth peer name hb0 netns ${host.netns}
ip -n ${bridge} link set hb${i} master hb up
ip -n ${host.netns} addr add 10.8.0.${i + 1}/24 dev hb0
ip -n ${host.netns} link set hb0 up`);
    }
    const [one, two, ...others] = all;
    assert.ok(one && two);
    [d1, d2, witnesses] = [one, two, others];
    watches = [new Watch(d1, lab.vip), new Watch(d2, lab.vip)];
    for (const each of witnesses) each.start();
    d1.start();
    await d1.becomes('MASTER', LIMIT);
    d2.start();
    await eventually('d2 hears d1 and all witnesses', LIMIT, async () => {
      const status = await first(d2);
      return status.master?.address === d1.host.address && told(d2, 'heartbeat_up').length === 4;
    });
  });
  after(async () => {
    for (const watch of watches) watch.stop();
    for (const each of [d1, d2, ...witnesses]) await each.stop();
    await lab.close();
    rmSync(directory, { recursive: true });
  });

  const first = async (one: Director) => {
    const [instance] = (await one.status()).vrrp.value?.instances ?? [];
    assert.ok(instance);
    return instance;
  };
  const told = (one: Director, event: string): readonly Record<string, unknown>[] =>
    readFileSync(one.logFile, 'utf8')
      .split('\n')
      .filter((line) => line.includes(`"${event}"`))
      .map((line) => JSON.parse(line));
  const grantsD1 = async (one: Director) =>
    new RegExp(`\\(lb01\\).*has our grant of ${lab.vip}`).test((await one.lbctl('status')).stdout);
  const isSettled = async () =>
    (await first(d1)).state === 'MASTER' &&
    (await first(d2)).master?.address === d1.host.address &&
    (await Promise.all(witnesses.map(grantsD1))).every((granted) => granted);

  test('a master that is cut off from everything lets go before another is granted its address', async (t) => {
    const at = Date.now();
    await d1.host.exec('nft', [cut(['eth0', 'hb0'])]);
    await d2.becomes('MASTER', LIMIT);
    await sleep(1000);
    const [[, gone] = [0, Number.NaN]] = watches[0].spells();
    const [[had] = [Number.NaN]] = watches[1].spells();
    t.diagnostic(`gone after ${gone - at} ms, taken over after ${had - at} ms`);
    assert.equal(shared(...watches, at), 0);
    assert.match((await first(d1)).because, /^master no more: 0 of 3 witnesses grant it, 2 are needed: w1 /);
    const [lost] = told(d1, 'witness_lost');
    assert.match(String(lost?.['message']), /w1 \(10\.8\.0\.3\) does not answer/);
    const why = (await d1.lbctl('why', 'VI_1')).stdout;
    assert.match(why, /witness w2 \(10\.8\.0\.4\): does not answer/);
    assert.match(
      (await d2.lbctl('status')).stdout,
      new RegExp(`10\\.8\\.0\\.3 \\(w1\\), a witness: heard for .*; grants us ${lab.vip} \\(VRID 51\\)`),
    );
    await d1.host.exec('nft', ['flush ruleset']);
    await eventually('d1 is master again', LIMIT, isSettled);
    await eventually('that is said', LIMIT, () => told(d1, 'witness_regained').length === 1);
  });

  test('a master that stands still has lost its address to the kernel before another is granted it', async (t) => {
    const at = Date.now();
    const vrrp = (await d1.status()).daemon.processes.find(({ name }) => name === 'vrrp')?.pid;
    assert.ok(vrrp);
    process.kill(vrrp, 'SIGSTOP');
    try {
      await d2.becomes('MASTER', LIMIT);
      await sleep(500);
    } finally {
      process.kill(vrrp, 'SIGCONT');
    }
    t.diagnostic(`taken over after ${(watches[1].spells().at(-1)?.[0] ?? Number.NaN) - at} ms`);
    const before = shared(...watches, at);
    assert.equal(before, 0);
    await eventually('d1 is master again', LIMIT, isSettled);
  });

  test('one of three witnesses goes and comes back, and nothing moves', async () => {
    const moves = told(d1, 'vrrp_state').length + told(d2, 'vrrp_state').length;
    const [w1] = witnesses;
    assert.ok(w1);
    await w1.killAll();
    await eventually('it is lost', LIMIT, () => told(d1, 'heartbeat_lost').some(mentions('10.8.0.3')));
    await sleep(7000);
    w1.start();
    await eventually('it grants again', LIMIT, () => grantsD1(w1));
    await sleep(2000);
    assert.equal(told(d1, 'vrrp_state').length + told(d2, 'vrrp_state').length, moves);
  });
  const mentions = (text: string) => (line: Record<string, unknown>) =>
    String(line['message']).includes(text);

  test('a stop, a return and a handover cost clients no reply', async () => {
    const ping = lab.host('client').spawn('ping', ['-q', '-n', '-i', '0.002', lab.vip]);
    let said = '';
    ping.stdout?.on('data', (text) => {
      said += String(text);
    });
    const ended = new Promise((resolve) => ping.once('close', resolve));
    await sleep(300);
    assert.equal(await d1.stop(), 0);
    await d2.becomes('MASTER', LIMIT);
    d1.start();
    await eventually('d1 is master again', LIMIT, isSettled);
    assert.equal((await d1.lbctl('failover', 'VI_1')).code, 0);
    await sleep(3000);
    assert.equal((await d1.lbctl('failback', 'VI_1')).code, 0);
    await eventually('d1 is master again', LIMIT, isSettled);
    await sleep(1500);
    ping.kill('SIGINT');
    await ended;
    const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(said) ?? [];
    assert.ok(Number(sent) > 1000, said);
    assert.equal(Number(sent) - Number(received), 0);
  });
});
