import type { DriftPolicy } from '../model/config.ts';
import {
  type DesiredService,
  type Dest,
  type DestAttrs,
  type DestKey,
  destKey,
  type ServiceAttrs,
} from '../model/services.ts';
import type { Drift } from './drift.ts';
import { sameDest, sameService } from './ipvs.ts';

/** What somebody else made of a service or server, and what is left as it is; null is absence. */
export interface Override<Attrs> {
  readonly attrs: Attrs | null;
  /** What we would have there, as of when it was changed. */
  readonly wanted: Attrs | null;
  /** What the configuration has there, whatever the health. */
  readonly configured: Attrs | null;
}

export interface ServerOverride extends Override<DestAttrs> {
  readonly key: DestKey;
}

/** What is left alone of one service. */
export interface Overrides {
  readonly policy: DriftPolicy;
  readonly service: Override<ServiceAttrs> | null;
  /** By destKey. */
  readonly servers: ReadonlyMap<string, ServerOverride>;
}

export const NO_OVERRIDES: Overrides = { policy: 'repair', service: null, servers: new Map() };

/** What becomes of a change that somebody else made. `as_configured`: it made what we would have made. */
export type Verdict = 'repaired' | 'removed' | 'left_alone' | 'kept' | 'as_configured';

export interface OverrideRules {
  readonly policy: DriftPolicy;
  /** The configuration was read anew since the last step. */
  readonly isNewGeneration: boolean;
  /** The service with all servers of the configuration; null where it has none. */
  readonly configured: DesiredService | null;
  /** The same without the servers that are down. */
  readonly wanted: DesiredService | null;
}

/**
 * What is left alone after these drifts, and the verdict on each.
 *
 * - `repair` leaves nothing alone. So does every policy with a service that is not in the configuration any more.
 * - `report` leaves a thing alone until we have to change it ourselves, or a new generation comes.
 * - `adopt` keeps it until a new generation has something else in that place.
 */
export function stepOverrides(
  before: Overrides,
  drifts: readonly Drift[],
  { policy: asked, isNewGeneration, configured, wanted }: OverrideRules,
): { readonly overrides: Overrides; readonly verdicts: readonly Verdict[] } {
  const policy = configured === null ? 'repair' : asked;
  const rules = { policy, isNewGeneration };
  const known = before.policy === policy ? before : NO_OVERRIDES;
  const [wants, configures] = [serversOf(wanted), serversOf(configured)];

  const attrs = [wanted?.attrs ?? null, configured?.attrs ?? null] as const;
  let service = keep(rules, known.service, ...attrs, sameService);
  const servers = new Map<string, ServerOverride>();
  for (const [name, server] of known.servers) {
    const kept = keep(rules, server, wants(server.key), configures(server.key), sameDest);
    if (kept !== null) servers.set(name, { ...kept, key: server.key });
  }

  const verdicts = drifts.map((drift): Verdict => {
    if (drift.what === 'service') {
      const judged = judge(rules, known.service, drift, ...attrs, sameService);
      service = judged.override;
      return judged.verdict;
    }
    const { key } = drift;
    const name = destKey(key);
    const judged = judge(
      rules,
      known.servers.get(name) ?? null,
      drift,
      wants(key),
      configures(key),
      sameDest,
    );
    if (judged.override === null) servers.delete(name);
    else servers.set(name, { ...judged.override, key });
    return judged.verdict;
  });
  return { overrides: { policy, service, servers }, verdicts };
}

type Rules = Pick<OverrideRules, 'policy' | 'isNewGeneration'>;
type Same<Attrs> = (a: Attrs, b: Attrs) => boolean;

/** What was left alone, as long as that lasts. */
function keep<Attrs>(
  { policy, isNewGeneration }: Rules,
  override: Override<Attrs> | null,
  wanted: Attrs | null,
  configured: Attrs | null,
  same: Same<Attrs>,
): Override<Attrs> | null {
  if (override === null) return null;
  const stays =
    policy === 'adopt'
      ? equal(override.configured, configured, same)
      : !isNewGeneration && equal(override.wanted, wanted, same);
  return stays ? { ...override, wanted: override.wanted ?? wanted } : null;
}

function judge<Attrs>(
  { policy, isNewGeneration }: Rules,
  override: Override<Attrs> | null,
  { before, now }: { readonly before: Attrs | null; readonly now: Attrs | null },
  wanted: Attrs | null,
  configured: Attrs | null,
  same: Same<Attrs>,
): { readonly override: Override<Attrs> | null; readonly verdict: Verdict } {
  if (equal(now, wanted, same)) return { override: null, verdict: 'as_configured' };
  // What we had in mind before it was changed: a server that is drained was to go.
  const isLeaving = configured === null && !isNewGeneration;
  const then = override === null ? (isLeaving ? null : before) : override.wanted;
  const isChanged = !equal(then, wanted, same);
  const isReconfigured =
    isNewGeneration && (override === null ? isChanged : !equal(override.configured, configured, same));
  const isOurs =
    policy === 'repair' ||
    (policy === 'report' && (isNewGeneration || isChanged)) ||
    (policy === 'adopt' && isReconfigured);
  if (isOurs) {
    const verdict = configured === null && before === null ? 'removed' : 'repaired';
    return { override: null, verdict };
  }
  const verdict = policy === 'report' ? 'left_alone' : 'kept';
  return { override: { attrs: now, wanted: then, configured }, verdict };
}

/**
 * The service as it should be with what is left alone; null where it should not be. A server changed by hand goes out
 * and comes back with its health; one that somebody put where we would have none stays.
 */
export function withOverrides(
  wanted: DesiredService | null,
  { service, servers }: Overrides,
): DesiredService | null {
  if (wanted === null || service?.attrs === null) return null;
  if (service === null && servers.size === 0) return wanted;
  const dests = wanted.dests.flatMap((dest): readonly Dest[] => {
    const override = servers.get(destKey(dest.key));
    if (override === undefined) return [dest];
    return override.attrs === null ? [] : [{ key: dest.key, attrs: override.attrs }];
  });
  const names = new Set(wanted.dests.map((dest) => destKey(dest.key)));
  for (const [name, { key, attrs, wanted: then }] of servers) {
    if (attrs !== null && then === null && !names.has(name)) dests.push({ key, attrs });
  }
  return { key: wanted.key, attrs: service?.attrs ?? wanted.attrs, dests };
}

/** Looks through the servers when it is first asked, which is mostly never. */
function serversOf(service: DesiredService | null): (key: DestKey) => DestAttrs | null {
  let dests: ReadonlyMap<string, DestAttrs> | null = null;
  return (key) => {
    dests ??= new Map(service?.dests.map(({ key, attrs }) => [destKey(key), attrs]));
    return dests.get(destKey(key)) ?? null;
  };
}

const equal = <T>(a: T | null, b: T | null, same: Same<T>): boolean =>
  a === null || b === null ? a === b : same(a, b);
