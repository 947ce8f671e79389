import { err, ok, type Result } from '../base/result.ts';
import type { Region } from '../model/xdp.ts';

/**
 * What is taken of the pool of rings, for one change. A packet that is under way may still read a ring that was given
 * back, so its words are not taken again by this change, nor by the next one.
 */
export interface RingPool {
  /** Words in all. */
  readonly words: number;
  /** In the order of their offsets: rings, and those that this change or the one before gave back. */
  readonly taken: readonly Region[];
  /** What this change gave back. */
  readonly released: readonly Region[];
}

/** A pool in which these rings are, and those that the change before gave back. Empty rings take no words. */
export const ringPool = (
  words: number,
  rings: readonly Region[],
  releasedBefore: readonly Region[],
): RingPool => ({
  words,
  taken: [...rings, ...releasedBefore].filter(({ size }) => size > 0).sort(byOffset),
  released: [],
});

/** The first gap that `size` words fit into. The error is the largest gap there is. An empty ring is at 0. */
export function takeRing(
  pool: RingPool,
  size: number,
): Result<{ readonly pool: RingPool; readonly region: Region }, number> {
  if (size === 0) return ok({ pool, region: { offset: 0, size: 0 } });
  let offset = 0;
  let largest = 0;
  for (const each of [...pool.taken, { offset: pool.words, size: 0 }]) {
    const gap = each.offset - offset;
    if (gap >= size) {
      const region = { offset, size };
      return ok({ pool: { ...pool, taken: [...pool.taken, region].sort(byOffset) }, region });
    }
    largest = Math.max(largest, gap);
    offset = each.offset + each.size;
  }
  return err(largest);
}

/** Gives back a ring that nothing names from this change on. */
export const releaseRing = (pool: RingPool, ring: Region): RingPool =>
  ring.size === 0 ? pool : { ...pool, released: [...pool.released, ring] };

const byOffset = (a: Region, b: Region): number => a.offset - b.offset;
