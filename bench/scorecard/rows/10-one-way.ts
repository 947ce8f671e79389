import { setTimeout as sleep } from 'node:timers/promises';
import { Hearing } from '../../bed/frames.ts';
import { now } from '../../bed/now.ts';
import { Pair } from '../../bed/pair.ts';
import { announces } from '../garp.ts';
import { dropFrames } from '../partition.ts';
import type { Row } from '../row.ts';
import { pairOf, V2 } from '../setting.ts';

/** Milliseconds. */
const CUT = 8000;
const AFTER = 8000;

export const row10: Row = {
  number: 10,
  title: 'for 8 s nothing gets from the master to the backup, without a sign of it',
  quantities: {
    both: { name: 'two holders', unit: 's', target: 0 },
    garps: { name: 'gratuitous ARPs within 8 s of the repair', unit: 'packets', target: 10 },
  },
  measure: (kind) =>
    Pair.with(pairOf(kind, V2), async (pair) => {
      const hearing = await Hearing.start(pair.lab.host('client'), 'arp');
      let healed = 0;
      const { both } = await pair.watch(async () => {
        const heal = await dropFrames(pair.lab, ['iifname "d1" oifname "d2"']);
        await sleep(CUT);
        await heal();
        healed = now();
        await sleep(AFTER);
      });
      await hearing.stop();
      const garps = hearing.heard.filter((heard) => heard.at > healed && announces(heard, pair.lab.vip));
      return { both: both / 1000, garps: garps.length };
    }),
};
