// Two directors, three web servers and a client on a kernel with IPVS. The tests tell one story, in order.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../lab/host.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';
import { type Download, download, serveFiles } from './files.ts';
import { Listener } from './listener.ts';
import { type Shape, shapeRules, shapeYaml } from './shape.ts';

/** Everything but the timers themselves is slow under emulation. */
const LIMIT = 180_000;
const FOREIGN = '-A -t 192.0.2.99:99 -s wlc\n-a -t 192.0.2.99:99 -r 192.0.2.98:99 -g -w 7\n';
const SHAPE: Shape = { web: ['rs1', 'rs2'], files: { rs1: 1, rs2: 1 }, names: true };
const CHANGED: Shape = { web: ['rs1', 'rs3'], files: { rs1: 3, rs2: 1, rs3: 1 }, names: false };

suite('a pair of directors with IPVS', { concurrency: false }, () => {
  let lab: Lab;
  let directory: string;
  let d1: Director;
  let d2: Director;
  let client: Host;

  before(async () => {
    lab = await createLab({ directors: 2, servers: 3, web: true });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-guest-'));
    client = lab.host('client');
    d1 = new Director(lab.host('d1'), path.join(directory, 'd1'));
    d2 = new Director(lab.host('d2'), path.join(directory, 'd2'));
    for (const name of ['rs1', 'rs2', 'rs3'])
      serveFiles(lab.host(name), path.join(directory, `files-${name}`));
  });
  after(async () => {
    await lab.close();
    rmSync(directory, { recursive: true });
  });

  const yaml = (priority: number, shape: Shape) => shapeYaml(lab, priority, shape);
  const saved = (shape: Shape) => shapeRules(lab, shape);
  const slowly = (seconds: number, name = 'long'): Promise<Download> =>
    download(client, lab.vip, path.join(directory, name), seconds);
  const ipvsadm = async (host: Host, ...words: string[]) => {
    const { code, stdout, stderr } = await host.exec('ipvsadm', words);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const sorted = (text: string) => text.split('\n').sort().join('\n');
  const tableIs = (director: Director, expected: string) =>
    eventually(`the table of ${director.host.name} is as configured`, LIMIT, async () => {
      const found = await ipvsadm(director.host, '-Sn');
      if (sorted(found) !== sorted(expected)) throw new Error(`it is\n${found}`);
      return true;
    });
  const child = async (director: Director, name: string) => {
    const found = (await director.status()).daemon.processes.find((one) => one.name === name);
    assert.ok(found?.pid, `${name} runs`);
    return { ...found, pid: found.pid };
  };
  const events = (director: Director, event: string): Record<string, unknown>[] =>
    readFileSync(director.logFile, 'utf8')
      .split('\n')
      .filter((line) => line.includes(`"event":"${event}"`))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const holds = async (director: Director) => {
    const { stdout } = await director.host.exec('ip', ['-4', '-o', 'addr', 'show', 'dev', 'eth0']);
    return stdout.includes(` ${lab.vip}/24 `);
  };
  /** Pages through the virtual address, one after the other. */
  const pages = async (count: number) => {
    const urls = Array.from({ length: count }, () => `http://${lab.vip}/`);
    // A connection for each: IPVS balances connections.
    const close = ['-H', 'connection: close'];
    const { code, stdout, stderr } = await client.exec('curl', ['-sS', '-m', '20', ...close, ...urls]);
    assert.equal(code, 0, stderr);
    return stdout.trim().split('\n');
  };
  const mac = async (name: string) => {
    const { stdout } = await lab.host(name).exec('cat', ['/sys/class/net/eth0/address']);
    return stdout.trim();
  };

  test('both directors program their kernels, and one is master', async () => {
    d1.configure(yaml(150, SHAPE));
    d2.configure(yaml(100, SHAPE));
    d1.start();
    d2.start();
    await d1.becomes('MASTER', LIMIT);
    await d2.becomes('BACKUP', LIMIT);
    await tableIs(d1, saved(SHAPE));
    await tableIs(d2, saved(SHAPE));
  });

  test('requests go to both servers in turn, and replies come straight from them', async () => {
    const macs = {
      d1: await mac('d1'),
      client: await mac('client'),
      rs1: await mac('rs1'),
      rs2: await mac('rs2'),
    };
    const web = `host ${lab.vip} and tcp port 80`;
    const atClient = await Listener.start(client, web);
    const atDirector = await Listener.start(d1.host, web);
    const seen = await pages(10);
    assert.ok(
      seen.every((page, i) => page !== seen[i - 1]),
      `in turn: ${seen}`,
    );
    assert.deepEqual([...new Set(seen)].sort(), ['rs1', 'rs2']);
    const inner = await atDirector.stop();
    const outer = await atClient.stop();
    const pairs = (frames: typeof inner) =>
      [...new Set(frames.map(({ from, to }) => `${from} > ${to}`))].sort();
    const requests = outer.filter(({ source }) => source === client.address);
    const replies = outer.filter(({ source }) => source === lab.vip);
    assert.ok(requests.length >= 40 && replies.length >= 30, `${requests.length}, ${replies.length}`);
    assert.deepEqual(pairs(requests), [`${macs.client} > ${macs.d1}`]);
    assert.deepEqual(pairs(replies), [`${macs.rs1} > ${macs.client}`, `${macs.rs2} > ${macs.client}`].sort());
    assert.deepEqual(
      pairs(inner),
      [`${macs.client} > ${macs.d1}`, `${macs.d1} > ${macs.rs1}`, `${macs.d1} > ${macs.rs2}`].sort(),
    );
    assert.equal(inner.filter(({ source }) => source === lab.vip).length, 0, 'no reply passes the director');
  });

  test('lbctl ipvs prints what ipvsadm prints, with connections counted', async () => {
    const load = [await slowly(60, 'a'), await slowly(60, 'b')];
    assert.deepEqual(load.map(({ from }) => from).sort(), ['rs1', 'rs2']);
    for (const view of [[], ['--stats']]) {
      let last = '';
      // Counters move between two readings: only what lies between two equal ones is compared.
      await eventually(`lbctl ipvs -Ln ${view} is what ipvsadm prints`, LIMIT, async () => {
        const [earlier, ours, later] = [
          await ipvsadm(d1.host, '-Ln', ...view),
          await d1.lbctl('ipvs', '-Ln', ...view),
          await ipvsadm(d1.host, '-Ln', ...view),
        ];
        last = ours.stdout;
        if (earlier !== later) throw new Error('the numbers move');
        assert.equal(ours.stdout, later);
        return true;
      });
      const web = /^TCP .*:80 +(\S.*)$/m.exec(last)?.[1] ?? '';
      if (view.length > 0) assert.match(web, /^10 +[1-9]\d+ +0 +[1-9]\d+ +0$/, last);
      else assert.equal(last.match(/:8080 +Route +1 +1 +0 *$/gm)?.length, 2, last);
      // Counters come to rest only when the traffic does.
      if (view.length === 0) for (const one of load) one.stop();
    }
  });

  test('check killed with -9 leaves table and connections, and its successor adopts them', async () => {
    await lab.web('rs2').stop();
    const without = saved({ ...SHAPE, web: ['rs1'] });
    await tableIs(d1, without);
    const long = await slowly(30);
    const before = await ipvsadm(d1.host, '-Sn');
    const sampler = d1.host.spawn('sh', ['-c', 'while :; do ipvsadm -Sn; echo =; done']);
    let sampled = '';
    sampler.stdout?.on('data', (data) => {
      sampled += data;
    });
    const dead = await child(d1, 'check');
    process.kill(dead.pid, 'SIGKILL');
    await eventually('another check has applied the configuration', LIMIT, async () => {
      const { pid, restarts, applied } = await child(d1, 'check');
      return pid !== dead.pid && restarts === 1 && applied === 1;
    });
    assert.ok(long.goesOn());
    const [adopted, ...more] = events(d1, 'ipvs_adopted');
    // How many are out is told too, unless the first check was quicker than the dump.
    assert.deepEqual([adopted?.['services'], adopted?.['servers']], [3, 4]);
    assert.deepEqual(more, []);
    assert.deepEqual(new Set(await pages(6)), new Set(['rs1']));
    await eventually('it has checked rs2 too, and found it as it was', LIMIT, () => {
      const [last] = events(d1, 'check_failed').slice(-1);
      return String(last?.['time']) > String(adopted?.['time']);
    });
    sampler.kill('SIGTERM');
    const readings = sampled.split('=\n').slice(0, -1);
    assert.ok(readings.length > 10, `${readings.length} readings`);
    assert.deepEqual([...new Set(readings)], [before], 'the table was as it is, at any time');
    await lab.web('rs2').start();
    await tableIs(d1, saved(SHAPE));
    await long.completes();
    assert.equal((await d1.status()).vrrp.value?.instances[0]?.counters.became_master, 1);
  });

  test('check that hangs is reported, and the kernel goes on without it', async () => {
    const long = await slowly(20);
    const { pid, restarts } = await child(d1, 'check');
    process.kill(pid, 'SIGSTOP');
    assert.ok(long.goesOn());
    const until = Date.now() + 10_000;
    try {
      await eventually('status says that check is silent', LIMIT, async () =>
        /^silent for \d+ s$/.test((await child(d1, 'check')).problem ?? ''),
      );
      const { stdout } = await d1.lbctl('status');
      assert.match(stdout, new RegExp(`^process check: pid ${pid}, .*; problem: silent for \\d+ s$`, 'm'));
      const away = `^The table is not known: check \\(pid ${pid}\\) does not answer, last heard \\d+\\.\\d s ago; the kernel goes on with what it has$`;
      assert.match(stdout, new RegExp(away, 'm'));
      assert.match(stdout, /^VI_1 .* MASTER /m);
      const table = await d1.lbctl('ipvs', '-Ln');
      assert.deepEqual([table.code, table.stdout], [1, '']);
      assert.match(
        table.stderr,
        /^lbctl: the table is not known: check \(pid \d+\) does not answer, last heard /,
      );
      assert.deepEqual(new Set(await pages(6)), new Set(['rs1', 'rs2']));
      assert.ok(await holds(d1));
      await sleep(Math.max(0, until - Date.now()));
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await eventually('it is heard again', LIMIT, async () => {
      const { check } = await d1.status();
      return check.available && (await child(d1, 'check')).problem === null;
    });
    const now = await child(d1, 'check');
    assert.deepEqual([now.pid, now.restarts], [pid, restarts]);
    await tableIs(d1, saved(SHAPE));
    await long.completes();
  });

  test('a reload of a broken file changes nothing and says where it is broken', async () => {
    const before = (await d1.status()).daemon;
    const table = await ipvsadm(d1.host, '-Sn');
    d1.configure(yaml(150, CHANGED).replace('scheduler: rr', 'scheduler: rrr'));
    const long = await slowly(8);
    d1.signal('SIGHUP');
    assert.ok(long.goesOn());
    await eventually(
      'the reload is refused',
      LIMIT,
      async () => (await d1.status()).daemon.reload_error !== null,
    );
    const { daemon } = await d1.status();
    const line = yaml(150, CHANGED).split('\n').indexOf('    scheduler: rr') + 1;
    assert.ok(
      daemon.reload_error?.startsWith(`${d1.directory}/lbd.yaml:${line}:16: `),
      `${daemon.reload_error}`,
    );
    assert.match(daemon.reload_error ?? '', /rrr/);
    assert.equal(daemon.generation, 1);
    assert.deepEqual(
      daemon.processes.map(({ pid }) => pid),
      before.processes.map(({ pid }) => pid),
    );
    assert.equal(await ipvsadm(d1.host, '-Sn'), table);
    assert.ok(await holds(d1));
    const { stdout } = await d1.lbctl('status');
    assert.match(stdout, /^last reload refused, configuration 1 kept: .*lbd\.yaml:\d+:16: /m);
    await long.completes();
  });

  test('a reload of a good file changes what differs and cuts no other connection', async () => {
    const kept = [await slowly(20, 'a'), await slowly(20, 'b')];
    assert.deepEqual(kept.map(({ from }) => from).sort(), ['rs1', 'rs2']);
    const programmed = events(d1, 'ipvs_programmed').length;
    d1.configure(yaml(150, CHANGED));
    d1.signal('SIGHUP');
    await tableIs(d1, saved(CHANGED));
    await eventually('check has told core', LIMIT, async () => (await child(d1, 'check')).applied === 2);
    const { daemon } = await d1.status();
    assert.deepEqual([daemon.generation, daemon.reload_error], [2, null]);
    // web: + rs3, rs2 to weight 0; files: rs1 heavier, + rs3; names: rs1 to weight 0. Then rs2 and names go.
    const changes = events(d1, 'ipvs_programmed').slice(programmed);
    const counts = changes.map((event) => Number(event['changes']));
    assert.deepEqual(
      [counts[0], counts.reduce((sum, count) => sum + count)],
      [5, 7],
      JSON.stringify(changes),
    );
    assert.ok(kept.every((one) => one.goesOn()));
    assert.deepEqual(new Set(await pages(6)), new Set(['rs1', 'rs3']));
    for (const one of kept) await one.completes();
    assert.equal((await d1.status()).vrrp.value?.instances[0]?.counters.became_master, 1);
  });

  test('core killed with -9 takes vrrp and check along cleanly, and the peer takes over', async () => {
    const { code, stderr } = await d1.host.exec('sh', ['-c', `ipvsadm -R <<'END'\n${FOREIGN}END`]);
    assert.equal(code, 0, stderr);
    const pids = [(await child(d1, 'vrrp')).pid, (await child(d1, 'check')).pid];
    process.kill(d1.pid, 'SIGKILL');
    await d1.exited();
    await d2.becomes('MASTER', LIMIT);
    // (256 − 100)/256 s: it heard priority 0, and did not wait for Master_Down.
    const because = (await d2.status()).vrrp.value?.instances[0]?.because ?? '';
    assert.match(because, new RegExp(`^${d1.host.address} resigned .* \\(limit 0\\.609 s\\)$`));
    await eventually('vrrp and check have ended', LIMIT, () =>
      pids.every((pid) => statSync(`/proc/${pid}`, { throwIfNoEntry: false }) === undefined),
    );
    assert.equal(await holds(d1), false);
    assert.equal(await ipvsadm(d1.host, '-Sn'), FOREIGN);
    assert.deepEqual(new Set(await pages(6)), new Set(['rs1', 'rs2']));
  });

  test('SIGTERM takes our services out, leaves what is not ours, and exits with 0', async () => {
    d1.start();
    await d1.becomes('MASTER', LIMIT);
    await tableIs(d1, saved(CHANGED) + FOREIGN);
    assert.deepEqual(new Set(await pages(6)), new Set(['rs1', 'rs3']));
    assert.equal(await d1.stop(), 0);
    assert.equal(await ipvsadm(d1.host, '-Sn'), FOREIGN);
    assert.equal(await holds(d1), false);
    await d2.becomes('MASTER', LIMIT);
    assert.deepEqual(new Set(await pages(6)), new Set(['rs1', 'rs2']));
    assert.equal(await d2.stop(), 0);
    assert.equal(await ipvsadm(d2.host, '-Sn'), '');
  });
});
