// Directors hand over again and again, one of them keepalived in turn, while a client downloads and probes.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLab, type Lab } from '../lab/lab.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';
import { Keepalived } from '../support/keepalived.ts';
import { haveIpvs } from './boot/ipvs.ts';
import { DOWNLOAD_BYTES, serveSite, siteConf, siteYaml } from './handover-site.ts';
import { isWhole, Traffic } from './handover-traffic.ts';

/** Starting lbd alone takes up to a minute under emulation on a busy machine. */
const LIMIT = 240_000;
/** So long a former master may serve what is still under way to it, and more. Milliseconds. */
const SETTLED = 3000;

/** As many as asked for, an even number of at least 4: twenty take seven minutes. */
const HANDOVERS = Number(process.env['LBD_HANDOVERS'] ?? 8);

/** A director of either kind. */
interface Side {
  readonly name: string;
  /** How often it became master: read from its log, since questions would cost it its time under emulation. */
  masterships(): number;
}

suite('handovers in front of direct routing', { concurrency: false }, () => {
  let lab: Lab;
  let directory: string;
  let d1: Director;
  let d2: Director;
  let keepalived: Keepalived;

  before(async () => {
    lab = await createLab({ directors: 2, servers: 2, web: false });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-handover-'));
    await Promise.all(['rs1', 'rs2'].map((server) => serveSite(lab, server)));
    d1 = new Director(lab.host('d1'), path.join(directory, 'd1'));
    d2 = new Director(lab.host('d2'), path.join(directory, 'd2'));
    keepalived = new Keepalived(lab.host('d2'), path.join(directory, 'keepalived'));
    d1.configure(siteYaml(lab, 'sh', 150));
    d2.configure(siteYaml(lab, 'sh', 100));
    assert.ok(haveIpvs());
    // A connection in the middle is taken up; together with `sh` it goes to the server that it had.
    for (const { host } of [d1, d2]) {
      const { code, stderr } = await host.exec('sysctl', ['-w', 'net.ipv4.vs.sloppy_tcp=1']);
      assert.equal(code, 0, stderr);
    }
  });
  after(async () => {
    await lab.close();
    rmSync(directory, { recursive: true });
  });

  const lbd = (director: Director): Side => ({
    name: `lbd on ${director.host.name}`,
    masterships: () =>
      existsSync(director.logFile)
        ? readFileSync(director.logFile, 'utf8').split('"to":"MASTER"').length - 1
        : 0,
  });
  /** Waits for one more mastership of a side than it had before `order`. */
  const comesTo = async (side: Side, order: () => unknown) => {
    const before = side.masterships();
    await order();
    await eventually(`${side.name} is master`, LIMIT, () => side.masterships() > before, 200);
    await sleep(SETTLED);
  };

  test('lose nothing and reset nothing, one of the directors keepalived in turn', async (context) => {
    // Both sorts of peer see one stop and return; what remains is failover and failback, most with lbd.
    const rounds = (HANDOVERS - 4) / 2;
    const withLbd = Math.ceil(rounds * 0.75);
    const timeline: string[] = [];
    const told = (what: string) => timeline.push(`${(Date.now() / 1000).toFixed(3)} ${what}`);
    const first = lbd(d1);
    const theirs: Side = {
      name: 'keepalived on d2',
      masterships: () => keepalived.log.split('Entering MASTER STATE').length - 1,
    };
    let handovers = 0;
    const handover = (side: Side, how: string, order: () => unknown) => {
      told(`${how}: to ${side.name}`);
      handovers++;
      return comesTo(side, order);
    };
    // What lbctl asks for; lbctl itself costs two seconds of CPU in the guest.
    const ordered = (verb: 'failover' | 'failback') => async () => {
      const socket = ['--unix-socket', path.join(d1.runDir, 'control.sock')];
      const url = `http://lbd/v1/${verb}?name=VI_1`;
      const answer = await d1.host.exec('curl', ['-sS', '--fail-with-body', ...socket, '-X', 'POST', url]);
      assert.equal(answer.code, 0, `${answer.stdout}${answer.stderr}`);
    };
    const there = async (peer: Side) => {
      await handover(peer, 'failover', ordered('failover'));
      await handover(first, 'failback', ordered('failback'));
    };
    const restart = async (peer: Side) => {
      await handover(peer, 'stop', async () => assert.equal(await d1.stop(), 0));
      await handover(first, 'start', () => d1.start());
    };

    await comesTo(lbd(d2), () => d2.start());
    await comesTo(first, () => d1.start());
    const traffic = await Traffic.start(lab);
    await sleep(SETTLED);
    for (let round = 0; round < withLbd; round++) await there(lbd(d2));
    await restart(lbd(d2));
    told('keepalived takes the place of lbd on d2');
    assert.equal(await d2.stop(), 0);
    keepalived.start(siteConf(lab, 'sh', 100));
    await eventually('it is backup', LIMIT, () => keepalived.log.includes('Entering BACKUP STATE'));
    for (let round = 0; round < rounds - withLbd; round++) await there(theirs);
    await restart(theirs);
    const lasted = traffic.goesOn;
    const seen = await traffic.stop();

    context.diagnostic(
      `${handovers} handovers: ${JSON.stringify({ ...seen, losses: seen.losses.slice(0, 20) })}`,
    );
    const result = { lost: seen.lost, isWhole: isWhole(seen), resets: seen.resets };
    const wanted = { lost: 0, isWhole: true, resets: {} };
    try {
      assert.equal(handovers, HANDOVERS);
      assert.ok(lasted, 'the download outlasts the handovers');
      assert.ok(seen.sent > 400 * HANDOVERS, `${seen.sent} probes are enough to tell`);
      assert.deepEqual(result, wanted, `${seen.bytes} of ${DOWNLOAD_BYTES} bytes`);
    } catch (error) {
      const losses = seen.losses.map(({ count, at }) => `${at.toFixed(3)} lost ${count}`);
      context.diagnostic([...timeline, ...losses, ...traffic.witnessed.split('\n')].sort().join('\n'));
      throw error;
    }
  });
});
