import type { WallTime } from '../../src/base/units.ts';
import type { AcceptedAdvert } from '../../src/vrrp/accept.ts';
import { accept, type Packet } from './packets.ts';
import type { Running } from './running.ts';
import { demand } from './seen.ts';
import type { Surroundings } from './surroundings.ts';

/** What a packet says to the virtual routers of a node that have its VRID; null for one that is refused. */
export function hearAdvert(
  node: number,
  all: readonly Running[],
  packet: Packet,
  wall: WallTime,
  perform: Surroundings,
): { readonly running: Running; readonly advert: AcceptedAdvert } | null {
  const { read } = packet;
  if (!read.ok) {
    demand('S3', packet.origin !== 'node' || packet.isCorrupt, 'a node sends what nobody reads');
    perform.missed(packet, node);
    return null;
  }
  const { vrid } = read.value.advert;
  const running = all.find(({ router }) => router === vrid - 1);
  if (running === undefined || running.address.includes(':') !== packet.source.includes(':')) return null;
  const before = running.seen;
  const judged = accept(running.config, running.address, read.value, before, wall);
  running.seen = judged.seen;
  if (!judged.outcome.ok) {
    demand('S3', judged.seen === before, `a packet refused for ${judged.outcome.error} is remembered`);
    perform.missed(packet, node);
    return null;
  }
  demand('S3', !packet.isCorrupt, 'a corrupt advert is accepted');
  if (running.setup.isSigned) checkSigned(running, packet);
  const advert = judged.outcome.value;
  perform.accepted(packet, node, advert.advertInterval);
  return { running, advert };
}

function checkSigned({ latest }: Running, { origin, from, serial }: Packet): void {
  demand('S4', origin !== 'outsider', 'an outsider is believed without the key');
  demand('S4', serial > (latest.get(from) ?? -1), 'an advert is believed again');
  latest.set(from, serial);
}
