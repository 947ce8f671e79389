// npm run bench -- footprint: what lbd takes of a machine while nothing happens, and how soon it is there.
import { parseArgs } from 'node:util';
import type { Measurement, Table } from '../report/report.ts';
import { Bed, MOST } from './bed.ts';
import { measureIdle } from './idle.ts';
import { measureMemory } from './memory.ts';
import { measureStart } from './start.ts';

/**
 * `--rounds`: of each, in turn with the peer, 3 unless given. `--seconds`: of each look at the processors, 20 unless given. `--part`:
 * only `start`, `memory` or `idle`. `--instances`: how many, `1,50,255` unless given.
 */
export const measureFootprint: Measurement = async (args, progress) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '20' },
      part: { type: 'string' },
      instances: { type: 'string', default: `1,50,${MOST}` },
    },
  });
  const rounds = Number(values.rounds);
  const counts = values.instances.split(',').map(Number);
  const parts: Readonly<Record<string, (bed: Bed) => Promise<Table>>> = {
    start: (bed) => measureStart(bed, counts, rounds, progress),
    memory: (bed) => measureMemory(bed, rounds, progress),
    idle: (bed) => measureIdle(bed, counts, rounds, Number(values.seconds), progress),
  };
  const wanted = Object.entries(parts).filter(([name]) => values.part === undefined || values.part === name);
  if (wanted.length === 0) throw new Error(`--part is one of ${Object.keys(parts).join(', ')}`);
  const tables = await Bed.with(async (bed) => {
    const made: Table[] = [];
    for (const [, measure] of wanted) made.push(await measure(bed));
    return made;
  });
  return {
    name: 'footprint',
    measures:
      'The time from exec to the first advert, memory by PSS, and the processor that an idle pair takes, for 1, 50 and 255 virtual routers.',
    limits:
      'A Node that does nothing takes its share of each: its start, its code and heap three times; the kernel has most of the time of an advert.',
    tables,
  };
};
