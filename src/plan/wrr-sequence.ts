import { err, ok, type Result } from '../base/result.ts';

/** The longest sequence that is made. */
export const WRR_LONGEST = 65536;

/**
 * The order in which the kernel's weighted round robin gives connections (net/netfilter/ipvs/ip_vs_wrr.c), one cycle
 * of it, as indices into `weights`: the current weight falls from the highest by the greatest common divisor, and at
 * each step every server of at least that weight is given one. Weights are whole numbers; 0 is never given any. Equal
 * weights are plain round robin. The error is the length where it would be over `WRR_LONGEST`.
 */
export function wrrSequence(weights: readonly number[]): Result<Uint32Array, number> {
  const divisor = weights.reduce(gcd, 0) || 1;
  const levels = weights.map((weight) => weight / divisor);
  const length = levels.reduce((sum, level) => sum + level, 0);
  if (length > WRR_LONGEST) return err(length);
  const sequence = new Uint32Array(length);
  let giving = levels.map((_, index) => index);
  const highest = levels.reduce((most, level) => Math.max(most, level), 0);
  // Those of the highest weight come first, so the sequence is written from its end, where all have their turn.
  let at = length;
  for (let level = 1; level <= highest; level++) {
    giving = giving.filter((index) => (levels[index] as number) >= level);
    at -= giving.length;
    sequence.set(giving, at);
  }
  return ok(sequence);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
