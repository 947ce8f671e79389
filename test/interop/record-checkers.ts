// Records what the checkers of keepalived 2.2.7 make of the corpus, on a kernel with IPVS:
// npm run --silent guest -- node dist/test/interop/record-checkers.js >test/golden/keepalived/checkers-2.2.7.json
import { mkdtempSync, rmSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import path from 'node:path';
import { haveIpvs } from '../guest/boot/ipvs.ts';
import { parseCheckers, showChecks } from '../support/keepalived-dump.ts';
import { askKeepalived } from './ask-keepalived.ts';
import { CORPUS } from './corpus/index.ts';
import { hashOf, hasServices, type Recorded, type Recording } from './recording.ts';

if (!haveIpvs()) throw new Error('this kernel has no IPVS: run it in the guest');
const directory = mkdtempSync(path.join(tmpdir(), 'lbd-record-'));
// One after the other: Linux 6.1 dumps the services of a namespace by their place among those of all, and shows one
// twice, or not at all, when another namespace changes its own in between.
const answers = await askKeepalived(CORPUS.filter(hasServices), directory, '-C');
const recorded = answers.map(({ entry, dump, table }): [string, Recorded] => {
  const { checks, thresholds } = parseCheckers(dump);
  const found = { table, checks: showChecks(checks), thresholds };
  return [entry.name, { sha256: hashOf(entry), ...found }];
});
rmSync(directory, { recursive: true });
const recording: Recording = {
  madeBy: `keepalived 2.2.7 (-C -d) and ipvsadm 1.31 (-Sn) on Linux ${release()}`,
  entries: Object.fromEntries(recorded),
};
process.stdout.write(`${JSON.stringify(recording, null, 1)}\n`);
