import { setTimeout as sleep } from 'node:timers/promises';
import type { Ip } from '../../../src/base/ip.ts';
import { centis } from '../../../src/base/units.ts';
import type { Advert } from '../../../src/wire/vrrp.ts';
import { Random } from '../../../test/simulation/random.ts';
import { advertFrame, Hearing, macOf, sendFrames } from '../../bed/frames.ts';
import { Pair } from '../../bed/pair.ts';
import { announces } from '../garp.ts';
import type { Row } from '../row.ts';
import { pairOf, V3 } from '../setting.ts';

/** Seconds. */
const LASTS = 10;
const RATE = 5000;
const KINDS_OF_ADVERT = 500;

/** Adverts that are well-formed, of a lower priority than both directors, and strange otherwise; the same each time. */
function adverts(address: Ip): readonly Advert[] {
  const random = new Random(21);
  const stranger = () => `10.${random.below(256)}.${random.below(256)}.${random.below(256)}` as Ip;
  return Array.from({ length: KINDS_OF_ADVERT }, (): Advert => {
    const addresses = Array.from({ length: random.below(20) }, () =>
      random.chance(0.5) ? address : stranger(),
    );
    const common = {
      vrid: random.chance(0.9) ? 51 : random.below(256),
      priority: random.between(1, 99),
      addresses,
    };
    return random.chance(0.8)
      ? { version: 3, ...common, maxAdvertInterval: centis(random.below(4096)) }
      : {
          version: 2,
          ...common,
          authType: random.below(256),
          advertInterval: random.below(256),
          authData: new Uint8Array(8),
        };
  });
}

export const row21: Row = {
  number: 21,
  title: 'well-formed adverts of low priority, strange otherwise, 5000/s for 10 s',
  quantities: {
    both: { name: 'two holders', unit: 's', target: 0 },
    lost: { name: 'probes lost', unit: 'probes', target: 0 },
    crashes: { name: 'VRRP processes that ended', unit: 'processes', target: 0 },
    garps: { name: 'gratuitous ARPs sent for each advert', unit: 'packets', target: 0.01 },
  },
  measure: (kind) =>
    Pair.with(pairOf(kind, V3), async (pair) => {
      const third = pair.lab.host('rs1');
      const envelope = { mac: await macOf(third), source: third.address as Ip };
      const frames = adverts(pair.lab.vip as Ip).map((advert) => advertFrame(advert, envelope));
      const workers = () => [pair.d1.worker, pair.d2.worker];
      const before = workers();
      const hearing = await Hearing.start(pair.lab.host('client'), 'arp');
      let sent = 0;
      const { both, lost } = await pair.watch(async () => {
        sent = await sendFrames(third, frames, RATE, RATE * LASTS);
        await sleep(1000);
      });
      await hearing.stop();
      const after = workers();
      return {
        both: both / 1000,
        lost,
        crashes: before.filter((pid, i) => pid !== after[i]).length,
        garps: hearing.heard.filter((heard) => announces(heard, pair.lab.vip)).length / sent,
      };
    }),
};
