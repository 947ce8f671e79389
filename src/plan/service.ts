import type { Instant } from '../base/units.ts';
import type { DriftPolicy } from '../model/config.ts';
import type { DesiredService, DestKey, ObservedService } from '../model/services.ts';
import { type DrainStep, type Drains, stepDrain } from './drain.ts';
import { type Drift, driftOf } from './drift.ts';
import { NO_OVERRIDES, type Overrides, stepOverrides, type Verdict, withOverrides } from './overrides.ts';

/** What one of our services should be. */
export interface ServiceGoal {
  /** With all servers that may be in; null for a service that is not in the configuration any more. */
  readonly configured: DesiredService | null;
  /** Without the servers that are down. */
  readonly wanted: DesiredService | null;
  /** When the drain of a server ends at the latest that began at `since`. */
  endsAt(server: DestKey, since: Instant): Instant;
  readonly policy: DriftPolicy;
  readonly generation: number;
}

/** What is known of one of our services from reading to reading. */
export interface ServiceMemory {
  /** What the kernel held when we were last done with it; null for no service, `unknown` before the first reading. */
  readonly programmed: DesiredService | null | 'unknown';
  readonly drains: Drains;
  readonly overrides: Overrides;
  readonly generation: number;
}

export const NO_MEMORY: ServiceMemory = {
  programmed: 'unknown',
  drains: new Map(),
  overrides: NO_OVERRIDES,
  generation: 0,
};

export interface ServiceStep {
  /** What the kernel should hold now; null for no service. */
  readonly desired: DesiredService | null;
  /** `programmed` is what was read: the changes that are then performed are still to be added to it. */
  readonly memory: ServiceMemory;
  readonly drifts: readonly { readonly drift: Drift; readonly verdict: Verdict }[];
  readonly drain: DrainStep;
}

/**
 * One of our services after a reading: what somebody else changed and what becomes of that, what is drained, and what
 * the kernel should hold. Nothing has drifted at the first reading.
 */
export function stepService(
  memory: ServiceMemory,
  { configured, wanted, endsAt, policy, generation }: ServiceGoal,
  observed: ObservedService | null,
  now: Instant,
): ServiceStep {
  const drifts = memory.programmed === 'unknown' ? [] : driftOf(memory.programmed, observed);
  const isNewGeneration = generation !== memory.generation;
  const rules = { policy, isNewGeneration, configured, wanted };
  const { overrides, verdicts } = stepOverrides(memory.overrides, drifts, rules);
  const input = { wanted: withOverrides(wanted, overrides), observed, configured, endsAt };
  const drain = stepDrain(input, memory.drains, now);
  return {
    desired: drain.desired,
    memory: { programmed: observed, drains: drain.drains, overrides, generation },
    drifts: drifts.flatMap((drift, i) => {
      const verdict = verdicts[i];
      return verdict === undefined ? [] : [{ drift, verdict }];
    }),
    drain,
  };
}
