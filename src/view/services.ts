import type { WallTime } from '../base/units.ts';
import { destKey, type ObservedService, serviceKey } from '../model/services.ts';
import type { ServiceStatus } from '../model/status.ts';
import { isUnverified } from './checks-unmade.ts';
import { showColumns } from './columns.ts';
import type { JoinedService } from './joined-services.ts';
import { countServers, type ServiceCounts, showByHandCounts } from './service-counts.ts';
import { showJson } from './status-json.ts';

const COLUMNS = [
  { title: 'Service' },
  { title: 'Virtual' },
  { title: 'Scheduler' },
  { title: 'Up', right: true },
  { title: 'Active', right: true },
  { title: 'Inactive', right: true },
  { title: 'State' },
];

/** A line for each service: how many of its servers are up, and whether it serves. */
export function showServices(services: readonly JoinedService[]): string {
  if (services.length === 0) return 'There are no virtual services.\n';
  return showColumns(
    COLUMNS,
    services.map((service) => {
      const summary = summaryOf(service);
      const { name, scheduler, up, unverified, servers, activeConns, inactiveConns, state } = summary;
      const counts = [activeConns, inactiveConns].map((count) => (count === null ? '-' : String(count)));
      return [
        name ?? '-',
        serviceKey(service.key),
        scheduler ?? '-',
        `${up}/${servers}`,
        ...counts,
        unverified === 0 ? state : `${state}, ${unverified} unverified`,
      ];
    }),
  );
}

/** The same for programs. */
export const showServicesJson = (services: readonly JoinedService[], takenAt: WallTime): string =>
  showJson({ schemaVersion: 1, takenAt, services: services.map(summaryOf) });

/** Null for what only the kernel knows and does not have. */
function summaryOf(joined: JoinedService) {
  const { name, key, status, observed } = joined;
  const inKernel = observed === null ? null : new Set(observed.dests.map((dest) => destKey(dest.key)));
  const counts = status === null ? null : countServers(status, inKernel);
  const foreign = observed?.dests.length ?? 0;
  const sum = (count: (dest: { activeConns: number; inactiveConns: number }) => number): number | null =>
    observed === null ? null : observed.dests.reduce((total, dest) => total + count(dest), 0);
  return {
    name,
    key: serviceKey(key),
    scheduler: observed?.attrs.scheduler ?? null,
    up: counts?.up.length ?? foreign,
    // Of those that are up.
    unverified: counts?.up.filter((server) => server.health === 'up' && isUnverified(server)).length ?? 0,
    servers: counts?.members.length ?? foreign,
    removedByHand: counts?.removedByHand ?? 0,
    addedByHand: counts?.addedByHand ?? 0,
    activeConns: sum((dest) => dest.activeConns),
    inactiveConns: sum((dest) => dest.inactiveConns),
    quorum: status?.quorum ?? null,
    suspended: status?.suspended ?? false,
    isForeign: status === null,
    inKernel: observed !== null,
    state: stateOf(joined, counts),
  };
}

function stateOf({ status, observed }: JoinedService, counts: ServiceCounts | null): string {
  if (status === null || counts === null) return 'foreign';
  if (observed === null) return status.byHand === null ? 'not in the kernel' : 'removed by hand';
  return [servingState(status, observed), ...showByHandCounts(counts)].join(', ');
}

function servingState({ sorryServer, quorum, suspended }: ServiceStatus, { dests }: ObservedService): string {
  if (sorryServer?.serves === true) return 'sorry server serves';
  if (quorum === null) return 'draining';
  if (!quorum.has) return 'no quorum';
  if (dests.length === 0) return 'no server in the kernel';
  return suspended ? 'serves, checks suspended' : 'serves';
}
