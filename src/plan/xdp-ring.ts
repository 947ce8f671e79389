import { err, ok, type Result } from '../base/result.ts';
import type { XdpRefusal, XdpServer } from '../model/xdp.ts';
import { MAGLEV_SLOTS, maglev, SOURCE_SLOTS } from './maglev.ts';
import { overlay } from './maglev-overlay.ts';
import { fnv1a, mix32 } from './mix.ts';
import { WRR_LONGEST, wrrSequence } from './wrr-sequence.ts';
import { refusal } from './xdp-refuse.ts';

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
  /** In the order of their names. */
  readonly servers: readonly RingServer[];
  /** 32 bits of all that the ring depends on; never 0, which is no ring. */
  readonly hash: number;
}

/** What the ring of a service with this scheduler is to be made of. */
export function ringRecipe(scheduler: string, servers: readonly RingServer[]): RingRecipe {
  const kind = KINDS[scheduler];
  if (kind === undefined) throw new Error(`no ring is known for the scheduler ${scheduler}`);
  const isHashed = kind === 'mh' || kind === 'sh';
  const counting = servers
    .filter(({ weight, alive }) => (isHashed ? weight : alive) > 0)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const parts = counting.map(({ name, slot, weight, alive }) =>
    kind === 'each' ? slot : kind === 'wrr' ? `${slot}*${alive}` : `${name}@${slot}*${alive}/${weight}`,
  );
  return { kind, servers: counting, hash: mix32(fnv1a(`${kind} ${parts.join()}`)) || 1 };
}

/** The ring: slots of servers. Empty where nobody takes connections. */
export function makeRing({ kind, servers }: RingRecipe): Result<Uint32Array, XdpRefusal> {
  if (kind === 'each') return ok(Uint32Array.from(servers, ({ slot }) => slot));
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

/** A server as rings see it. */
export function ringServer(name: string, { slot, state, attrs, configuredWeight }: XdpServer): RingServer {
  const alive = state === 'in' ? attrs.weight : 0;
  return { name, slot, weight: Math.max(configuredWeight ?? 0, alive), alive };
}
