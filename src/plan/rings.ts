import { err, ok, type Result } from '../base/result.ts';
import type { Region } from '../model/xdp.ts';

/**
 * What is left of the pool of rings, for one change. A packet that is under way may still read a ring that was given
 * back, so its words are not taken again by this change, nor by the next one.
 */
export interface RingPool {
  /** In the order of their offsets: what no ring has, nor one that the change before gave back. */
  readonly gaps: readonly Region[];
  /** What this change gave back. */
  readonly released: readonly Region[];
}

/** A pool of `words` in which these rings are, and those that the change before gave back. Empty rings take no words. */
export function ringPool(
  words: number,
  rings: readonly Region[],
  releasedBefore: readonly Region[],
): RingPool {
  const taken = [...rings, ...releasedBefore].filter(({ size }) => size > 0);
  const gaps: Region[] = [];
  let offset = 0;
  for (const each of [...taken.sort((a, b) => a.offset - b.offset), { offset: words, size: 0 }]) {
    if (each.offset > offset) gaps.push({ offset, size: each.offset - offset });
    offset = each.offset + each.size;
  }
  return { gaps, released: [] };
}

/** The first gap that `size` words fit into. The error is the largest gap there is. An empty ring is at 0. */
export function takeRing(
  pool: RingPool,
  size: number,
): Result<{ readonly pool: RingPool; readonly region: Region }, number> {
  if (size === 0) return ok({ pool, region: { offset: 0, size: 0 } });
  const at = pool.gaps.findIndex((gap) => gap.size >= size);
  const gap = pool.gaps[at];
  if (gap === undefined) return err(pool.gaps.reduce((most, each) => Math.max(most, each.size), 0));
  const rest = { offset: gap.offset + size, size: gap.size - size };
  const gaps = pool.gaps.toSpliced(at, 1, ...(rest.size > 0 ? [rest] : []));
  return ok({ pool: { ...pool, gaps }, region: { offset: gap.offset, size } });
}

/** Gives back a ring that nothing names from this change on. */
export const releaseRing = (pool: RingPool, ring: Region): RingPool =>
  ring.size === 0 ? pool : { ...pool, released: [...pool.released, ring] };
