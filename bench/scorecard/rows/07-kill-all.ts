import { setTimeout as sleep } from 'node:timers/promises';
import { Pair } from '../../bed/pair.ts';
import type { Row } from '../row.ts';
import { pairOf, V2 } from '../setting.ts';

/** Seconds. */
const WATCHED = 10;

export const row7: Row = {
  number: 7,
  title: 'all processes of the master are killed',
  quantities: {
    both: {
      name: 'two holders',
      unit: 's',
      target: 2,
      // Two hold from when the peer has waited, after 3.6 s at most.
      watched: WATCHED - 3.7,
    },
    gap: { name: 'longest gap at the client', unit: 's', target: 3.71 },
  },
  measure: (kind) =>
    Pair.with(pairOf(kind, V2), async (pair) => {
      const { both, gap } = await pair.watch(async () => {
        await pair.d1.kill();
        await sleep(WATCHED * 1000);
      });
      return { both: both / 1000, gap: gap / 1000 };
    }),
};
