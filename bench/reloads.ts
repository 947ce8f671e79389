// What a client loses while its site's configuration is reloaded again and again: ours beside keepalived's.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLab, type Lab } from '../test/lab/lab.ts';
import type { LoadResult } from '../test/lab/load.ts';
import { Director } from '../test/support/director.ts';
import { eventually } from '../test/support/eventually.ts';
import { Keepalived } from '../test/support/keepalived.ts';
import { loadThrough, variant, variantConf, variantYaml } from '../test/support/reloads.ts';

const RELOADS = 200;
const LIMIT = 90_000;

const serves = (lab: Lab) =>
  eventually('the site answers', LIMIT, async () => {
    const { code } = await lab.host('client').exec('curl', ['-sS', '-m', '10', `http://${lab.vip}/`]);
    return code === 0;
  });

async function ours(lab: Lab, directory: string): Promise<{ result: LoadResult; pace: number }> {
  const director = new Director(lab.host('d1'), path.join(directory, 'lbd'));
  director.configure(variantYaml(lab, variant(0)));
  director.start();
  await serves(lab);
  const from = Date.now();
  const result = await loadThrough(lab, RELOADS, async (n) => {
    director.configure(variantYaml(lab, variant(n)));
    await director.reload();
  });
  const pace = (Date.now() - from) / RELOADS;
  await director.stop();
  return { result, pace };
}

/** keepalived does not say when a reload is done: it gets as much time for each as ours took. */
async function theirs(lab: Lab, directory: string, pace: number): Promise<LoadResult> {
  const keepalived = new Keepalived(lab.host('d1'), path.join(directory, 'keepalived'));
  keepalived.start(variantConf(lab, variant(0)));
  await serves(lab);
  const result = await loadThrough(lab, RELOADS, async (n) => {
    writeFileSync(path.join(directory, 'keepalived', 'keepalived.conf'), variantConf(lab, variant(n)));
    keepalived.reload();
    await sleep(pace);
  });
  await keepalived.stop();
  return result;
}

const directory = mkdtempSync(path.join(tmpdir(), 'lbd-bench-'));
const lab = await createLab({ directors: 1, servers: 3, web: true });
try {
  const { result, pace } = await ours(lab, directory);
  const peer = await theirs(lab, directory, pace);
  const row = (name: string, { requests, failed, resets }: LoadResult) =>
    `${name.padEnd(12)}${String(requests).padEnd(11)}${String(failed).padEnd(9)}${resets}\n`;
  process.stdout.write(`${RELOADS} reloads, one every ${pace.toFixed(0)} ms\n`);
  process.stdout.write(
    `            requests   failed   resets\n${row('lbd', result)}${row('keepalived', peer)}`,
  );
} finally {
  await lab.close();
  rmSync(directory, { recursive: true });
}
