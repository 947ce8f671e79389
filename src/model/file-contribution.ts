/**
 * What the number in a tracked file adds, as keepalived reckons: the number times `weight`, with its sign turned by
 * `reverse`, and less than `limit`. Null where it is a fault: at −`limit` and below, and for a weight of 0 with any number
 * but 0 (with `reverse`, with 0).
 */
export function fileContribution(
  { weight, reverse }: { readonly weight: number; readonly reverse: boolean },
  value: number,
  limit: number,
): number | null {
  if (weight === 0) return (value !== 0) === reverse ? 0 : null;
  const product = value * weight * (reverse ? -1 : 1);
  // + 0: minus zero is zero.
  return product <= -limit ? null : Math.min(limit - 1, product) + 0;
}
