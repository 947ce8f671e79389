import { setTimeout as sleep } from 'node:timers/promises';
import type { Ip } from '../../../src/base/ip.ts';
import { centis } from '../../../src/base/units.ts';
import { advertFrame, macOf, sendFrames } from '../../bed/frames.ts';
import { Pair, type Seen } from '../../bed/pair.ts';
import type { Kind } from '../../bed/program.ts';
import type { Row } from '../row.ts';
import { pairOf, V3 } from '../setting.ts';

/** Seconds. */
const WATCHED = 12;

const withOneAdvert = (kind: Kind, priority: number, interval: number): Promise<Seen> =>
  Pair.with(pairOf(kind, V3), async (pair) => {
    const third = pair.lab.host('rs1');
    const envelope = { mac: await macOf(third), source: third.address as Ip };
    const addresses = [pair.lab.vip as Ip];
    const advert = {
      version: 3,
      vrid: 51,
      priority,
      maxAdvertInterval: centis(interval),
      addresses,
    } as const;
    return pair.watch(async () => {
      await sendFrames(third, [advertFrame(advert, envelope)], 1, 1);
      await sleep(WATCHED * 1000);
    });
  });

export const row22: Row = {
  number: 22,
  title:
    'one well-formed advert from a host that is no director; nothing configured against it, version 3, advert_int 1',
  quantities: {
    short: { name: 'gap, priority 255, interval 1 s', unit: 's', target: 3.7, watched: WATCHED },
    long: { name: 'gap, priority 255, interval 40.95 s', unit: 's', target: 3.7, watched: WATCHED },
    resign: { name: 'moves, priority 0', unit: 'times', target: 0 },
  },
  async measure(kind) {
    const short = await withOneAdvert(kind, 255, 100);
    const long = await withOneAdvert(kind, 255, 4095);
    const resign = await withOneAdvert(kind, 0, 100);
    return { short: short.gap / 1000, long: long.gap / 1000, resign: resign.moves };
  },
};
