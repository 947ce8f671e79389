import { setTimeout as sleep } from 'node:timers/promises';
import { Pair } from '../../bed/pair.ts';
import type { Row } from '../row.ts';
import { pairOf, V2 } from '../setting.ts';

export const row2: Row = {
  number: 2,
  title: 'the master is restarted: SIGTERM, and started again as soon as it has ended',
  quantities: {
    moves: { name: 'times the address moved', unit: 'times', target: 0 },
    lost: { name: 'probes lost', unit: 'probes', target: 0 },
  },
  measure: (kind) =>
    Pair.with(pairOf(kind, V2), async (pair) => {
      const { moves, lost } = await pair.watch(async () => {
        await pair.d1.terminate();
        pair.d1.start();
        // A restart that moved nothing looks settled at once; one that will move has begun by then.
        await sleep(4000);
        await pair.settles();
      });
      return { moves, lost };
    }),
};
