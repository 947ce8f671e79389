import { addressOf, configOf, encodePayload, type Packet, readPayload } from './packets.ts';
import type { Random } from './random.ts';
import type { Happening, World } from './world.ts';

export type Attacking = Extract<Happening, { attack: unknown }>;

/** A node number that no node has. */
const OUTSIDE = 0x40;

/** What somebody on the segment sends who knows no key; `heard` are adverts that were sent before. Null for nothing. */
export function attackPacket(
  world: World,
  random: Random,
  { attack, router, as, interval }: Attacking,
  heard: readonly Packet[],
): Packet | null {
  if (attack === 'replay') {
    const again = heard[random.below(Math.max(1, heard.length))];
    return again === undefined ? null : { ...again, origin: 'replayed' };
  }
  const setup = world.routers[router];
  const settings = world.nodes[0]?.settings[setup?.domain ?? 0];
  if (setup === undefined || settings === undefined) return null;
  const source = addressOf(setup, as < 0 ? OUTSIDE : as);
  const isLong = attack === 'highest' && setup.version === 3;
  const config = {
    ...configOf(router, setup, isLong ? { ...settings, interval } : settings, null),
    hmac: null,
  };
  const priority = { lower: 1, highest: 255, resign: 0, junk: 0, claim: 0, heartbeats: 0 }[attack];
  const payload = attack === 'junk' ? junk(random) : encodePayload(config, source, priority, null);
  const read = readPayload(source, payload);
  return { router, from: -1, origin: 'outsider', serial: -1, source, payload, isCorrupt: false, read };
}

function junk(random: Random): Uint8Array {
  const bytes = Uint8Array.from({ length: random.below(64) }, () => random.below(256));
  if (bytes.length > 0 && random.chance(0.5)) bytes[0] = random.pick([0x21, 0x31]);
  return bytes;
}
