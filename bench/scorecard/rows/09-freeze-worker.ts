import { setTimeout as sleep } from 'node:timers/promises';
import { Pair } from '../../bed/pair.ts';
import type { Row } from '../row.ts';
import { pairOf, V2 } from '../setting.ts';

/** Milliseconds. */
const FROZEN = 9000;

export const row9: Row = {
  number: 9,
  title: "the master's VRRP process stands still for 9 s (SIGSTOP, SIGCONT)",
  quantities: {
    both: { name: 'two holders', unit: 's', target: 2 },
    gap: { name: 'longest gap at the client', unit: 's', target: 3.71 },
  },
  measure: (kind) =>
    Pair.with(pairOf(kind, V2), async (pair) => {
      const { worker } = pair.d1;
      const { both, gap } = await pair.watch(async () => {
        process.kill(worker, 'SIGSTOP');
        await sleep(FROZEN);
        process.kill(worker, 'SIGCONT');
        await sleep(4000);
      });
      return { both: both / 1000, gap: gap / 1000 };
    }),
};
