import type { Clock } from '../base/clock.ts';
import { elapsed, microsToMillis, wallTime } from '../base/units.ts';
import { destKey, type ObservedDest, serviceKey } from '../model/services.ts';
import type { ByHand, DrainStatus, ServerStatus, ServiceStatus } from '../model/status.ts';
import { serverDifference, serviceDifference } from '../plan/difference.ts';
import type { Override, Overrides } from '../plan/overrides.ts';
import type { Kept } from './check-keeper.ts';

/**
 * The status of the services with what is drained and what was changed by hand. Services of earlier configurations
 * come last, as long as servers of theirs are drained.
 */
export function showKept(
  services: readonly ServiceStatus[],
  kept: ReadonlyMap<string, Kept>,
  clock: Clock,
): readonly ServiceStatus[] {
  const configured = new Set(services.map(({ key }) => serviceKey(key)));
  const leaving = [...kept]
    .filter(([name, { draining }]) => draining.length > 0 && !configured.has(name))
    .map(
      ([
        ,
        {
          service: { name, key },
        },
      ]): ServiceStatus => ({
        ...{ name, key, servers: [], quorum: null, sorryServer: null, suspended: false, byHand: null },
      }),
    );
  return [...services, ...leaving].map((status) => {
    const known = kept.get(serviceKey(status.key));
    return known === undefined ? status : showService(status, known, clock);
  });
}

function showService(status: ServiceStatus, kept: Kept, clock: Clock): ServiceStatus {
  const { overrides } = kept.memory;
  const names = new Set(status.servers.map(({ key }) => destKey(key)));
  const added = [...overrides.servers].flatMap(([name, { key, attrs }]) =>
    attrs === null || names.has(name) ? [] : [unconfigured({ key, attrs }, clock)],
  );
  const drained = new Map(kept.draining.map((dest) => [destKey(dest.key), dest]));
  const servers = [...status.servers, ...added].map((server): ServerStatus => {
    const override = overrides.servers.get(destKey(server.key));
    const byHand = override === undefined ? null : showByHand(overrides, override, serverDifference);
    const dest = drained.get(destKey(server.key));
    const draining = dest === undefined ? null : showDraining(dest, kept, clock);
    return byHand === null && draining === null ? server : { ...server, byHand, draining };
  });
  const leaving = kept.draining.flatMap((dest): readonly ServerStatus[] => {
    const draining = names.has(destKey(dest.key)) ? null : showDraining(dest, kept, clock);
    return draining === null ? [] : [{ ...unconfigured(dest, clock), since: draining.since, draining }];
  });
  const { service } = overrides;
  return {
    ...status,
    servers: [...servers, ...leaving],
    byHand: service === null ? null : showByHand(overrides, service, serviceDifference),
  };
}

function showByHand<Attrs>(
  { policy }: Overrides,
  { configured, attrs }: Override<Attrs>,
  difference: (before: Attrs | null, now: Attrs | null) => string,
): ByHand<Attrs> | null {
  return policy === 'repair'
    ? null
    : { policy, attrs, configured, difference: difference(configured, attrs) };
}

function showDraining(dest: ObservedDest, { memory }: Kept, clock: Clock): DrainStatus | null {
  const drain = memory.drains.get(destKey(dest.key));
  if (drain === undefined) return null;
  const [now, wall] = [clock.now(), clock.wall()];
  const since = wallTime(wall - microsToMillis(elapsed(drain.since, now)));
  const until = wallTime(wall + microsToMillis(elapsed(now, drain.until)));
  return { since, until, activeConns: dest.activeConns };
}

const unconfigured = ({ key, attrs }: Pick<ObservedDest, 'key' | 'attrs'>, clock: Clock): ServerStatus => ({
  key,
  forward: attrs.forward,
  configuredWeight: 0,
  effectiveWeight: 0,
  health: 'unchecked',
  since: clock.wall(),
  lastCheck: null,
  checks: [],
  draining: null,
  order: null,
  slowStart: null,
  byHand: null,
});
