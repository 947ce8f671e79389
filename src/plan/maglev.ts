import { fnv1a, mix32 } from './mix.ts';

/** Slots of the ring that is hashed by connection, and of the one that is hashed by client address. Both are prime. */
export const MAGLEV_SLOTS = 65537;
export const SOURCE_SLOTS = 4099;

export interface MaglevServer {
  /** What the server is known by everywhere, `address:port`; unique. Equal names give equal rings on all directors. */
  readonly name: string;
  /** Its part of the ring, a whole number; 0 has none. */
  readonly weight: number;
}

/**
 * The lookup table of "Maglev: A Fast and Reliable Software Network Load Balancer" (NSDI 2016, §3.4) over `slots`
 * slots, a prime number: for each slot the index of its server in `servers`. Empty where no server has weight. Every
 * server takes its turns in the order of its own permutation of the slots, as many as its weight entitles it to, one
 * at least: its share is exact to one slot unless others need that one slot. The order of `servers` changes nothing.
 *
 * Throws RangeError where more servers have weight than there are slots.
 */
export function maglev(servers: readonly MaglevServer[], slots: number): Uint32Array {
  const order = servers
    .map(({ name, weight }, index) => ({ name, weight, index }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const count = order.length;
  if (count > slots) throw new RangeError(`${count} servers do not fit into ${slots} slots`);
  if (count === 0) return new Uint32Array(0);
  const weights = order.map(({ weight }) => weight);
  const index = Uint32Array.from(order, (server) => server.index);
  const positions = Int32Array.from(order, ({ name }) => mix32(fnv1a(name)) % slots);
  const steps = Int32Array.from(order, ({ name }) => 1 + (mix32(fnv1a(name) ^ STEP) % (slots - 1)));
  return populate({ index, positions, steps, shares: entitled(weights, slots) }, slots);
}

interface Permutations {
  /** What is written into the slots of each server. */
  readonly index: Uint32Array;
  /** Where each is in its permutation, advanced as it takes slots; and how far it goes each time. */
  readonly positions: Int32Array;
  readonly steps: Int32Array;
  readonly shares: Float64Array;
}

function populate({ index, positions, steps, shares }: Permutations, slots: number): Uint32Array {
  const count = index.length;
  const rounds = shares.reduce((most, share) => Math.max(most, share), 0);
  const ring = new Uint32Array(slots).fill(FREE);
  // Each server waits in the queue of the round of its next turn, so that a round costs only those who move in it.
  const first = new Int32Array(rounds).fill(NOBODY);
  const last = new Int32Array(rounds);
  const behind = new Int32Array(count);
  for (let server = 0; server < count; server++) behind[server] = server + 1;
  behind[count - 1] = NOBODY;
  first[0] = 0;
  const taken = new Int32Array(count);
  for (let round = 0; round < rounds; round++) {
    let server = first[round] as number;
    while (server !== NOBODY) {
      const next = behind[server] as number;
      const step = steps[server] as number;
      let slot = positions[server] as number;
      while (ring[slot] !== FREE) {
        slot += step;
        if (slot >= slots) slot -= slots;
      }
      ring[slot] = index[server] as number;
      positions[server] = slot;
      const turns = (taken[server] as number) + 1;
      taken[server] = turns;
      const share = shares[server] as number;
      if (turns < share) {
        const turn = share === rounds ? round + 1 : Math.floor((turns * rounds) / share);
        behind[server] = NOBODY;
        if (first[turn] === NOBODY) first[turn] = server;
        else behind[last[turn] as number] = server;
        last[turn] = server;
      }
      server = next;
    }
  }
  return ring;
}

const NOBODY = -1;
const FREE = 0xffffffff;
const STEP = 0x5bd1e995;

/** How many of `slots` each weight has: in proportion by largest remainders, but one at least. All sums are exact. */
function entitled(weights: readonly number[], slots: number): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const rest = Float64Array.from(weights, (weight) => (weight * slots) % total);
  const shares = Float64Array.from(weights, (weight, i) =>
    Math.max(1, (weight * slots - (rest[i] as number)) / total),
  );
  let left = slots - shares.reduce((sum, share) => sum + share, 0);
  const by = (key: Float64Array) =>
    weights.map((_, i) => i).sort((a, b) => (key[b] as number) - (key[a] as number) || a - b);
  if (left > 0) for (const i of by(rest).slice(0, left)) shares[i] = (shares[i] as number) + 1;
  while (left < 0) {
    for (const i of by(shares)) {
      if (left === 0 || shares[i] === 1) break;
      shares[i] = (shares[i] as number) - 1;
      left++;
    }
  }
  return shares;
}
