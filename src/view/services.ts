import type { WallTime } from '../base/units.ts';
import { isOut } from '../model/orders.ts';
import { type DestKey, destKey, serviceKey } from '../model/services.ts';
import type { ServerStatus } from '../model/status.ts';
import { isUnverified } from './checks-unmade.ts';
import { showColumns } from './columns.ts';
import type { JoinedService } from './joined-services.ts';
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
  const members = joined.servers.filter(({ key, status }) => !isLeaving(status) && !isSorry(joined, key));
  const sum = (count: (dest: { activeConns: number; inactiveConns: number }) => number): number | null =>
    observed === null ? null : observed.dests.reduce((total, dest) => total + count(dest), 0);
  return {
    name,
    key: serviceKey(key),
    scheduler: observed?.attrs.scheduler ?? null,
    up: members.filter(({ status }) => status === null || (status.health !== 'down' && !isOut(status.order)))
      .length,
    // Of those that are up.
    unverified: members.filter(
      ({ status }) => status?.health === 'up' && !isOut(status.order) && isUnverified(status),
    ).length,
    servers: members.length,
    activeConns: sum((dest) => dest.activeConns),
    inactiveConns: sum((dest) => dest.inactiveConns),
    quorum: status?.quorum ?? null,
    suspended: status?.suspended ?? false,
    isForeign: status === null,
    inKernel: observed !== null,
    state: stateOf(joined),
  };
}

/** It has left the configuration, and ends what it has. */
const isLeaving = (status: ServerStatus | null): boolean =>
  status !== null && status.draining !== null && status.order === null;

const isSorry = ({ status }: JoinedService, key: DestKey): boolean =>
  status !== null &&
  status.sorryServer !== null &&
  destKey(status.sorryServer.key) === destKey(key) &&
  !status.servers.some((server) => destKey(server.key) === destKey(key));

function stateOf({ status, observed }: JoinedService): string {
  if (status === null) return 'foreign';
  if (observed === null) return status.byHand === null ? 'not in the kernel' : 'removed by hand';
  if (status.sorryServer?.serves === true) return 'sorry server serves';
  if (status.quorum === null) return 'draining';
  if (!status.quorum.has) return 'no quorum';
  return status.suspended ? 'serves, checks suspended' : 'serves';
}
