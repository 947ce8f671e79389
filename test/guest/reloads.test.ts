import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { suite, test } from 'node:test';
import { createLab } from '../lab/lab.ts';
import { Director } from '../support/director.ts';
import { loadThrough, variant, variantYaml } from '../support/reloads.ts';

/** Everything but the timers themselves is slow under emulation. */
const LIMIT = 180_000;
const RELOADS = 200;

suite('reloads under load', () => {
  test(`lbd loses no request and no connection in ${RELOADS} reloads`, async (context) => {
    const lab = await createLab({ directors: 1, servers: 3, web: true });
    const directory = mkdtempSync(path.join(tmpdir(), 'lbd-reloads-'));
    const director = new Director(lab.host('d1'), directory);
    try {
      // wrk uses a port again within the minutes that IPVS remembers its connection to a server that left.
      // The setting comes with the module.
      const words = 'modprobe ip_vs && sysctl -qw net.ipv4.vs.expire_nodest_conn=1';
      const { code, stderr } = await director.host.exec('sh', ['-c', words]);
      assert.equal(code, 0, stderr);
      director.configure(variantYaml(lab, variant(0)));
      director.start();
      await director.becomes('MASTER', LIMIT);
      const from = Date.now();
      const result = await loadThrough(lab, RELOADS, async (n) => {
        director.configure(variantYaml(lab, variant(n)));
        await director.reload();
      });
      const seconds = (Date.now() - from) / 1000;
      context.diagnostic(`${RELOADS} reloads in ${seconds.toFixed(0)} s, ${JSON.stringify(result)}`);
      const { daemon } = await director.status();
      assert.equal(daemon.generation, RELOADS + 1);
      assert.ok(result.requests > 10 * RELOADS, `${result.requests} requests are a load`);
      const lost = { failed: result.failed, resets: result.resets, complaints: result.complaints };
      assert.deepEqual(lost, { failed: 0, resets: 0, complaints: [] });
    } finally {
      await director.stop();
      await lab.close();
      rmSync(directory, { recursive: true });
    }
  });
});
