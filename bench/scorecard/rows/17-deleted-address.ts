import { setTimeout as sleep } from 'node:timers/promises';
import { Pair } from '../../bed/pair.ts';
import type { Row } from '../row.ts';
import { pairOf, V2 } from '../setting.ts';

export const row17: Row = {
  number: 17,
  title: "somebody deletes the master's virtual address",
  quantities: { gap: { name: 'longest gap at the client', unit: 'ms', target: 100, watched: 6000 } },
  measure: (kind) =>
    Pair.with(pairOf(kind, V2), async (pair) => {
      const { gap } = await pair.watch(async () => {
        await pair.lab.host('d1').exec('ip', ['addr', 'del', `${pair.lab.vip}/24`, 'dev', 'eth0']);
        await sleep(6000);
      });
      return { gap };
    }),
};
