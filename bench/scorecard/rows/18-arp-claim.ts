import { setTimeout as sleep } from 'node:timers/promises';
import type { Ip } from '../../../src/base/ip.ts';
import { encodeGratuitousArp } from '../../../src/wire/arp.ts';
import { macOf, sendFrames } from '../../bed/frames.ts';
import { now } from '../../bed/now.ts';
import { Pair } from '../../bed/pair.ts';
import type { Program } from '../../bed/program.ts';
import type { Row } from '../row.ts';
import { pairOf, V2 } from '../setting.ts';

/** Seconds. */
const WATCHED = 12;

/** Seconds until a program's log tells of the conflict; `WATCHED` if it does not. */
async function alertAfter(program: Program, logged: number): Promise<number> {
  const from = now();
  while (now() - from < WATCHED * 1e6) {
    if (/conflict|duplicate|claim/i.test(program.log.slice(logged))) return (now() - from) / 1e6;
    await sleep(10);
  }
  return WATCHED;
}

export const row18: Row = {
  number: 18,
  title: 'a third host claims the virtual address with one gratuitous ARP',
  quantities: {
    alert: { name: 'until the master says so', unit: 's', target: 0.2, watched: WATCHED },
    gap: { name: 'longest gap at the client', unit: 's', target: 0.2 },
  },
  measure: (kind) =>
    Pair.with(pairOf(kind, V2), async (pair) => {
      const third = pair.lab.host('rs1');
      const claim = encodeGratuitousArp(await macOf(third), pair.lab.vip as Ip);
      let alert = WATCHED;
      const { gap } = await pair.watch(async () => {
        const logged = pair.d1.log.length;
        const [after] = await Promise.all([
          sendFrames(third, [claim], 1, 1).then(() => alertAfter(pair.d1, logged)),
          sleep(WATCHED * 1000),
        ]);
        alert = after;
      });
      return { alert, gap: gap / 1000 };
    }),
};
