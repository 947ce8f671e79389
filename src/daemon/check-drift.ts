import type { DriftPolicy } from '../model/config.ts';
import { destKey } from '../model/services.ts';
import { serverDifference, serviceDifference } from '../plan/difference.ts';
import type { Drift } from '../plan/drift.ts';
import type { Verdict } from '../plan/overrides.ts';
import type { Tell } from './check-tell.ts';

const VERDICTS: Readonly<Record<Verdict, string>> = {
  repaired: 'repaired',
  removed: 'taken out again',
  left_alone: 'left alone until the next reload',
  kept: 'kept',
  as_configured: 'which is as configured',
};

/** Says what somebody else changed in a service of ours, and what becomes of it. */
export function tellDrift(
  tell: Tell,
  service: string,
  drift: Drift,
  verdict: Verdict,
  policy: DriftPolicy,
): void {
  const difference =
    drift.what === 'service'
      ? serviceDifference(drift.before, drift.now)
      : serverDifference(drift.before, drift.now);
  const server = drift.what === 'service' ? null : destKey(drift.key);
  const thing = server === null ? `service ${service}` : `server ${server} of ${service}`;
  const change = drift.now === null ? 'removed' : drift.before === null ? 'added' : 'changed';
  const details = change === 'changed' ? `: ${difference}` : servers(drift);
  const level = verdict === 'kept' || verdict === 'as_configured' ? 'info' : 'warn';
  tell(level, 'ipvs_drift', `somebody ${change} ${thing}${details}; ${VERDICTS[verdict]}`, {
    service,
    server,
    change,
    difference,
    policy,
    verdict,
  });
}

function servers(drift: Drift): string {
  if (drift.what !== 'service' || drift.servers === 0) return '';
  return drift.servers === 1 ? ' with its server' : ` with its ${drift.servers} servers`;
}
