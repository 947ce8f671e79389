import type { InstanceConfig } from '../../src/model/config.ts';
import { leaseSeconds } from '../../src/vrrp/lease.ts';
import type { GateSetup } from './world.ts';

/** µs, computed anew: what a router of a configuration waits for, and for how long at most. */

type Timed = Pick<InstanceConfig, 'advertInterval' | 'version' | 'downTimerAdverts'>;

const intervalOf = ({ advertInterval }: Timed): number => advertInterval * 10_000;

/** A backup counts with no longer interval than four times its own. */
export const learned = (config: Timed, heard: number): number => Math.min(heard, 4 * intervalOf(config));

/** RFC 9568 §6.1, RFC 3768 §6.1: Master_Down_Interval with the longest interval and skew time. */
export function downTime(config: Timed): number {
  const interval = config.version === 3 ? 4 * intervalOf(config) : intervalOf(config);
  return config.downTimerAdverts * interval + (config.version === 2 ? 1_000_000 : interval);
}

/** From a question before a takeover to the verdict. */
export const budgetOf = (gate: GateSetup | null, config: Timed): number =>
  (gate?.witnesses ?? null) === null ? Math.min(300_000, 0.3 * intervalOf(config)) : 300_000;

type Leased = Timed & Pick<InstanceConfig, 'lease' | 'priority'>;

/** How long a witness grants: what the addresses outlive, with a late kernel, and the patience of the holder; 2 % more. */
export function grantTime(gate: GateSetup | null, config: Leased): number {
  const interval = gate?.second?.interval ?? null;
  if (interval === null || (gate?.witnesses ?? null) === null) return 0;
  const lease = leaseSeconds(config);
  const outlives = lease === null ? 0 : lease * 1e6 + 1_100_000;
  return (outlives + Math.max(1_000_000, 4 * interval)) / 0.98;
}

/** How long a master goes on to get its first grant: that of a restarted witness, asked again at a heartbeat. */
export function graceTime(gate: GateSetup | null, config: Leased): number {
  const interval = gate?.second?.interval ?? 0;
  return 1.02 * (grantTime(gate, config) + Math.max(500_000, 2 * interval));
}

/** How long somebody who answers for an address keeps others from taking over. */
export function suspectTime(gate: GateSetup | null, { lease, priority, ...config }: Leased): number {
  if (gate === null) return 0;
  if (gate.suspectHold !== null) return gate.suspectHold;
  if (lease !== 'strict' || priority === 255) return 0;
  return 2e6 * Math.max(1, Math.floor((config.downTimerAdverts * intervalOf(config)) / 1e6 - 1));
}

/** The longest that a gate puts off a takeover that has to come. */
export function gateTime(gate: GateSetup | null, config: Leased): number {
  if (gate === null) return 0;
  const second = gate.second === null ? 0 : 3 * gate.second.interval + gate.second.network.delay[1];
  // What is found just before something ends is asked again an interval later.
  const interval = (config.version === 3 ? 4 : 1) * intervalOf(config);
  const skew = gate.witnesses === null ? 0 : config.version === 2 ? 1_000_000 : interval;
  const again = budgetOf(gate, config) + interval + skew;
  const longest = Math.max(second, suspectTime(gate, config), 1.1 * grantTime(gate, config));
  return budgetOf(gate, config) + longest + again;
}
