import { now } from '../../bed/now.ts';
import { Pair } from '../../bed/pair.ts';
import type { Row } from '../row.ts';
import { pairOf, V2 } from '../setting.ts';

const ROUTERS = 100;

export const row3: Row = {
  number: 3,
  title: 'the master of 100 virtual routers is stopped, advert_int 1',
  quantities: { all: { name: 'until all addresses are on the peer', unit: 's', target: 0.7 } },
  measure: (kind) =>
    Pair.with(pairOf(kind, V2, { routers: ROUTERS }), async (pair) => {
      const from = now();
      const ended = pair.d1.terminate();
      await pair.moves();
      await ended;
      return { all: ((pair.watches[1].reached(ROUTERS, from) ?? now()) - from) / 1e6 };
    }),
};
