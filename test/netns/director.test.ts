// lbd on a kernel of any kind: VRRP, supervision, and what it says when something is missing.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { haveIpvs } from '../guest/boot/ipvs.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { shell } from '../lab/shell.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';
import { root } from '../support/root.ts';

const LIMIT = 30_000;
const LBD = path.join(root, 'dist/src/daemon/main.js');

const instance = (priority: number, vip: string, device = 'eth0') => `vrrp:
  VI_1:
    interface: ${device}
    virtual_router_id: 51
    priority: ${priority}
    advert_int: 1s
    virtual_addresses: [${vip}/24]
`;

suite('lbd in the network', () => {
  let lab: Lab;
  let directory: string;
  let d1: Director;
  let d2: Director;

  before(async () => {
    lab = await createLab({ directors: 2, servers: 0, web: false });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-director-'));
  });
  after(async () => {
    await lab.close();
    rmSync(directory, { recursive: true });
  });
  let tests = 0;
  beforeEach(() => {
    tests++;
    const own = path.join(directory, String(tests));
    d1 = new Director(lab.host('d1'), path.join(own, 'd1'));
    d2 = new Director(lab.host('d2'), path.join(own, 'd2'));
  });
  afterEach(async () => {
    await d1.stop();
    await d2.stop();
  });

  const first = async (director: Director) => {
    const [running] = (await director.status()).vrrp.value?.instances ?? [];
    assert.ok(running, `${director.host.name} has no instance`);
    return running;
  };
  const child = async (director: Director, name: string) => {
    const found = (await director.status()).daemon.processes.find((one) => one.name === name);
    assert.ok(found);
    return found;
  };
  const pidOf = async (director: Director, name: string) => {
    const { pid } = await child(director, name);
    assert.ok(pid !== null, `${name} runs`);
    return pid;
  };
  const holds = async (director: Director) => {
    const { stdout } = await director.host.exec('ip', ['-4', '-o', 'addr', 'show', 'dev', 'eth0']);
    return stdout.includes(` ${lab.vip}/24 `);
  };
  const holder = (one: Director, other: Director) =>
    eventually(
      `${one.host.name} alone holds ${lab.vip}`,
      LIMIT,
      async () => (await holds(one)) && !(await holds(other)),
    );
  /** d1 is master and d2 knows it. */
  const startPair = async (priority1: number, priority2: number) => {
    d1.configure(instance(priority1, lab.vip));
    d2.configure(instance(priority2, lab.vip));
    d1.start();
    await d1.becomes('MASTER', LIMIT);
    d2.start();
    await eventually('d2 hears d1', LIMIT, async () => (await first(d2)).master?.address === d1.host.address);
  };

  test('vrrp killed with -9 is master again before its peer or a ping notices', async () => {
    await startPair(150, 100);
    const ping = lab.host('client').exec('ping', ['-q', '-n', '-i', '0.005', '-w', '6', lab.vip]);
    await sleep(500);
    const dead = await pidOf(d1, 'vrrp');
    process.kill(dead, 'SIGKILL');
    await eventually('another vrrp runs', LIMIT, async () => {
      const { pid, restarts } = await child(d1, 'vrrp');
      return pid !== null && pid !== dead && restarts === 1;
    });
    await d1.becomes('MASTER', LIMIT);
    const { stdout } = await ping;
    const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(stdout) ?? [];
    assert.ok(Number(sent) > 500, stdout);
    assert.equal(received, sent, stdout);
    const peer = await first(d2);
    assert.deepEqual([peer.state, peer.counters.became_master], ['BACKUP', 0]);
  });

  test('vrrp that hangs is replaced by its peer, and takes back what is its own', async () => {
    await startPair(150, 100);
    const frozen = await pidOf(d1, 'vrrp');
    process.kill(frozen, 'SIGSTOP');
    await d2.becomes('MASTER', LIMIT);
    assert.match((await first(d2)).because, /no advert from /);
    await eventually('status says that vrrp is silent', LIMIT, async () =>
      /^silent for \d+ s$/.test((await child(d1, 'vrrp')).problem ?? ''),
    );
    const { vrrp } = await d1.status();
    assert.equal(vrrp.available, false);
    assert.match(vrrp.reason ?? '', new RegExp(`vrrp \\(pid ${frozen}\\) does not answer, last heard \\d+`));
    process.kill(frozen, 'SIGCONT');
    await holder(d1, d2);
    assert.equal((await first(d1)).counters.became_master, 2, 'its lease had run out');
    assert.equal((await child(d1, 'vrrp')).restarts, 0);
    await eventually('it is heard again', LIMIT, async () => (await child(d1, 'vrrp')).problem === null);
  });

  test('vrrp that wakes up beside a stronger master yields without a word', async () => {
    await startPair(100, 100);
    const frozen = await pidOf(d1, 'vrrp');
    process.kill(frozen, 'SIGSTOP');
    await d2.becomes('MASTER', LIMIT);
    await sleep(6500);
    const heard = (await first(d2)).counters.adverts_received;
    process.kill(frozen, 'SIGCONT');
    await holder(d2, d1);
    await d1.becomes('BACKUP', LIMIT);
    const { state, counters } = await first(d2);
    assert.deepEqual([state, counters.became_master], ['MASTER', 1]);
    assert.equal(counters.adverts_received, heard, 'the deadline of d1 was judged before its mail was read');
  });

  test('services on a kernel without IPVS leave VRRP alone and say what is missing', async (context) => {
    if (haveIpvs()) return context.skip('/proc/net/ip_vs exists: this kernel has IPVS');
    d1.configure(`${instance(150, lab.vip)}services:
  web: { address: ${lab.vip}, port: 80, protocol: tcp, scheduler: rr, forward: dr, servers: [172.25.1.101] }
`);
    d1.start();
    await d1.becomes('MASTER', LIMIT);
    assert.ok(await holds(d1));
    await eventually('check has tried', LIMIT, async () => (await child(d1, 'check')).applied === 1);
    const { problem } = await child(d1, 'check');
    assert.match(problem ?? '', /IPVS.*modprobe ip_vs/);
    const { stdout, code } = await d1.lbctl('status');
    assert.equal(code, 0);
    assert.match(stdout, /^process check: .*; problem: .*modprobe ip_vs/m);
    assert.match(stdout, /^VI_1 .* MASTER /m);
    assert.match(stdout, /^IPVS not available: .*modprobe ip_vs/m);
    assert.match(stdout, new RegExp(`^TCP +${lab.vip}:80 .*not in the kernel`, 'm'));
    const table = await d1.lbctl('ipvs', '-Ln');
    assert.deepEqual([table.code, table.stdout], [1, '']);
    assert.match(table.stderr, /^lbctl: .*modprobe ip_vs/);
  });

  test('a second lbd on the same run directory is refused and disturbs nothing', async () => {
    d1.configure(instance(150, lab.vip));
    d1.start();
    await d1.becomes('MASTER', LIMIT);
    const file = path.join(d1.directory, 'lbd.yaml');
    const second = await d1.host.exec(process.execPath, [LBD, '--config', file, '--run-dir', d1.runDir]);
    assert.deepEqual(
      [second.code, second.stderr],
      [1, `lbd: another lbd answers on ${d1.runDir}/control.sock\n`],
    );
    const { state, counters } = await first(d1);
    assert.deepEqual([state, counters.became_master], ['MASTER', 1]);
    assert.ok(await holds(d1));
  });

  test('a missing interface is a fault with its reason until it appears', async () => {
    const { netns } = d1.host;
    d1.configure(instance(150, '10.9.0.100', 'eth9'));
    d1.start();
    await d1.becomes('FAULT', LIMIT);
    assert.equal((await first(d1)).because, 'interface eth9 does not exist');
    assert.match((await child(d1, 'vrrp')).problem ?? '', /eth9 does not exist/);
    await shell(`ip -n ${netns} link add eth9 type veth peer name peer9
ip -n ${netns} link set peer9 up
ip -n ${netns} link set eth9 up`);
    try {
      await eventually(
        'the reason is the present one',
        LIMIT,
        async () => (await first(d1)).because === 'interface eth9 has no IPv4 address',
      );
      await shell(`ip -n ${netns} addr add 10.9.0.1/24 dev eth9`);
      await d1.becomes('MASTER', LIMIT);
      await eventually('nothing is amiss', LIMIT, async () => (await child(d1, 'vrrp')).problem === null);
      await shell(`ip -n ${netns} link del eth9`);
      await d1.becomes('FAULT', LIMIT);
      assert.equal((await first(d1)).because, 'interface eth9 does not exist');
      await eventually('the fault shows', LIMIT, async () => (await child(d1, 'vrrp')).problem !== null);
    } finally {
      await d1.host.exec('ip', ['link', 'del', 'eth9']);
    }
  });

  test('a bad configuration ends lbd before it starts, with every place in the file', async () => {
    const file = path.join(directory, 'bad.yaml');
    writeFileSync(file, instance(150, lab.vip).replace('priority: 150', 'prioritty: 150'));
    const runDir = path.join(directory, 'bad-run');
    const refused = await d1.host.exec(process.execPath, [LBD, '--config', file, '--run-dir', runDir]);
    assert.equal(refused.code, 6);
    assert.match(refused.stderr, /^lbd: not started/);
    assert.ok(refused.stderr.includes(`${file}:5:5  error  unknown_key`), refused.stderr);
    assert.match(refused.stderr, /priority/);
    const absent = await d1.host.exec(process.execPath, [
      LBD,
      '--config',
      `${file}.not`,
      '--run-dir',
      runDir,
    ]);
    assert.equal(absent.code, 6);
    assert.match(absent.stderr, /bad\.yaml\.not:1:1 {2}error {2}unreadable {2}.*there is no such file/);
  });

  test('lbctl says that no lbd runs, and exits with 3', async () => {
    for (const words of [['status'], ['ipvs', '-Ln']]) {
      const { code, stdout, stderr } = await d1.lbctl(...words);
      assert.deepEqual([code, stdout], [3, '']);
      assert.match(stderr, /^lbctl: cannot reach lbd at .*control\.sock: is it running\?/);
    }
  });

  test('core killed with -9 leaves nothing behind, and its log is whole', async () => {
    await startPair(150, 100);
    const children = [await pidOf(d1, 'vrrp'), await pidOf(d1, 'check')];
    process.kill(d1.pid, 'SIGKILL');
    await holder(d2, d1);
    assert.match((await first(d2)).because, new RegExp(`${d1.host.address} resigned`));
    await eventually('vrrp and check have ended', LIMIT, async () => {
      const { stdout } = await d1.host.exec('sh', ['-c', `ps -o pid= -p ${children.join(',')} || true`]);
      return stdout.trim() === '';
    });
    for (const line of readFileSync(d1.logFile, 'utf8').trimEnd().split('\n')) JSON.parse(line);
    d1.start();
    await d1.becomes('MASTER', LIMIT);
    await holder(d1, d2);
  });
});
