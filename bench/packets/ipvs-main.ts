// What ipvs.ts starts, in a network namespace of its own: all rounds as JSON, and how far it is on stderr.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { BenchPrograms } from './bpf.ts';
import { FORWARDERS, type Forwarder, IpvsBed, type Load, type Round } from './ipvs-bed.ts';

const ROUNDS = 7;
const CASES: readonly (Load & { readonly name: string })[] = [
  { name: '1,024 established flows', flows: 1 << 10, syn: false },
  { name: '65,536 established flows', flows: 1 << 16, syn: false },
  { name: 'new connections', flows: 1 << 24, syn: true },
];

/** What one forwarder did with one load. */
export interface IpvsSample {
  readonly name: string;
  readonly forwarder: Forwarder;
  readonly rounds: readonly Round[];
}

const directory = mkdtempSync(path.join(os.tmpdir(), 'lbd-ipvs-'));
try {
  const bed = new IpvsBed(new BenchPrograms(directory));
  const samples: IpvsSample[] = [];
  for (const { name, flows, syn } of CASES) {
    if (!syn) bed.establish(flows);
    const rounds = new Map<Forwarder, Round[]>(FORWARDERS.map((forwarder) => [forwarder, []]));
    // In turns, so that whoever else has the machine has it from all of them.
    for (let n = 0; n < ROUNDS; n++) {
      process.stderr.write(`${name}, round ${n + 1} of ${ROUNDS}\n`);
      for (const forwarder of FORWARDERS) rounds.get(forwarder)?.push(bed.round(forwarder, { flows, syn }));
    }
    for (const [forwarder, all] of rounds) samples.push({ name, forwarder, rounds: all });
  }
  bed.close();
  process.stdout.write(JSON.stringify(samples));
} finally {
  rmSync(directory, { recursive: true });
}
