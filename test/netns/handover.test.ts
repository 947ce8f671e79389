// Planned handovers of lbd, seen by a client that never stops asking.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLab, type Lab } from '../lab/lab.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';
import { Keepalived, keepalivedConf } from '../support/keepalived.ts';

const LIMIT = 30_000;

suite('handover', () => {
  let lab: Lab;
  let directory: string;
  let d1: Director;
  let d2: Director;
  const configuration = (priority: number) => `vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    priority: ${priority}
    virtual_addresses: [${lab.vip}/24]
`;

  before(async () => {
    lab = await createLab({ directors: 2, servers: 0, web: false });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-handover-'));
    d1 = new Director(lab.host('d1'), path.join(directory, 'd1'));
    d2 = new Director(lab.host('d2'), path.join(directory, 'd2'));
    d1.configure(configuration(150));
    d2.configure(configuration(100));
    d1.start();
    await d1.becomes('MASTER', LIMIT);
    d2.start();
    await d2.becomes('BACKUP', LIMIT);
  });
  after(async () => {
    await d1.stop();
    await d2.stop();
    await lab.close();
    rmSync(directory, { recursive: true });
  });

  /** What of pings every 2 ms was lost while `run` went on, and what address, sysctl and table it has left on d1. */
  const lostWhile = async (run: () => Promise<unknown>): Promise<number> => {
    const ping = lab.host('client').spawn('ping', ['-q', '-n', '-i', '0.002', lab.vip]);
    let told = '';
    ping.stdout?.on('data', (text) => {
      told += String(text);
    });
    const ended = new Promise((resolve) => ping.once('close', resolve));
    await sleep(300);
    await run();
    await sleep(1500);
    ping.kill('SIGINT');
    await ended;
    const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(told) ?? [];
    assert.ok(Number(sent) > 300, told);
    return Number(sent) - Number(received);
  };
  const traces = async (director: Director) => {
    const { stdout } = await director.host.exec('sh', [
      '-c',
      'ip -o addr show dev lo; sysctl -n net.ipv4.conf.eth0.arp_ignore net.ipv4.conf.eth0.arp_announce',
    ]);
    return stdout;
  };

  test('a master that stops, and that comes back, costs its clients no reply', async () => {
    const before = await traces(d1);
    const stopping = await lostWhile(async () => {
      assert.equal(await d1.stop(), 0);
      await d2.becomes('MASTER', LIMIT);
    });
    assert.equal(stopping, 0, 'while it stops');
    assert.equal(await traces(d1), before);
    const returning = await lostWhile(async () => {
      d1.start();
      await d1.becomes('MASTER', LIMIT);
    });
    assert.equal(returning, 0, 'while it comes back');
    await eventually('nothing is left on d2', LIMIT, async () => (await traces(d2)) === before);
  });

  test('a handover on request moves the address, and it stays there until failback', async () => {
    const lost = await lostWhile(async () => {
      const { code, stdout } = await d1.lbctl('failover', 'VI_1');
      assert.deepEqual([code, stdout], [0, `VI_1: ${d2.host.address} (priority 100) is master\n`]);
      await sleep(4000);
    });
    assert.equal(lost, 0);
    const [there] = (await d1.status()).vrrp.value?.instances ?? [];
    assert.deepEqual([there?.state, there?.stands_back], ['BACKUP', true]);
    const again = await d1.lbctl('failover', 'VI_1');
    assert.deepEqual([again.code, again.stderr], [1, 'lbctl: VI_1 is BACKUP: only a master can hand over\n']);
    const back = await lostWhile(async () => {
      assert.equal((await d1.lbctl('failback', 'VI_1')).code, 0);
      await d1.becomes('MASTER', LIMIT);
    });
    assert.equal(back, 0);
  });

  test('so it is beside keepalived, which knows nothing of it', async () => {
    await d2.stop();
    const keepalived = new Keepalived(lab.host('d2'), path.join(directory, 'keepalived'));
    const peer = { state: 'BACKUP', vrid: 51, priority: 100, password: null } as const;
    keepalived.start(keepalivedConf({ ...peer, addresses: [`${lab.vip}/24`] }), '-P');
    try {
      await eventually('it is backup', LIMIT, async () => keepalived.log.includes('Entering BACKUP STATE'));
      const before = await traces(d1);
      const stopping = await lostWhile(async () => {
        assert.equal(await d1.stop(), 0);
        await eventually('it is master', LIMIT, async () => keepalived.log.includes('Entering MASTER STATE'));
      });
      assert.equal(stopping, 0, 'while lbd stops');
      assert.equal(await traces(d1), before);
      const returning = await lostWhile(async () => {
        d1.start();
        await d1.becomes('MASTER', LIMIT);
      });
      assert.equal(returning, 0, 'while lbd comes back');
    } finally {
      await keepalived.stop();
    }
  });
});
