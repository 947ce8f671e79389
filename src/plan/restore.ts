import { keyed } from '../base/keyed.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { IpvsOp } from '../model/ops.ts';
import type { ServiceChange } from '../model/preview.ts';
import type { RestoreRequest } from '../model/restore.ts';
import {
  type DesiredService,
  type Dest,
  destKey,
  type ObservedTable,
  type ServiceKey,
  serviceKey,
} from '../model/services.ts';
import { serverDifference, serviceDifference } from './difference.ts';
import { planIpvs } from './ipvs.ts';
import { previewServices } from './preview.ts';

/** A service that is not to be restored, because the configuration has it. */
export interface ConfiguredService {
  readonly key: ServiceKey;
  readonly name: string;
  /** With all servers that it may have; null for one of an earlier configuration, which is on its way out. */
  readonly whole: DesiredService | null;
  /** As it should be at this moment. */
  readonly now: DesiredService | null;
}

export interface RestorePlan {
  readonly ops: readonly IpvsOp[];
  readonly changes: readonly ServiceChange[];
  readonly configured: readonly string[];
  readonly kept: number;
}

/**
 * The changes that make of the kernel's table the saved one, connections kept. Services of the configuration are left to
 * it. The saved table may have them as lbd would have them in some health: servers may be missing or have weight 0.
 * Where it has anything else the error names each of them, and there is no plan.
 */
export function planRestore(
  table: ObservedTable,
  ours: readonly ConfiguredService[],
  { services, prune }: RestoreRequest,
): Result<RestorePlan, readonly [string, ...string[]]> {
  const configured = keyed(ours, ({ key }) => serviceKey(key));
  const mine = services.flatMap((saved) => {
    const service = configured.get(serviceKey(saved.key));
    return service === undefined ? [] : [{ saved, service }];
  });
  const [first, ...others] = mine.flatMap(({ saved, service }) => contradictions(service, saved));
  if (first !== undefined) return err([first, ...others]);
  const desired = services.filter(({ key }) => !configured.has(serviceKey(key)));
  const wanted = new Set(desired.map(({ key }) => serviceKey(key)));
  const foreign = table.services.filter(({ key }) => !configured.has(serviceKey(key)));
  const observed = foreign.filter(({ key }) => prune || wanted.has(serviceKey(key)));
  return ok({
    ops: planIpvs(observed, desired),
    changes: previewServices({ observed, running: observed, next: desired, configs: [] }),
    configured: mine.map(({ service }) => service.name),
    kept: foreign.length - observed.length,
  });
}

/** In which the saved service is not as lbd would have it, whatever the health of its servers. */
function contradictions(
  { key, name, whole, now }: ConfiguredService,
  saved: DesiredService,
): readonly string[] {
  const service = name === serviceKey(key) ? name : `${name} (${serviceKey(key)})`;
  if (whole === null) return [`${service} is on its way out of the table, with its servers drained`];
  const about = serviceDifference(whole.attrs, saved.attrs);
  const may = keyed(whole.dests, (dest) => destKey(dest.key));
  const is = keyed(now?.dests ?? [], (dest) => destKey(dest.key));
  const servers = saved.dests.flatMap((dest) => {
    const server = destKey(dest.key);
    const difference = serverContradiction(may.get(server), is.get(server), dest);
    return difference === null ? [] : [`server ${server} of ${service}: ${difference}`];
  });
  return [...(about === '' ? [] : [`${service}: ${about}`]), ...servers];
}

function serverContradiction(may: Dest | undefined, is: Dest | undefined, saved: Dest): string | null {
  if (may === undefined) return 'the configuration does not have it, or it is ordered out';
  const weights = [0, may.attrs.weight, is?.attrs.weight];
  const weight = weights.includes(saved.attrs.weight) ? saved.attrs.weight : may.attrs.weight;
  const difference = serverDifference({ ...may.attrs, weight }, saved.attrs);
  return difference === '' ? null : difference;
}
