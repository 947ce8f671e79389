import type { Ip } from '../../../src/base/ip.ts';
import { centis } from '../../../src/base/units.ts';
import { advertFrame, macOf, sendFrames } from '../../bed/frames.ts';
import { Pair } from '../../bed/pair.ts';
import type { Row } from '../row.ts';
import { pairOf, V3 } from '../setting.ts';

/** Seconds. */
const LASTS = 8;

export const row23: Row = {
  number: 23,
  title:
    'unicast adverts of priority 255 and TTL 7, one a second for 8 s, from a host that is not among the peers',
  quantities: { gap: { name: 'longest gap at the client', unit: 's', target: 0.01, watched: LASTS - 1.5 } },
  measure: (kind) => {
    const peers = { d1: 'd2', d2: 'd1' } as const;
    const more = pairOf(kind, V3, {
      more: (name, lab) =>
        `  unicast_src_ip ${lab.host(name).address}\n  unicast_peer {\n    ${lab.host(peers[name]).address}\n  }\n`,
    });
    return Pair.with(more, async (pair) => {
      const third = pair.lab.host('rs1');
      const own = { mac: await macOf(third), source: third.address as Ip, ttl: 7 };
      const addresses = [pair.lab.vip as Ip];
      const advert = {
        version: 3,
        vrid: 51,
        priority: 255,
        maxAdvertInterval: centis(100),
        addresses,
      } as const;
      const hosts = [pair.d1.host, pair.d2.host];
      const frames = await Promise.all(
        hosts.map(async (host) => {
          const to = { mac: await macOf(host), address: host.address as Ip };
          return advertFrame(advert, { ...own, to });
        }),
      );
      const { gap } = await pair.watch(() => sendFrames(third, frames, frames.length, frames.length * LASTS));
      return { gap: gap / 1000 };
    });
  },
};
