// What is believed of servers, and who is told of it, by the shipped program: a kernel without IPVS will do.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLab, type Lab } from '../lab/lab.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';

const LIMIT = 60_000;

suite('a quorum in the network', { concurrency: false }, () => {
  let lab: Lab;
  let directory: string;
  let d1: Director;
  let out: string;

  before(async () => {
    lab = await createLab({ directors: 1, servers: 2, web: true });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-quorum-'));
    d1 = new Director(lab.host('d1'), path.join(directory, 'd1'));
    out = path.join(directory, 'told');
  });
  after(async () => {
    await d1.stop();
    await lab.close();
    rmSync(directory, { recursive: true });
  });

  const told = () => (existsSync(out) ? readFileSync(out, 'utf8').split('\n').slice(0, -1) : []);
  const isTold = (...expected: string[]) =>
    eventually(`${expected.join(', ')} is told`, LIMIT, () => {
      if (told().join() !== expected.join()) throw new Error(`it is ${told().join(', ')}`);
      return true;
    });
  const healths = async () =>
    (await d1.status()).check.value?.services[0]?.servers.map(({ health }) => health) ?? [];
  const become = (...expected: string[]) =>
    eventually(`the servers are ${expected.join(', ')}`, LIMIT, async () => {
      const found = await healths().catch(() => []);
      return found.join() === expected.join();
    });

  /** Two servers, both of which have to be up. */
  const yaml = (check: string, more = '') => `services:
  web:
    address: ${lab.vip}
    port: 80
    protocol: tcp
    forward: nat
    check: { type: tcp, retry: 0, timeout: 1s, ${check} }
    quorum: 2
    quorum_up: [sh, -c, "echo gained >> ${out}"]
    quorum_down: [sh, -c, "echo lost >> ${out}"]
    ${more}
    servers:
      - address: ${lab.host('rs1').address}
        notify_up: [sh, -c, "echo rs1 up >> ${out}"]
        notify_down: [sh, -c, "echo rs1 down >> ${out}"]
      - ${lab.host('rs2').address}
`;

  test('commands tell of servers and the quorum, at the stop too with omega', {
    timeout: LIMIT,
  }, async () => {
    d1.configure(yaml('interval: 500ms, warmup: 0s', 'omega: true'));
    d1.start();
    await isTold('gained');
    await lab.web('rs1').stop();
    await isTold('gained', 'rs1 down', 'lost');
    await lab.web('rs1').start();
    await isTold('gained', 'rs1 down', 'lost', 'rs1 up', 'gained');
    await d1.stop();
    assert.deepEqual(told().slice(5), ['rs1 down', 'lost']);
  });

  test('a server that was down when lbd was killed is down for the next one until it proves itself', {
    timeout: LIMIT,
  }, async () => {
    await lab.web('rs1').stop();
    d1.configure(yaml('interval: 500ms, warmup: 0s'));
    d1.start();
    await become('down', 'up');
    const file = path.join(d1.stateDir, 'verdicts.json');
    const name = `tcp ${lab.vip}:80`;
    await eventually('the verdict is saved', LIMIT, () => {
      const { down } = JSON.parse(readFileSync(file, 'utf8'));
      return down[name]?.join() === `${lab.host('rs1').address}:80`;
    });
    await d1.killAll();
    await lab.web('rs1').start();
    rmSync(out);
    // Its first check comes too late to be waited for.
    d1.configure(yaml('interval: 60s, warmup: 24h'));
    d1.start();
    await become('down', 'up');
    assert.deepEqual(told(), [], 'it has no quorum, which nobody believed');
    await d1.stop();
    d1.configure(yaml('interval: 500ms, warmup: 0s'));
    d1.start();
    await become('up', 'up');
    await isTold('rs1 up', 'gained');
    await d1.stop();
  });

  test('checks wait for the address of their service', { timeout: LIMIT }, async () => {
    await lab.web('rs1').stop();
    d1.configure(yaml('interval: 500ms, warmup: 0s', 'ha_suspend: true'));
    d1.start();
    await become('up', 'up');
    await sleep(2500);
    assert.deepEqual(await healths(), ['up', 'up']);
    const address = (what: 'add' | 'del') =>
      d1.host.exec('ip', ['address', what, `${lab.vip}/32`, 'dev', 'lo']);
    await address('add');
    await become('down', 'up');
    await address('del');
    await eventually('the checks are suspended', LIMIT, async () =>
      readFileSync(d1.logFile, 'utf8').includes('"event":"checks_suspended"'),
    );
    await lab.web('rs1').start();
    await sleep(2000);
    assert.deepEqual(await healths(), ['down', 'up']);
    await address('add');
    await become('up', 'up');
  });
});
