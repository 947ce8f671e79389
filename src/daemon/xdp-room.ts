import type { DesiredService } from '../model/services.ts';
import { MAGLEV_SLOTS, SOURCE_SLOTS } from '../plan/maglev.ts';
import { WRR_LONGEST } from '../plan/wrr-sequence.ts';
import { MAPS, RING_WORDS } from '../wire/xdp/layout.ts';

/** What the rings of services may grow to in all: 512 MB. */
const MOST_RINGS = 2 ** 29 / RING_WORDS.size;

/** Of an entry of `rings`. */
const WORDS = RING_WORDS.size / 4;

/**
 * How large maps are made for this configuration: with room for as much again, because a change has the old and the new at
 * a time, and for what a reload may add. Maps that are there keep their size.
 */
export function xdpRoom(
  services: readonly DesiredService[],
): Readonly<Record<'services' | 'service_keys' | 'servers' | 'rings', number>> {
  const servers = services.reduce((sum, { dests }) => sum + dests.length, 0);
  const words = services.reduce((sum, service) => sum + wordsOf(service), 0);
  return {
    services: roomFor(services.length, MAPS.services.entries),
    // A key for each, and one for its address.
    service_keys: roomFor(2 * services.length, MAPS.service_keys.entries),
    servers: roomFor(servers, MAPS.servers.entries),
    rings: Math.min(roomFor(words / WORDS, MAPS.rings.entries), MOST_RINGS),
  };
}

const roomFor = (count: number, least: number): number =>
  Math.max(least, 2 ** Math.ceil(Math.log2(2 * count + 1)));

function wordsOf({ attrs: { scheduler }, dests }: DesiredService): number {
  if (scheduler === 'mh') return MAGLEV_SLOTS;
  if (scheduler === 'sh') return SOURCE_SLOTS;
  const weights = dests.reduce((sum, { attrs }) => sum + attrs.weight, 0);
  return scheduler === 'wrr' ? Math.min(weights, WRR_LONGEST) : dests.length;
}
