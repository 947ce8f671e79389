import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../../test/support/eventually.ts';
import { now } from '../../bed/now.ts';
import { Pair } from '../../bed/pair.ts';
import type { Row } from '../row.ts';
import { pairOf, V3_TENTH } from '../setting.ts';

const ROUTERS = 255;
const LIMIT = 90_000;

export const row4: Row = {
  number: 4,
  title: 'all 255 virtual routers of an interface, advert_int 0.1: start, then stop',
  quantities: {
    start: { name: 'until the first director holds all', unit: 's', target: 2 },
    taken: { name: 'addresses that the backup took in its first 10 s', unit: 'addresses', target: 0 },
    stop: { name: 'until all are on the peer, and none here', unit: 's', target: 0.5 },
  },
  async measure(kind) {
    const pair = await Pair.build(pairOf(kind, V3_TENTH, { routers: ROUTERS }));
    try {
      const [first, second] = pair.watches;
      const started = now();
      pair.d1.start();
      await eventually('d1 holds all', LIMIT, () => first.count === ROUTERS);
      const start = ((first.reached(ROUTERS, started) ?? now()) - started) / 1e6;
      pair.d2.start();
      await sleep(10_000);
      const taken = second.history
        .map(({ count }, i) => Math.max(0, count - (second.history[i - 1]?.count ?? 0)))
        .reduce((sum, more) => sum + more, 0);
      const stopped = now();
      const ended = pair.d1.terminate();
      const isMoved = () => second.count === ROUTERS && first.count === 0;
      await eventually('d2 holds all', LIMIT, isMoved, 10);
      const stop = (now() - stopped) / 1e6;
      await ended;
      return { start, taken, stop };
    } finally {
      await pair.lab.close();
    }
  },
};
