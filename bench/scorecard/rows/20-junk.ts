import { setTimeout as sleep } from 'node:timers/promises';
import type { Ip } from '../../../src/base/ip.ts';
import { centis } from '../../../src/base/units.ts';
import { encodeAdvert } from '../../../src/wire/vrrp.ts';
import { advertFrame, type Envelope, frameOf, macOf, sendFrames } from '../../bed/frames.ts';
import { now } from '../../bed/now.ts';
import { Pair } from '../../bed/pair.ts';
import type { Row } from '../row.ts';
import { pairOf, V3 } from '../setting.ts';

/** Seconds, at each rate. */
const LASTS = 10;
const SLOW = 20;
const FAST = 20_000;

/** Adverts of the highest priority, each wrong in one thing: checksum, TTL, version, type, length. */
function junk(envelope: Envelope, address: Ip): readonly Uint8Array[] {
  const advert = {
    version: 3,
    vrid: 51,
    priority: 255,
    maxAdvertInterval: centis(100),
    addresses: [address],
  } as const;
  const pdu = encodeAdvert(advert, 'inet');
  const withFirst = (byte: number) => Uint8Array.from([byte, ...pdu.subarray(1)]);
  return [
    frameOf(
      pdu.map((byte, i) => (i === 6 ? 0x5a : byte)),
      envelope,
    ),
    advertFrame(advert, { ...envelope, ttl: 254 }),
    frameOf(withFirst(0x71), envelope),
    frameOf(withFirst(0x32), envelope),
    frameOf(pdu.subarray(0, 5), envelope),
  ];
}

export const row20: Row = {
  number: 20,
  title:
    'malformed adverts of priority 255 (checksum, TTL, version, type, length): 20/s for 10 s, 20,000/s for 10 s',
  quantities: {
    moves: { name: 'times the address moved', unit: 'times', target: 0 },
    both: { name: 'two holders', unit: 's', target: 0 },
    lost: { name: 'probes lost', unit: 'probes', target: 0 },
    cpu: { name: 'processor time of a director at 20,000/s', unit: '% of a core', target: 5 },
  },
  measure: (kind) =>
    Pair.with(pairOf(kind, V3), async (pair) => {
      const third = pair.lab.host('rs1');
      const frames = junk({ mac: await macOf(third), source: third.address as Ip }, pair.lab.vip as Ip);
      let cpu = 0;
      const { moves, both, lost } = await pair.watch(async () => {
        await sendFrames(third, frames, SLOW, SLOW * LASTS);
        const used = () => [pair.d1.cpu, pair.d2.cpu];
        const before = used();
        const from = now();
        const sent = await sendFrames(third, frames, FAST, FAST * LASTS);
        const seconds = (now() - from) / 1e6;
        if (sent < FAST * LASTS * 0.9) throw new Error(`only ${sent} adverts went out`);
        cpu = Math.max(...used().map((after, i) => (100 * (after - (before[i] ?? 0))) / seconds));
        await sleep(1000);
      });
      return { moves, both: both / 1000, lost, cpu };
    }),
};
