// lbctl why on a kernel: what makes two masters is named by the one that took over, and by both while it lasts.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLab, type Lab } from '../lab/lab.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';

const LIMIT = 60_000;

interface Router {
  readonly priority: number;
  readonly password?: string;
  readonly vrid?: number;
  readonly interval?: string;
}

suite('lbctl why in the network', () => {
  let lab: Lab;
  let directory: string;
  let d1: Director;
  let d2: Director;
  let tests = 0;

  before(async () => {
    lab = await createLab({ directors: 2, servers: 0, web: false });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-why-'));
  });
  after(async () => {
    await lab.close();
    rmSync(directory, { recursive: true });
  });
  beforeEach(() => {
    tests++;
    d1 = new Director(lab.host('d1'), path.join(directory, String(tests), 'd1'));
    d2 = new Director(lab.host('d2'), path.join(directory, String(tests), 'd2'));
  });
  afterEach(async () => {
    await d1.stop();
    await d2.stop();
  });

  const text = ({ priority, password = '1111', vrid = 51, interval = '1s' }: Router) => `vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: ${vrid}
    priority: ${priority}
    advert_int: ${interval}
    authentication: { type: pass, password: "${password}" }
    virtual_addresses: [${lab.vip}/24]
`;
  const begin = async () => {
    d1.configure(text({ priority: 150 }));
    d2.configure(text({ priority: 100 }));
    d1.start();
    await d1.becomes('MASTER', LIMIT);
    d2.start();
    await eventually('d2 has heard d1', LIMIT, async () => (await why(d2)).includes('  heard '));
  };
  const why = async (director: Director) => (await director.lbctl('why', 'VI_1')).stdout;
  const causes = async (director: Director) => {
    const { stdout } = await director.lbctl('why', 'VI_1', '-o', 'json');
    const [instance] = JSON.parse(stdout).instances;
    const codes = (some: readonly { readonly code: string }[]) => some.map(({ code }) => code);
    return { last: codes(instance.decisions.at(-1).causes), now: codes(instance.two_masters) };
  };

  for (const [mistake, refusal] of [
    [{ password: '2222' }, 'auth'],
    [{ interval: '2s' }, 'interval'],
  ] as const) {
    test(`why names ${refusal} as what made two masters`, { timeout: LIMIT }, async () => {
      await begin();
      d1.configure(text({ priority: 150, ...mistake }));
      await d1.reload();
      await d2.becomes('MASTER', LIMIT);
      assert.deepEqual((await causes(d2)).last, [`refused_${refusal}`]);
      assert.match(await why(d2), /^VI_1 is MASTER .* \(limit 3\.609 s = 3 × 1 s \+ skew 0\.609 s\)$/m);
      for (const director of [d1, d2]) {
        await eventually(`${director.host.name} sees two masters`, LIMIT, async () =>
          (await causes(director)).now.includes(`refused_${refusal}`),
        );
      }
    });
  }

  test('why and vrrp tell silence after a crash and a resignation after a stop', {
    timeout: LIMIT,
  }, async () => {
    await begin();
    await d1.killAll();
    await d2.becomes('MASTER', LIMIT);
    assert.deepEqual((await causes(d2)).last, ['silence']);
    assert.match((await d2.lbctl('vrrp', 'VI_1')).stdout, /New Master Reason +masterNoResponse$/m);
    d1.start();
    await d1.becomes('MASTER', LIMIT);
    await eventually('d2 is BACKUP', LIMIT, async () => (await why(d2)).includes(' is BACKUP '));
    assert.deepEqual((await causes(d2)).last, ['higher_priority']);
    await d1.stop();
    await d2.becomes('MASTER', LIMIT);
    assert.deepEqual((await causes(d2)).last, ['resigned']);
  });

  test('why goes on behind a vrrp process that was killed', { timeout: LIMIT }, async () => {
    d1.configure(text({ priority: 150 }));
    d1.start();
    await d1.becomes('MASTER', LIMIT);
    const process_ = async () => (await d1.status()).daemon.processes.find(({ name }) => name === 'vrrp');
    const taken = /BACKUP → MASTER/;
    await eventually('the takeover is told', LIMIT, async () => taken.test(await why(d1)));
    // It is asked for a fifth of a second after the one before, that it became BACKUP.
    await sleep(1000);
    const { pid } = (await process_()) ?? {};
    assert.ok(typeof pid === 'number');
    process.kill(pid, 'SIGKILL');
    await eventually('another goes on', LIMIT, async () => (await process_())?.restarts === 1);
    await d1.becomes('MASTER', LIMIT);
    const [now, before] = (await why(d1)).split(/^vrrp process restarted .*; before that:$/m);
    assert.doesNotMatch(now ?? '', taken);
    assert.match(before ?? '', taken);
  });
});
