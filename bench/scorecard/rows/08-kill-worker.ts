import { setTimeout as sleep } from 'node:timers/promises';
import { Pair } from '../../bed/pair.ts';
import type { Row } from '../row.ts';
import { pairOf, V2 } from '../setting.ts';

export const row8: Row = {
  number: 8,
  title: "the master's VRRP process is killed, and nothing else",
  quantities: {
    gap: { name: 'longest gap at the client', unit: 's', target: 0.01 },
    moves: { name: 'times the address moved', unit: 'times', target: 0 },
  },
  measure: (kind) =>
    Pair.with(pairOf(kind, V2), async (pair) => {
      const { gap, moves } = await pair.watch(async () => {
        process.kill(pair.d1.worker, 'SIGKILL');
        await sleep(8000);
      });
      return { gap: gap / 1000, moves };
    }),
};
