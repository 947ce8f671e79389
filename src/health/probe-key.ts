import type { CheckConfig } from '../model/check.ts';

export interface ProbeKey {
  readonly what: string;
  /** The target, in one piece of memory; empty where there is none. */
  readonly whom: string;
}

/**
 * What two checks have in common of which one probe serves both: they ask the same of the same target, from the same
 * source, as often. How many results either takes to believe it does not matter. Null for a check that nobody else can
 * share: which of its requests comes next depends on what was found before.
 */
export function probeKey(check: CheckConfig): ProbeKey | null {
  if (check.type === 'http' && check.requests.length > 1) return null;
  const { retry, rise, alpha, ...probe } = check;
  // One composer makes them all, which puts keys into one order.
  const what = JSON.stringify({ ...probe, target: undefined });
  return { what, whom: 'target' in probe ? [probe.target.address, probe.target.port].join(' ') : '' };
}
