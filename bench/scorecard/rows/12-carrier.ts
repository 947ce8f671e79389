import { setTimeout as sleep } from 'node:timers/promises';
import { Pair } from '../../bed/pair.ts';
import type { Row } from '../row.ts';
import { pairOf, V2 } from '../setting.ts';

export const row12: Row = {
  number: 12,
  title: "the master's link loses its carrier",
  quantities: { gap: { name: 'longest gap at the client', unit: 's', target: 3.71 } },
  measure: (kind) =>
    Pair.with(pairOf(kind, V2), async (pair) => {
      const { gap } = await pair.watch(async () => {
        await pair.lab.cutLink('d1');
        await pair.moves();
        await sleep(500);
      });
      return { gap: gap / 1000 };
    }),
};
