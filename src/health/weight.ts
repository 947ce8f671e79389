import { MOST_WEIGHT } from '../model/orders.ts';

/** What one check does to the weight of its server. */
export interface CheckWeight {
  /** It replaces the configured weight; null for nothing. */
  readonly sets: number | null;
  /** It is added. */
  readonly adds: number;
}

export const NO_CHECK_WEIGHT: CheckWeight = { sets: null, adds: 0 };

/**
 * The weight of a server: the configured one, or that which its last check to set one has set, with what files add and
 * take, from 0 to the most that the kernel takes.
 */
export function effectiveWeight(configured: number, checks: Iterable<CheckWeight>): number {
  let [weight, added] = [configured, 0];
  for (const { sets, adds } of checks) {
    if (sets !== null) weight = sets;
    added += adds;
  }
  return Math.max(0, Math.min(MOST_WEIGHT, weight + added));
}
