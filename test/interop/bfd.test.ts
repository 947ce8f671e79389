import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { micros } from '../../src/base/units.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { BfdStatus } from '../../src/model/status.ts';
import type { BfdConfig } from '../../src/model/tracking.ts';
import { createLab, type Host, type Lab } from '../lab/lab.ts';
import { bfdConfig } from '../support/bfd.ts';
import { eventually } from '../support/eventually.ts';
import { ip } from '../support/instances.ts';
import { Keepalived } from '../support/keepalived.ts';

const LIMIT = 10_000;
const MAIN = fileURLToPath(new URL('../support/bfd-main.js', import.meta.url));

type Told = BfdStatus & { readonly at: number; readonly health: string };

/** VrrpBfd on one host. */
class Speaker {
  readonly told: Told[] = [];
  private readonly child: ChildProcess;

  constructor(host: Host) {
    const args = ['netns', 'exec', host.netns, process.execPath, MAIN];
    this.child = spawn('ip', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    let rest = '';
    this.child.stdout?.on('data', (chunk: Buffer) => {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.told.push(JSON.parse(line) as Told);
    });
  }

  apply(...sessions: readonly BfdConfig[]): void {
    this.child.stdin?.write(`${JSON.stringify(sessions)}\n`);
  }

  async show(): Promise<Told> {
    const count = this.told.length;
    this.child.stdin?.write('show\n');
    await eventually('lbd answers', LIMIT, () => this.told.length > count, 5);
    const last = this.told.at(-1);
    assert.ok(last);
    return last;
  }

  becomes(state: string): Promise<void> {
    return eventually(`lbd is ${state}`, LIMIT, async () => (await this.show()).state === state);
  }

  /** The first word of a session in `state` that was told after `from`. */
  async hears(state: string, from: number): Promise<Told> {
    const find = () => this.told.find((one) => one.at >= from && one.state === state);
    await eventually(`lbd tells of ${state}`, LIMIT, () => find() !== undefined);
    const found = find();
    assert.ok(found);
    return found;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    this.child.stdin?.end();
    await new Promise((resolve) => this.child.once('exit', resolve));
  }
}

suite('BFD with keepalived 2.2.7', () => {
  let lab: Lab;
  let directory: string;
  let lbd: Speaker;
  let peer: Keepalived;

  before(async () => {
    lab = await createLab({ directors: 2, servers: 0, web: false });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-interop-'));
    for (const [i, name] of ['d1', 'd2'].entries())
      await lab.host(name).exec('ip', ['addr', 'add', `fd00:25::${i + 1}/64`, 'dev', 'eth0', 'nodad']);
  });
  after(async () => {
    await lab.close();
    rmSync(directory, { recursive: true });
  });
  beforeEach((context) => {
    lbd = new Speaker(lab.host('d1'));
    peer = new Keepalived(lab.host('d2'), path.join(directory, context.name.replace(/\W+/g, '-')));
  });
  afterEach(async () => {
    await lab.restoreLink('d2');
    await peer.stop();
    await lbd.stop();
  });

  const startPeer = (more = '', neighbor = lab.host('d1').address) =>
    peer.start(`bfd_instance B1 {
  neighbor_ip ${neighbor}
  min_rx 100
  min_tx 100
  multiplier 3
  ${more}
}
vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority 100
  track_bfd {
    B1
  }
  virtual_ipaddress {
    ${lab.vip}/24
  }
}
`);
  const config = (over: Partial<BfdConfig> = {}) =>
    bfdConfig({ neighbor: ip(lab.host('d2').address), ...over });
  const peerSays = (pattern: RegExp) =>
    eventually(`keepalived says ${pattern}`, LIMIT, () => pattern.test(peer.log));
  const bothUp = async () => {
    await lbd.becomes('Up');
    await peerSays(/Entering Up state/);
  };

  test('comes up, negotiates keepalived’s intervals, and stays up', async () => {
    startPeer('source_ip 172.25.1.2');
    lbd.apply(config({ source: ip(lab.host('d1').address), minTx: micros(50_000) }));
    await bothUp();
    await eventually('the slower end sets the rate', LIMIT, async () => {
      const first = (await lbd.show()).counters;
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const second = (await lbd.show()).counters;
      const rates = [second.sent - first.sent, second.received - first.received];
      // 100 ms less up to a quarter, and half a packet of chance at either end.
      return rates.every((rate) => rate >= 9 && rate <= 15);
    });
    assert.match(peer.log, /Detection time is 300000 us/);
    const since = new Set(lbd.told.flatMap(({ state, since }) => (state === 'Up' ? [since] : [])));
    assert.equal(since.size, 1, 'it came up once');
    assert.doesNotMatch(peer.log, /Expired/);
    assert.deepEqual(Object.values((await lbd.show()).counters.refused).filter(Boolean), []);
  });

  test('a cut link is found out at both ends after multiplier × interval, and heals', async () => {
    startPeer();
    lbd.apply(config());
    await bothUp();
    const from = systemClock.now();
    await lab.cutLink('d2');
    const down = await lbd.hears('Down', from);
    assert.ok(down.at - from >= 190_000, 'not before two intervals have passed');
    assert.equal(down.health, 'bad');
    // A loaded machine looks later; it never looks earlier.
    assert.match(down.because, /^no packet for (3\d\d|[4-9]\d\d|\d{4,}) ms$/);
    await peerSays(/Tracked BFD instance B1 is DOWN/);
    await peerSays(/Expired after ([3-9]\d\d|\d{4,}) ms/);
    await lab.restoreLink('d2');
    await lbd.becomes('Up');
  });

  test('one direction cut: the other end is told, and says so', async () => {
    startPeer();
    lbd.apply(config());
    await bothUp();
    const from = systemClock.now();
    const drop = 'table inet t { chain c { type filter hook input priority 0; udp dport 3784 drop; }; }';
    await lab.host('d2').exec('nft', [drop]);
    const down = await lbd.hears('Down', from);
    assert.equal(down.because, 'the neighbor says that the session is down');
    await peerSays(/Control Detection Time Expired/);
    await lab.host('d2').exec('nft', ['delete table inet t']);
    await lbd.becomes('Up');
  });

  test('either end may be passive', async () => {
    lbd.apply(config({ passive: true }));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.equal((await lbd.show()).counters.sent, 0);
    startPeer();
    await bothUp();
    await peer.stop();
    await lbd.becomes('Down');
    lbd.apply(config());
    startPeer('passive');
    await lbd.becomes('Up');
  });

  test('a packet that has passed a router is refused, unless that many hops are allowed', async () => {
    startPeer('ttl 254');
    lbd.apply(config());
    await eventually('three are refused', LIMIT, async () => (await lbd.show()).counters.refused.ttl >= 3);
    assert.deepEqual([(await lbd.show()).state, (await lbd.show()).counters.received], ['Down', 0]);
    lbd.apply(config({ maxHops: 1 }));
    await lbd.becomes('Up');
  });

  test('a clean stop of lbd is no failure for keepalived', async () => {
    startPeer();
    lbd.apply(config());
    await bothUp();
    await peerSays(/Tracked BFD instance B1 is UP/);
    await lbd.stop();
    await peerSays(/Entering Down state .*Remote diagnostic - Administratively Down/);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.doesNotMatch(peer.log, /Tracked BFD instance B1 is DOWN/);
  });

  test('IPv6, with keepalived’s hop limit raised to 255', async () => {
    startPeer('hoplimit 255', 'fd00:25::1');
    lbd.apply(config({ neighbor: ip('fd00:25::2') }));
    await bothUp();
    await peer.stop();
    await lbd.becomes('Down');
  });
});
