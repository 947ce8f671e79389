// What a client loses while its site's configuration is reloaded again and again: ours beside keepalived's.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createLab, type Lab } from '../test/lab/lab.ts';
import type { LoadResult } from '../test/lab/load.ts';
import { Director } from '../test/support/director.ts';
import { eventually } from '../test/support/eventually.ts';
import { Keepalived } from '../test/support/keepalived.ts';
import { loadThrough, variant, variantConf, variantYaml } from '../test/support/reloads.ts';
import { numberOf } from './report/options.ts';
import { figure, type Progress, type Report, type Row } from './report/report.ts';

/** Emulated, on a machine that is busy, a director takes more than a minute to start. Milliseconds. */
const LIMIT = 300_000;

const serves = (lab: Lab) =>
  eventually('the site answers', LIMIT, async () => {
    const { code } = await lab.host('client').exec('curl', ['-sS', '-m', '10', `http://${lab.vip}/`]);
    return code === 0;
  });

async function ours(
  lab: Lab,
  directory: string,
  reloads: number,
): Promise<{ result: LoadResult; pace: number }> {
  const director = new Director(lab.host('d1'), path.join(directory, 'lbd'));
  director.configure(variantYaml(lab, variant(0)));
  director.start();
  await serves(lab);
  const from = Date.now();
  const result = await loadThrough(lab, reloads, async (n) => {
    director.configure(variantYaml(lab, variant(n)));
    await director.reload();
  });
  const pace = (Date.now() - from) / reloads;
  await director.stop();
  return { result, pace };
}

/** keepalived does not say when a reload is done: it gets as much time for each as ours took. */
async function theirs(lab: Lab, directory: string, reloads: number, pace: number): Promise<LoadResult> {
  const keepalived = new Keepalived(lab.host('d1'), path.join(directory, 'keepalived'));
  keepalived.start(variantConf(lab, variant(0)));
  await serves(lab);
  const result = await loadThrough(lab, reloads, async (n) => {
    writeFileSync(path.join(directory, 'keepalived', 'keepalived.conf'), variantConf(lab, variant(n)));
    keepalived.reload();
    await sleep(pace);
  });
  await keepalived.stop();
  return result;
}

const rowOf = (name: string, program: string, { requests, failed, resets }: LoadResult): Row => ({
  case: name,
  program,
  cells: [figure(failed), figure(resets), figure(requests)],
});

/** `--reloads N`: 200 unless given. Needs a kernel with IPVS. */
export async function measureReloads(args: readonly string[], progress: Progress): Promise<Report> {
  const { values } = parseArgs({ args: [...args], options: { reloads: { type: 'string', default: '200' } } });
  const reloads = numberOf('reloads', values.reloads);
  const directory = mkdtempSync(path.join(tmpdir(), 'lbd-bench-'));
  const lab = await createLab({ directors: 1, servers: 3, web: true });
  try {
    progress(`lbd: ${reloads} reloads`);
    const { result, pace } = await ours(lab, directory, reloads);
    progress(`keepalived: ${reloads} reloads, one every ${pace.toFixed(0)} ms`);
    const peer = await theirs(lab, directory, reloads, pace);
    return reportOf(`${reloads} reloads`, result, peer, pace);
  } finally {
    await lab.close();
    rmSync(directory, { recursive: true });
  }
}

const reportOf = (name: string, own: LoadResult, peer: LoadResult, pace: number): Report => ({
  name: 'reloads',
  measures:
    'Requests without an answer, and connections that were reset, while a client loads a site, over kept connections and new ones at once, whose configuration is reloaded again and again: servers come, go and stay away for a while, weights change, and so do things that do not concern the site.',
  limits:
    'A server that is taken out while connections to it are open: they are cut or they are not. The numbers of requests are no comparison, as reading a file takes the processors from the load.',
  tables: [
    {
      title: `A reload every ${pace.toFixed(0)} ms`,
      columns: [
        { name: 'failed', unit: '', better: 'less' },
        { name: 'resets', unit: '', better: 'less' },
        { name: 'requests', unit: '', better: null },
      ],
      rows: [rowOf(name, 'lbd', own), rowOf(name, 'keepalived', peer)],
      targets: ['failed', 'resets'].map((column) => ({
        case: name,
        program: 'lbd',
        column,
        at: 'most',
        limit: 0,
      })),
    },
  ],
  details: { lbd: own, keepalived: peer },
});
