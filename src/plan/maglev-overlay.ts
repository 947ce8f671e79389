import { fnv1a, mix32 } from './mix.ts';

export interface OverlaidServer {
  /** As in the ring: `address:port`. */
  readonly name: string;
  /** The weight that the ring was built with. */
  readonly weight: number;
  /** The weight that it takes now, 0 to `weight`: 0 is a dead server. */
  readonly alive: number;
}

/**
 * A ring of `maglev` without its dead servers: their slots, and no others, go to those that are alive. Each slot has
 * an order of its own in which it asks other slots of the ring for their server, so that weights hold, every director
 * gives the same answer, deaths in any order end alike, and who recovers gets back exactly what it had. A server at a
 * part of its weight keeps that part of its slots. Empty where nobody is alive.
 */
export function overlay(base: Uint32Array, servers: readonly OverlaidServer[]): Uint32Array {
  const alive = servers.flatMap(({ alive }, index) => (alive > 0 ? [index] : []));
  if (base.length === 0 || alive.length === 0) return new Uint32Array(0);
  if (servers.every(({ weight, alive }) => alive >= weight)) return base;
  const slots = base.length;
  if (alive.length === 1) return new Uint32Array(slots).fill(alive[0] as number);
  const parts = Float64Array.from(servers, ({ weight, alive }) => Math.min(1, alive / weight) * 2 ** 32);
  const seeds = Uint32Array.from(servers, ({ name }) => fnv1a(name));
  const ring = new Uint32Array(slots);
  for (let slot = 0; slot < slots; slot++) {
    const own = mix32(slot ^ ASKING);
    let found = -1;
    let server = base[slot] as number;
    for (let asked = 1; asked <= ASKED; asked++) {
      const part = parts[server] as number;
      if (part === 2 ** 32 || (part > 0 && mix32(own + Math.imul(asked, ACCEPTING)) < part)) {
        found = server;
        break;
      }
      server = base[mix32(own + Math.imul(asked, GOLDEN)) % slots] as number;
    }
    ring[slot] = found === -1 ? highest(own, servers, alive, seeds) : found;
  }
  return ring;
}

/** So many slots are asked before the rest is left to `highest`: of a half of the servers dead, none in effect. */
const ASKED = 32;
const ASKING = 0x2545f491;
const GOLDEN = 0x9e3779b9;
const ACCEPTING = 0x7feb352d;

/** So many servers are drawn where there are more. */
const DRAWN = 32;
const DRAWING = 0x846ca68b;

/**
 * Weighted rendezvous: the death of a server here, too, moves only what it had. Of many servers some are drawn first,
 * so that a slot costs the same however many there are; all that are alive count where none of those is.
 */
function highest(
  own: number,
  servers: readonly OverlaidServer[],
  alive: readonly number[],
  seeds: Uint32Array,
): number {
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  const weigh = (index: number) => {
    const drawn = (mix32(own ^ (seeds[index] as number)) + 1) / (2 ** 32 + 1);
    const cost = -Math.log(drawn) / (servers[index] as OverlaidServer).alive;
    if (cost < least) {
      least = cost;
      best = index;
    }
  };
  for (let drawn = 1; drawn <= DRAWN && servers.length > DRAWN; drawn++) {
    const index = mix32(own + Math.imul(drawn, DRAWING)) % servers.length;
    if ((servers[index] as OverlaidServer).alive > 0) weigh(index);
  }
  if (best === -1) alive.forEach(weigh);
  return best;
}
