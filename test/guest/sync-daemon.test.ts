// Two directors that tell each other of their connections, on a kernel with IPVS. The tests tell one story, in order.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Host } from '../lab/host.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';
import { download, serveFiles } from './files.ts';

/** Everything but the timers themselves is slow under emulation. */
const LIMIT = 180_000;

suite('connection sync with IPVS', { concurrency: false }, () => {
  let lab: Lab;
  let directory: string;
  let d1: Director;
  let d2: Director;

  before(async () => {
    lab = await createLab({ directors: 2, servers: 2, web: false });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-sync-'));
    for (const name of ['rs1', 'rs2']) serveFiles(lab.host(name), path.join(directory, name));
    d1 = new Director(lab.host('d1'), path.join(directory, 'd1'));
    d2 = new Director(lab.host('d2'), path.join(directory, 'd2'));
  });
  after(async () => {
    await Promise.all([d1.stop(), d2.stop()]);
    await lab.close();
    rmSync(directory, { recursive: true });
  });

  const yaml = (priority: number, ipvs: string) => `${ipvs}vrrp:
  VI_1: { interface: eth0, virtual_router_id: 51, priority: ${priority}, virtual_addresses: [${lab.vip}/24] }
services:
  files:
    address: ${lab.vip}
    port: 8080
    protocol: tcp
    scheduler: rr
    forward: dr
    servers: [${['rs1', 'rs2'].map((name) => lab.host(name).address).join(', ')}]
`;
  const SYNCED = `ipvs:
  timeouts: { tcp: 20m, udp: 1m }
  sync_daemon: { interface: eth0, instance: VI_1 }
`;
  const ipvsadm = async (host: Host, ...words: string[]) => {
    const { code, stdout, stderr } = await host.exec('ipvsadm', words);
    assert.equal(code, 0, stderr);
    return stdout.trim();
  };
  const prints = (director: Director, option: string, expected: string) =>
    eventually(`ipvsadm ${option} on ${director.host.name} prints ${expected}`, LIMIT, async () => {
      assert.equal(await ipvsadm(director.host, '-l', option), expected);
      return true;
    });
  const daemon = (role: string) =>
    `${role} sync daemon (mcast=eth0, syncid=51, maxlen=1472, group=224.0.0.81, port=8848, ttl=1)`;
  const knows = (director: Director) =>
    eventually(`${director.host.name} has learned the connection`, LIMIT, async () => {
      const connections = await ipvsadm(director.host, '-Lnc');
      return connections.includes(`${lab.host('client').address}:`) && connections.includes('ESTABLISHED');
    });

  test('the master tells of connections and the backup learns them, with the timeouts that are asked for', async () => {
    d1.configure(yaml(150, SYNCED));
    d2.configure(yaml(100, SYNCED));
    d1.start();
    d2.start();
    await d1.becomes('MASTER', LIMIT);
    await d2.becomes('BACKUP', LIMIT);
    await prints(d1, '--daemon', daemon('master'));
    await prints(d2, '--daemon', daemon('backup'));
    await prints(d2, '--timeout', 'Timeout (tcp tcpfin udp): 1200 120 60');
  });

  test('check killed with -9 leaves the daemon running, and its successor adopts it', async () => {
    const pidOfCheck = async () => {
      const { daemon } = await d2.status();
      return daemon.processes.find(({ name }) => name === 'check')?.pid ?? 0;
    };
    const said = () => readFileSync(d2.logFile, 'utf8').match(/"event":"ipvs_sync"/g)?.length ?? 0;
    const [before, told] = [await pidOfCheck(), said()];
    process.kill(before, 'SIGKILL');
    await eventually('another check runs', LIMIT, async () => {
      const { daemon } = await d2.status();
      const check = daemon.processes.find(({ name }) => name === 'check');
      return check !== undefined && check.pid !== before && check.applied === 1;
    });
    assert.equal(await ipvsadm(d2.host, '-l', '--daemon'), daemon('backup'));
    assert.equal(said(), told, 'it was not started again');
  });

  test('a download goes on through the other director when the master stops', async () => {
    const long = await download(lab.host('client'), lab.vip, path.join(directory, 'synced'), 90);
    await knows(d2);
    assert.ok(long.goesOn());
    assert.equal(await d1.stop(), 0);
    await d2.becomes('MASTER', LIMIT);
    await prints(d2, '--daemon', daemon('master'));
    assert.deepEqual(
      [await ipvsadm(d1.host, '-l', '--daemon'), await ipvsadm(d1.host, '-l', '--timeout')],
      ['', 'Timeout (tcp tcpfin udp): 900 120 300'],
    );
    assert.ok(long.goesOn());
    await long.completes();
  });

  test('without sync the same download is cut', async () => {
    d2.configure(yaml(100, ''));
    await d2.reload();
    await prints(d2, '--daemon', '');
    await prints(d2, '--timeout', 'Timeout (tcp tcpfin udp): 900 120 300');
    const long = await download(lab.host('client'), lab.vip, path.join(directory, 'cut'), 300);
    d1.configure(yaml(150, ''));
    d1.start();
    await d1.becomes('MASTER', LIMIT);
    await assert.rejects(long.completes(), /the download was cut/);
  });
});
