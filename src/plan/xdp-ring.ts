import { err, ok, type Result } from '../base/result.ts';
import type { XdpRefusal, XdpServer } from '../model/xdp.ts';
import { MAGLEV_SLOTS, maglev, SOURCE_SLOTS } from './maglev.ts';
import { overlay } from './maglev-overlay.ts';
import { fnv1a, mix32 } from './mix.ts';
import { WRR_LONGEST, wrrSequence } from './wrr-sequence.ts';
import { refusal } from './xdp-refuse.ts';
import type { NamedServers } from './xdp-servers.ts';

/** A server of a service with what a ring is made of. */
export interface RingServer {
  /** `address:port`. */
  readonly name: string;
  readonly slot: number;
  /** What it is entitled to: the configured weight, or the one that it has where that is more. */
  readonly weight: number;
  /** What it takes now; 0 of a server that is out. */
  readonly alive: number;
}

/** `each` has a slot for each server that takes connections, in one order on all directors. */
type RingKind = 'each' | 'wrr' | 'mh' | 'sh';

const KINDS: Readonly<Record<string, RingKind>> = {
  rr: 'each',
  lc: 'each',
  wlc: 'each',
  wrr: 'wrr',
  mh: 'mh',
  sh: 'sh',
};

export interface RingRecipe {
  readonly kind: RingKind;
  readonly servers: NamedServers;
  /** 32 bits of all that the ring depends on; never 0, which is no ring. */
  readonly hash: number;
}

/** What the ring of a service with this scheduler is to be made of. */
export function ringRecipe(scheduler: string, servers: NamedServers): RingRecipe {
  const kind = KINDS[scheduler];
  if (kind === undefined) throw new Error(`no ring is known for the scheduler ${scheduler}`);
  let hash = fnv1a(kind);
  const add = (value: number) => {
    hash = mix32(hash ^ value) + 1;
  };
  servers.servers.forEach((server, i) => {
    if (!counts(kind, server)) return;
    add(server.slot);
    if (kind !== 'each') add(aliveOf(server));
    if (!isHashed(kind)) return;
    add(weightOf(server));
    add(fnv1a(servers.names[i] as string));
  });
  return { kind, servers, hash: mix32(hash) || 1 };
}

/** The servers that have a part in a ring, in the order of their names. */
export function ringServers({ kind, servers: { names, servers } }: RingRecipe): readonly RingServer[] {
  const counting: RingServer[] = [];
  servers.forEach((server, i) => {
    if (!counts(kind, server)) return;
    const [weight, alive] = [weightOf(server), aliveOf(server)];
    counting.push({ name: names[i] as string, slot: server.slot, weight, alive });
  });
  return counting;
}

const isHashed = (kind: RingKind): boolean => kind === 'mh' || kind === 'sh';

/** Who is out keeps its place in a ring that is hashed. */
const counts = (kind: RingKind, server: XdpServer): boolean =>
  (isHashed(kind) ? weightOf(server) : aliveOf(server)) > 0;

const aliveOf = ({ state, attrs }: XdpServer): number => (state === 'in' ? attrs.weight : 0);

const weightOf = (server: XdpServer): number => Math.max(server.configuredWeight ?? 0, aliveOf(server));

/** The ring: slots of servers. Empty where nobody takes connections. */
export function makeRing(recipe: RingRecipe): Result<Uint32Array, XdpRefusal> {
  const { kind } = recipe;
  if (kind === 'each') {
    const { servers } = recipe.servers;
    const words = new Uint32Array(servers.length);
    let length = 0;
    for (const server of servers) if (counts(kind, server)) words[length++] = server.slot;
    return ok(words.subarray(0, length));
  }
  const servers = ringServers(recipe);
  if (kind === 'wrr') {
    const sequence = wrrSequence(servers.map(({ alive }) => alive));
    if (sequence.ok) return ok(named(sequence.value, servers));
    return err(
      refusal(
        'ENOSPC',
        `wrr with these weights repeats after ${sequence.error} connections, ${WRR_LONGEST} are the most: take smaller weights, or multiples of one`,
      ),
    );
  }
  const slots = kind === 'mh' ? MAGLEV_SLOTS : SOURCE_SLOTS;
  if (servers.length > slots)
    return err(refusal('ENOSPC', `${kind} takes ${slots} servers, not ${servers.length}`));
  return ok(named(overlay(maglev(servers, slots), servers), servers));
}

function named(ring: Uint32Array, servers: readonly RingServer[]): Uint32Array {
  const slots = Uint32Array.from(servers, ({ slot }) => slot);
  const words = new Uint32Array(ring.length);
  for (let i = 0; i < ring.length; i++) words[i] = slots[ring[i] as number] as number;
  return words;
}
