// What lbctl says of the table, its connections and its checks, on a director beside services that are not its own.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createLab, type Lab } from '../lab/lab.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';

/** Everything but the timers themselves is slow under emulation. */
const LIMIT = 180_000;

suite('lbctl on a director with IPVS', { concurrency: false }, () => {
  let lab: Lab;
  let directory: string;
  let director: Director;

  const ipvsadm = async (...words: readonly string[]) => {
    const { code, stdout, stderr } = await director.host.exec('ipvsadm', words);
    assert.equal(code, 0, stderr);
    return stdout;
  };

  before(async () => {
    lab = await createLab({ directors: 1, servers: 1, web: false });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-lbctl-'));
    director = new Director(lab.host('d1'), directory);
    // Nobody listens there: the second server is refused.
    director.configure(`vrrp:
  VI_1: { interface: eth0, virtual_router_id: 51, virtual_addresses: [${lab.vip}/24] }
services:
  web:
    address: ${lab.vip}
    port: 80
    protocol: tcp
    forward: dr
    check: { type: tcp, interval: 1s, timeout: 5s, retry: 0, warmup: 0s }
    servers:
      - { address: ${lab.host('rs1').address}, check: none, upper_threshold: 100 }
      - { address: ${lab.host('d1').address} }
`);
    director.start();
    const refusedIsOut = async () => {
      assert.deepEqual(await director.servers(), [lab.host('rs1').address]);
      return true;
    };
    await eventually('the refused server is out', LIMIT, refusedIsOut, 1000);
    await ipvsadm('-A', '-t', '192.0.2.1:81', '-s', 'sh', '-b', 'sh-port', '-p', '60');
    await ipvsadm('-a', '-t', '192.0.2.1:81', '-r', '10.1.1.1:8080', '-m', '-w', '7', '-x', '50', '-y', '40');
  });
  after(async () => {
    await director.stop();
    await lab.close();
    rmSync(directory, { recursive: true });
  });

  test('lbctl ipvs prints what ipvsadm prints there', async () => {
    for (const words of [
      ['-Ln', '--thresholds'],
      ['-Sn'],
      ['-Lnc'],
      ['-L', '--timeout'],
      ['-Ln', '-t', '192.0.2.1:81'],
    ]) {
      const { code, stdout, stderr } = await director.lbctl('ipvs', ...words);
      assert.deepEqual([code, stderr, stdout], [0, '', await ipvsadm(...words)], words.join(' '));
    }
  });

  test('lbctl checks and servers say why a server is out', async () => {
    const refused = `${lab.host('d1').address}:80`;
    const { stdout } = await director.lbctl('checks', refused);
    assert.match(
      stdout,
      /^Service +Server +Check +State +Result .*\nweb +\S+ +tcp +down +L4CON +\d+ ms +\d+s /,
    );
    const servers = await director.lbctl('servers', 'web');
    assert.match(servers.stdout, /\S+ +dr +- +- +- +- +down \d+s \(L4CON\)/);
  });

  test('lbctl ipvs restore brings back a service of others as it was saved, and no other of ours', async () => {
    const { stdout: saved } = await director.lbctl('ipvs', 'save');
    assert.match(saved, / -r 10\.1\.1\.1:8080 -m -w 7 -x 50 -y 40\n/);
    const file = path.join(directory, 'table');
    writeFileSync(file, saved);
    await ipvsadm('-D', '-t', '192.0.2.1:81');
    const dry = await director.lbctl('ipvs', 'restore', file, '--dry-run');
    assert.equal(dry.code, 2, dry.stderr);
    assert.match(dry.stdout, /^services:\n {2}\+ tcp 192\.0\.2\.1:81\n {6}\+ 10\.1\.1\.1:8080 {2}weight 7, /);
    const done = await director.lbctl('ipvs', 'restore', file);
    assert.deepEqual(
      [done.code, done.stdout],
      [0, '2 added, 0 changed, 0 removed.\nleft to the configuration: web\n'],
    );
    assert.equal((await director.lbctl('ipvs', 'save')).stdout, saved);

    writeFileSync(file, saved.replace(/ -x 100$/m, ''));
    const refused = await director.lbctl('ipvs', 'restore', file, '--prune');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /of web \(tcp \S+\): upper_threshold none instead of 100\n$/);
    assert.equal((await director.lbctl('ipvs', 'save')).stdout, saved);
  });
});
