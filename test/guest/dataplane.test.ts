// One director that goes from IPVS to XDP and back, on a kernel that has both.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { BPFFS } from '../../src/kernel/bpffs.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { Outside } from '../lab/outside.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';

/** Everything but the timers themselves is slow under emulation. */
const LIMIT = 180_000;

suite('a director with IPVS and XDP', { concurrency: false }, () => {
  let lab: Lab;
  let directory: string;
  let d1: Director;

  before(async () => {
    lab = await createLab({ directors: 1, servers: 2, web: true });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-guest-'));
    await lab.takeFromXdp(['d1']);
    // Under `ip netns exec` a BPF file system would end with the program.
    d1 = new Director(Outside.of(lab.host('d1')), path.join(directory, 'd1'));
  });
  after(async () => {
    await d1.stop();
    await lab.close();
    rmSync(directory, { recursive: true });
  });

  const configure = (dataplane: string) =>
    d1.configure(`net_namespace: ${lab.host('d1').netns}
dataplane: ${dataplane}
xdp: { interfaces: [eth0] }
static_addresses: [${lab.vip}/24 dev eth0]
services:
  web:
    address: ${lab.vip}
    port: 80
    protocol: tcp
    scheduler: rr
    forward: dr
    servers: [${lab.host('rs1').address}, ${lab.host('rs2').address}]
`);
  const inIpvs = async (): Promise<number> => {
    const { code, stdout, stderr } = await lab.host('d1').exec('ipvsadm', ['-Sn']);
    assert.equal(code, 0, stderr);
    return stdout.split('\n').filter((line) => line.startsWith('-a')).length;
  };
  const isPinned = () => existsSync(`${BPFFS}/lbd/net-${statSync(`/run/netns/${lab.host('d1').netns}`).ino}`);
  const serves = async (by: 'ipvs' | 'xdp') => {
    await eventually(`only ${by} has the servers`, LIMIT, async () => {
      return (await inIpvs()) === (by === 'ipvs' ? 2 : 0) && isPinned() === (by === 'xdp');
    });
    const urls = Array.from({ length: 6 }, () => `http://${lab.vip}/`);
    const { stdout } = await lab
      .host('client')
      .exec('curl', ['-sS', '-m', '20', '-H', 'connection: close', ...urls]);
    const pages = stdout.trim().split('\n');
    assert.equal(pages.length, 6);
    assert.ok(
      pages.every((page, i) => page !== pages[i - 1]),
      stdout,
    );
    assert.equal(/\nXDP on eth0/.test((await d1.lbctl('status')).stdout), by === 'xdp');
  };

  test('goes over by a reload, and back after a crash', { timeout: 2 * LIMIT }, async () => {
    configure('auto');
    d1.start();
    await eventually('it answers', LIMIT, async () => (await d1.status()).check.available);
    await serves('ipvs');
    configure('xdp');
    await d1.reload();
    await serves('xdp');
    await d1.killAll();
    configure('ipvs');
    d1.start();
    await serves('ipvs');
  });
});
