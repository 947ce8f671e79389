import { setTimeout as sleep } from 'node:timers/promises';
import { Pair } from '../../bed/pair.ts';
import { dropFrames } from '../partition.ts';
import type { Row } from '../row.ts';
import { pairOf, V2 } from '../setting.ts';

/** Milliseconds. */
const CUT = 10_000;

export const row11: Row = {
  number: 11,
  title: 'for 10 s the master is alone on the segment, without a sign of it',
  quantities: {
    both: { name: 'two holders while alone', unit: 's', target: 0 },
    merge: { name: 'two holders after the repair', unit: 's', target: 0.3 },
    alone: { name: 'longest gap at the client while alone', unit: 's', target: 3.71 },
    after: { name: 'longest gap at the client after the repair', unit: 's', target: 0.3 },
  },
  measure: (kind) =>
    Pair.with(pairOf(kind, V2), async (pair) => {
      let heal = () => Promise.resolve();
      const alone = await pair.watch(async () => {
        heal = await dropFrames(pair.lab, ['iifname "d1"', 'oifname "d1"']);
        await sleep(CUT);
      });
      const after = await pair.watch(async () => {
        await heal();
        await sleep(6000);
      });
      return {
        both: alone.both / 1000,
        merge: after.both / 1000,
        alone: alone.gap / 1000,
        after: after.gap / 1000,
      };
    }),
};
