// A service with a quorum and a sorry server on a kernel with IPVS. The tests tell one story, in order.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createLab, type Lab } from '../lab/lab.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';

/** Everything but the timers themselves is slow under emulation. */
const LIMIT = 180_000;

suite('a quorum with IPVS', { concurrency: false }, () => {
  let lab: Lab;
  let directory: string;
  let director: Director;

  before(async () => {
    lab = await createLab({ directors: 1, servers: 3, web: true });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-quorum-'));
    director = new Director(lab.host('d1'), directory);
  });
  after(async () => {
    await director.stop();
    await lab.close();
    rmSync(directory, { recursive: true });
  });

  const at = (name: string) => `${lab.host(name).address}:80`;
  const told = () => {
    const file = path.join(directory, 'told');
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  };
  /** Notes who was told, and what the kernel had by then. */
  const tell = (word: string) =>
    `[sh, -c, "echo ${word} $(ipvsadm -Sn | grep -c -- '-a ') >> ${path.join(directory, 'told')}"]`;
  const yaml = (more = '') => `vrrp:
  VI_1: { interface: eth0, virtual_router_id: 51, priority: 100, virtual_addresses: [${lab.vip}/24] }
services:
  web:
    address: ${lab.vip}
    port: 80
    protocol: tcp
    scheduler: rr
    forward: dr
    check: { type: tcp, interval: 1s, timeout: 5s, retry: 0, warmup: 0s }
    quorum_up: ${tell('up')}
    quorum_down: ${tell('down')}
    sorry_server: ${lab.host('rs3').address}
    ${more}
    servers: [${['rs1', 'rs2'].map((name) => lab.host(name).address).join(', ')}]
`;
  /** `rs1 1`: the servers in the kernel with their weights. */
  const weighs = (...expected: readonly string[]) =>
    eventually(`the table has ${expected}`, LIMIT, async () => {
      const { code, stdout, stderr } = await director.host.exec('ipvsadm', ['-Ln', '-t', `${lab.vip}:80`]);
      assert.equal(code, 0, stderr);
      const found = ['rs1', 'rs2', 'rs3'].flatMap((name) => {
        const weight = new RegExp(`-> ${at(name)} +Route +(\\d+)`).exec(stdout)?.[1];
        return weight === undefined ? [] : [`${name} ${weight}`];
      });
      assert.deepEqual(found, expected);
      return true;
    });
  const page = async () => {
    const { code, stdout, stderr } = await lab
      .host('client')
      .exec('curl', ['-sS', '-m', '60', `http://${lab.vip}/`]);
    assert.equal(code, 0, stderr);
    return stdout.trim();
  };
  const isTold = (...expected: string[]) =>
    eventually(`${expected} is told`, LIMIT, () => {
      assert.deepEqual(told(), expected);
      return true;
    });

  test('the sorry server serves while both servers are gone, and commands tell of it', async () => {
    director.configure(yaml());
    director.start();
    await weighs('rs1 1', 'rs2 1');
    await isTold('up 2');
    for (const name of ['rs1', 'rs2']) await lab.web(name).stop();
    await weighs('rs3 1');
    assert.equal(await page(), 'rs3');
    await isTold('up 2', 'down 1');
    await lab.web('rs2').start();
    await weighs('rs2 1');
    assert.equal(await page(), 'rs2');
    await isTold('up 2', 'down 1', 'up 1');
  });

  test('inhibited servers stay with weight 0', async () => {
    director.configure(yaml('inhibit_on_failure: true\n    sorry_server_inhibit: true'));
    await director.reload();
    await weighs('rs1 0', 'rs2 1', 'rs3 0');
    await lab.web('rs2').stop();
    await weighs('rs1 0', 'rs2 0', 'rs3 1');
    await director.killAll();
    director.start();
    await eventually('lbd is back', LIMIT, async () => {
      const servers = (await director.status()).check.value?.services[0]?.servers ?? [];
      return servers.length === 2 && servers.every(({ health }) => health === 'down');
    });
    await weighs('rs1 0', 'rs2 0', 'rs3 1');
    await lab.web('rs1').start();
    await weighs('rs1 1', 'rs2 0', 'rs3 0');
    assert.equal(await page(), 'rs1');
  });
});
