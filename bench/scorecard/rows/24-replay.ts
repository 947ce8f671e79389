import { setTimeout as sleep } from 'node:timers/promises';
import { Hearing, sendFrames } from '../../bed/frames.ts';
import { now } from '../../bed/now.ts';
import { Pair } from '../../bed/pair.ts';
import type { Row } from '../row.ts';
import { pairOf, V3 } from '../setting.ts';
import { SIGNED } from '../signed.ts';

/** How long after the last advert of the master they are sent again. Milliseconds. */
const SOON = 1000;
const LATER = 60_000;
/** How many of them, one a second. */
const ADVERTS = 4;

/** A third host has heard the adverts of the better director and sends them again when that has gone. */
const replayed = (pair: Pair, frames: readonly Uint8Array[]) =>
  pair.watch(() => sendFrames(pair.lab.host('rs1'), frames, 1, ADVERTS)).then(({ none }) => none / 1000);

export const row24: Row = {
  number: 24,
  title: 'signed adverts of priority 150 are recorded and sent again when their director has gone',
  quantities: {
    soon: {
      name: 'nobody holds the address, after 1 s',
      unit: 's',
      target: 0,
      notOfKeepalived: '2.2.7 does not sign',
    },
    later: {
      name: 'the same, after 1 min',
      unit: 's',
      target: 0,
      notOfKeepalived: '2.2.7 does not sign',
    },
    restarted: {
      name: 'the same, when the master was restarted in between',
      unit: 's',
      target: 0,
      notOfKeepalived: '2.2.7 does not sign',
    },
  },
  measure: async (kind) => {
    if (kind === 'keepalived') return {};
    return Pair.with(pairOf(kind, V3, { more: () => SIGNED }), async (pair) => {
      const hearing = await Hearing.start(pair.lab.host('rs1'), 'vrrp');
      await sleep(ADVERTS * 1000);
      await hearing.stop();
      const frames = hearing.heard.map(({ frame }) => frame).slice(-ADVERTS);
      if (frames.length < ADVERTS - 1) throw new Error(`only ${frames.length} adverts were heard`);
      const recorded = now();
      await pair.d1.terminate();
      await pair.moves();
      const until = (ms: number) => sleep(Math.max(0, ms - (now() - recorded) / 1000));
      await until(SOON);
      const soon = await replayed(pair, frames);
      await until(LATER);
      const later = await replayed(pair, frames);
      await pair.d2.terminate();
      pair.d2.start();
      await pair.moves();
      const restarted = await replayed(pair, frames);
      return { soon, later, restarted };
    });
  },
};
