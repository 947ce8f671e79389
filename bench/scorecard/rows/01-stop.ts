import { setTimeout as sleep } from 'node:timers/promises';
import type { Speech } from '../../bed/conf.ts';
import { Pair } from '../../bed/pair.ts';
import type { Kind } from '../../bed/program.ts';
import type { Row } from '../row.ts';
import { pairOf, V2, V3_TENTH } from '../setting.ts';

const gapOfStop = (kind: Kind, speech: Speech) =>
  Pair.with(pairOf(kind, speech), async (pair) => {
    const { gap } = await pair.watch(async () => {
      await pair.d1.terminate();
      await pair.moves();
      await sleep(500);
    });
    return gap;
  });

export const row1: Row = {
  number: 1,
  title: 'the master is stopped',
  quantities: {
    second: { name: 'longest gap at the client, advert_int 1', unit: 'ms', target: 50 },
    tenth: { name: 'longest gap at the client, advert_int 0.1', unit: 'ms', target: 20 },
  },
  async measure(kind) {
    return { second: await gapOfStop(kind, V2), tenth: await gapOfStop(kind, V3_TENTH) };
  },
};
