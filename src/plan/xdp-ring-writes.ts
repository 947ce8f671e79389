import { ok, type Result } from '../base/result.ts';
import type { Region, XdpOp, XdpRefusal, XdpService } from '../model/xdp.ts';
import { makeRing, type RingRecipe } from './xdp-ring.ts';
import type { XdpSlots } from './xdp-slots.ts';

export interface PlannedRing {
  readonly writes: readonly XdpOp[];
  readonly ring: Region;
  readonly ringOf: number;
}

/**
 * The writes that give the service in `slot` the ring of this recipe; none where it has it. The ring is made beside
 * the one that `of` has now. Where there is no room for both, it is written over it if it fits there: each of its words
 * then names a server of the service all the time, and the loss of a server is never refused for lack of room.
 */
export function planRing(
  slot: number,
  recipe: RingRecipe,
  of: XdpService | null,
  slots: XdpSlots,
): Result<PlannedRing, XdpRefusal> {
  if (recipe.hash === of?.ringOf) return ok({ writes: [], ring: of.ring, ringOf: of.ringOf });
  const made = makeRing(recipe);
  if (!made.ok) return made;
  const words = made.value;
  const taken = slots.takeRing(words.length);
  if (!taken.ok && (of === null || of.ring.size < words.length)) return taken;
  const flip = (ring: Region, ringOf: number): XdpOp => ({ op: 'flip', service: slot, ring, ringOf });
  const writes: XdpOp[] = [];
  let ring: Region;
  if (taken.ok) {
    ring = taken.value;
    if (of !== null) slots.giveBack({ rings: [of.ring] });
  } else {
    const { offset, size } = (of as XdpService).ring;
    ring = { offset, size: words.length };
    slots.giveBack({ rings: [{ offset: offset + words.length, size: size - words.length }] });
    // A crash in between must not leave a mixture that is taken for a ring.
    writes.push(flip({ offset, size }, 0));
  }
  if (ring.size > 0) writes.push({ op: 'writeRing', region: ring, words });
  writes.push(flip(ring, recipe.hash));
  return ok({ writes, ring, ringOf: recipe.hash });
}
