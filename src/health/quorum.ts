import type { QuorumConfig } from '../model/config.ts';
import type { ServerHealth } from '../model/status.ts';

/** What one server brings to the quorum of its service. */
export interface Vote {
  readonly health: ServerHealth;
  /** With what its checks make of it. */
  readonly weight: number;
}

export interface QuorumStep {
  readonly has: boolean;
  readonly changed: 'gained' | 'lost' | null;
}

/** The sum of the weights of the servers that are up. One without a check always is. */
export function liveWeight(votes: Iterable<Vote>): number {
  let sum = 0;
  for (const { health, weight } of votes) if (health !== 'down') sum += weight;
  return sum;
}

/**
 * Whether a service has its quorum at this live weight, by keepalived's rules (update_quorum_state in ipwrapper.c):
 * - gained at `quorum + hysteresis`,
 * - lost below `quorum - hysteresis`, which is at least 1: with nothing left it is always lost.
 */
export function stepQuorum(
  { quorum, hysteresis }: Pick<QuorumConfig, 'quorum' | 'hysteresis'>,
  had: boolean,
  live: number,
): QuorumStep {
  if (!had && live >= quorum + hysteresis) return { has: true, changed: 'gained' };
  if (had && live < quorum - hysteresis) return { has: false, changed: 'lost' };
  return { has: had, changed: null };
}
