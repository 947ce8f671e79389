import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../../../test/lab/lab.ts';
import { root } from '../../../test/support/root.ts';
import { Pair } from '../../bed/pair.ts';
import type { Kind } from '../../bed/program.ts';
import type { Row } from '../row.ts';
import { pairOf, V3 } from '../setting.ts';
import { SIGNED } from '../signed.ts';

/** Seconds. */
const HOUR = 3600;
/** How long each time is kept. Milliseconds. */
const KEPT = 8000;

/** A library that shifts the time of day of a program that it is loaded into by the seconds in a file. */
function shiftedClock(lab: Lab): {
  readonly env: Readonly<Record<string, string>>;
  shift(seconds: number): void;
} {
  const library = path.join(lab.directory, 'wall-clock.so');
  const file = path.join(lab.directory, 'wall-clock');
  const shift = (seconds: number) => writeFileSync(file, String(seconds).padEnd(12));
  shift(0);
  const source = path.join(root, 'bench/scorecard/wall-clock.c');
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl']);
  return { env: { LD_PRELOAD: library, WALL_CLOCK_SHIFT: file }, shift };
}

async function movesWhenClocksStep(kind: Kind, more: string): Promise<number> {
  const pair = await Pair.build(pairOf(kind, V3, { more: () => more }));
  try {
    const { env, shift } = shiftedClock(pair.lab);
    pair.d1.start(env);
    pair.d2.start(env);
    await pair.settles();
    const { moves } = await pair.watch(async () => {
      for (const seconds of [HOUR, -HOUR]) {
        shift(seconds);
        await sleep(KEPT);
      }
    });
    return moves;
  } finally {
    await pair.lab.close();
  }
}

export const row15: Row = {
  number: 15,
  title: 'the time of day of both directors goes one hour forward, then two hours back',
  quantities: {
    plain: { name: 'times the address moved', unit: 'times', target: 0 },
    signed: {
      name: 'times the address moved, adverts signed',
      unit: 'times',
      target: 0,
      notOfKeepalived: '2.2.7 does not sign',
    },
  },
  async measure(kind) {
    const plain = await movesWhenClocksStep(kind, '');
    return kind === 'lbd' ? { plain, signed: await movesWhenClocksStep(kind, SIGNED) } : { plain };
  },
};
