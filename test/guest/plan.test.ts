// What an operator sees and does on a director with IPVS: plan, drift, a reload that the kernel refuses.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createLab, type Lab } from '../lab/lab.ts';
import { shell } from '../lab/shell.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';

/** Everything but the timers themselves is slow under emulation. */
const LIMIT = 180_000;
/** Keeps the kernel from loading a scheduler. */
const BLOCK = '/etc/modprobe.d/lbd-test.conf';

interface Shape {
  readonly servers: Readonly<Record<string, number>>;
  readonly scheduler?: string;
  readonly other?: boolean;
}

suite('planning and refusing on a kernel with IPVS', { concurrency: false }, () => {
  let lab: Lab;
  let directory: string;
  let director: Director;

  before(async () => {
    lab = await createLab({ directors: 1, servers: 3, web: false });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-plan-'));
    director = new Director(lab.host('d1'), directory);
    director.configure(yaml({ servers: { rs1: 1, rs2: 1 } }));
    director.start();
    await director.becomes('MASTER', LIMIT);
    await eventually('both servers are there', LIMIT, async () => (await director.servers()).length === 2);
  });
  after(async () => {
    await director.stop();
    await lab.close();
    rmSync(directory, { recursive: true });
    rmSync(BLOCK, { force: true });
  });

  const at = (name: string) => `${lab.host(name).address}:80`;
  const yaml = ({ servers, scheduler = 'wrr', other = false }: Shape) => `drift: report
drift_interval: 1s
vrrp:
  VI_1: { interface: eth0, virtual_router_id: 51, virtual_addresses: [${lab.vip}/24] }
services:
  web:
    address: ${lab.vip}
    port: 80
    protocol: tcp
    scheduler: ${scheduler}
    forward: dr
    servers:
${Object.entries(servers)
  .map(([name, weight]) => `      - { address: ${lab.host(name).address}, weight: ${weight} }\n`)
  .join(
    '',
  )}${other ? `  other: { address: ${lab.vip}, port: 81, protocol: tcp, servers: [${lab.host('rs1').address}] }\n` : ''}`;
  const file = (shape: Shape) => {
    const name = path.join(directory, 'next.yaml');
    writeFileSync(name, yaml(shape));
    return name;
  };
  const table = async () => {
    const { stdout } = await director.host.exec('ipvsadm', ['-Sn']);
    return stdout.trim().split('\n').sort();
  };

  test('there is nothing to do after a start', async () => {
    assert.deepEqual((({ code, stdout }) => ({ code, stdout }))(await director.lbctl('plan')), {
      code: 0,
      stdout: 'No changes: what runs, the file and the kernel agree.\n',
    });
  });

  test('what somebody else changed is drift in the plan, and a reload undoes it', async () => {
    await director.host.exec('ipvsadm', ['-e', '-t', `${lab.vip}:80`, '-r', at('rs1'), '-g', '-w', '7']);
    await director.host.exec('ipvsadm', ['-d', '-t', `${lab.vip}:80`, '-r', at('rs2')]);
    const plan = await director.lbctl('plan');
    assert.equal(plan.code, 2, plan.stderr);
    assert.equal(
      plan.stdout,
      `services:
    web (tcp ${lab.vip}:80)
      ~ ${at('rs1')}  weight 7 → 1  (drift)
      + ${at('rs2')}  weight 1, forward dr  (drift)

Plan: 1 to add, 1 to change, 0 to destroy.
`,
    );
    await director.reload();
    assert.equal((await director.lbctl('plan')).code, 0);
  });

  test('a plan names what a file adds, changes and destroys, and the reload does that', async () => {
    const next: Shape = { servers: { rs1: 5, rs3: 1 }, other: true };
    const plan = await director.lbctl('plan', file(next));
    assert.equal(plan.code, 2, plan.stderr);
    assert.equal(
      plan.stdout,
      `services:
    web (tcp ${lab.vip}:80)
      ~ ${at('rs1')}  weight 1 → 5
      + ${at('rs3')}  weight 1, forward dr
      - ${at('rs2')}  drained first: 0 active, at most 300s
  + other (tcp ${lab.vip}:81)
      + ${lab.host('rs1').address}:81  weight 1, forward nat

Plan: 3 to add, 1 to change, 1 to destroy.
`,
    );
    director.configure(yaml(next));
    await director.reload();
    await eventually('the table is as planned', LIMIT, async () => {
      assert.deepEqual(await table(), [
        `-A -t ${lab.vip}:80 -s wrr`,
        `-A -t ${lab.vip}:81 -s wlc`,
        `-a -t ${lab.vip}:80 -r ${at('rs1')} -g -w 5`,
        `-a -t ${lab.vip}:80 -r ${at('rs3')} -g -w 1`,
        `-a -t ${lab.vip}:81 -r ${lab.host('rs1').address}:81 -m -w 1`,
      ]);
      return true;
    });
  });

  test('a configuration that the kernel refuses is taken back as a whole', async () => {
    writeFileSync(BLOCK, 'install ip_vs_ovf /bin/false\n');
    await shell('modprobe -r ip_vs_ovf || true');
    const before = await table();
    director.configure(yaml({ servers: { rs2: 1 }, scheduler: 'ovf' }));
    const { code, stderr } = await director.lbctl('reload');
    assert.equal(code, 1);
    assert.match(stderr, /the kernel refuses setService tcp \S+:80: /);
    assert.match(stderr, /configuration \d+ keeps running\n$/);
    await eventually('the table is as before', LIMIT, async () => {
      assert.deepEqual(await table(), before);
      return true;
    });
    const { daemon } = await director.status();
    assert.match(daemon.reload_error ?? '', /the kernel refuses/);
    assert.equal(daemon.processes.find(({ name }) => name === 'check')?.problem, null);
  });
});
