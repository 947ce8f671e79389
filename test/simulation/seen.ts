import type { Instant } from '../../src/base/units.ts';
import type { Member } from '../../src/vrrp/group.ts';
import type { MachineConfig, VrrpEffect, VrrpEvent, VrrpState } from '../../src/vrrp/state.ts';
import { Violation } from './world.ts';

/** One step of one virtual router on one node, as it was seen. */
export interface Seen {
  readonly config: MachineConfig;
  readonly before: VrrpState;
  readonly after: VrrpState;
  readonly effects: readonly VrrpEffect[];
  /** What the member was told; null for one that was taken along by its group. */
  readonly event: VrrpEvent | null;
  /** Another member has yielded in the same moment, and keeps its addresses until then; null for none. */
  readonly siblingHolds: Instant | null;
  /** Another member has had to let go of its addresses in the same moment. */
  readonly isTakenAlong: boolean;
  readonly now: Instant;
}

/** µs that a master that resigned waits for a successor: the longest skew time and a margin, 3 s at most. */
export function handoverTime({ version, advertInterval }: MachineConfig): number {
  return Math.min(3_000_000, (version === 2 ? 1_000_000 : advertInterval * 10_000) + 250_000);
}

export function demand(invariant: string, holds: boolean, otherwise: string): void {
  if (!holds) throw new Violation(invariant, otherwise);
}

/**
 * What the first step of a group, of the member that was told something, means for the others: until when it holds the
 * addresses if it has yielded (null if not), and whether they have to let go with it.
 */
export function takenAlong(
  told: Pick<Member, 'config' | 'state'> | undefined,
  event: VrrpEvent,
  after: VrrpState | null,
  now: Instant,
): { readonly until: Instant | null; readonly isForfeit: boolean } {
  if (told?.state.at !== 'master' || after?.at !== 'backup') return { until: null, isForfeit: false };
  const forfeits = told.config.gate?.forfeits ?? null;
  const isForfeit = forfeits !== null && (forfeits.atOnce || event.on === 'tick');
  const yields = event.on === 'advert' && !isForfeit;
  return { until: yields ? (after.holding?.until ?? now) : null, isForfeit };
}
