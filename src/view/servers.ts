import type { WallTime } from '../base/units.ts';
import { isOut } from '../model/orders.ts';
import { destKey, serviceKey } from '../model/services.ts';
import type { ServerStatus, SorryServerStatus } from '../model/status.ts';
import { showCheckCode } from './check-code.ts';
import { isUnmade, isUnverified } from './checks-unmade.ts';
import { showColumns } from './columns.ts';
import type { JoinedServer, JoinedService } from './joined-services.ts';
import { showJson } from './status-json.ts';
import { showAge } from './time.ts';

const COLUMNS = [
  { title: 'Service' },
  { title: 'Server' },
  { title: 'Forward' },
  { title: 'Weight', right: true },
  { title: 'Active', right: true },
  { title: 'Inactive', right: true },
  { title: 'Persistent', right: true },
  { title: 'State' },
];

/**
 * A line for each real server: what the kernel has of it, its health, and what else keeps it in or out. A service at
 * several addresses is named with each.
 */
export function showServers(services: readonly JoinedService[], now: WallTime): string {
  const nameOf = namesOf(services);
  const rows = services.flatMap((service) =>
    service.servers.map((server) => {
      const { observed } = server;
      const forward = observed?.attrs.forward ?? server.status?.forward ?? '-';
      const counts =
        observed === null
          ? ['-', '-', '-', '-']
          : [observed.attrs.weight, observed.activeConns, observed.inactiveConns, observed.persistentConns];
      return [
        nameOf(service),
        destKey(server.key),
        forward,
        ...counts.map(String),
        stateOf(service, server, now),
      ];
    }),
  );
  return rows.length === 0 ? 'There are no real servers.\n' : showColumns(COLUMNS, rows);
}

function namesOf(services: readonly JoinedService[]): (service: JoinedService) => string {
  const seen = new Set<string | null>();
  const several = new Set<string | null>();
  for (const { name } of services) (seen.has(name) ? several : seen).add(name);
  return ({ name, key }) =>
    name === null ? serviceKey(key) : several.has(name) ? `${name} (${serviceKey(key)})` : name;
}

/** The same for programs: `status` is what lbd knows, `kernel` what the kernel has, null for nothing. */
export const showServersJson = (services: readonly JoinedService[], takenAt: WallTime): string =>
  showJson({
    schemaVersion: 1,
    takenAt,
    servers: services.flatMap((service) =>
      service.servers.map((server) => ({
        service: service.name,
        serviceKey: serviceKey(service.key),
        server: destKey(server.key),
        state: stateOf(service, server, takenAt),
        status: server.status,
        kernel: server.observed,
      })),
    ),
  });

function stateOf({ status: service }: JoinedService, server: JoinedServer, now: WallTime): string {
  const sorry = service?.sorryServer ?? null;
  const { status, observed } = server;
  if (status === null || sorry?.serves) {
    const standing = sorryState(sorry, server);
    if (standing !== null) return standing;
  }
  if (status === null) return 'foreign';
  const absent = observed === null && !isExpectedOut(status) && sorry?.serves !== true;
  return [
    administrative(status) ?? healthState(status, now),
    ...(status.slowStart === null ? [] : ['slow start']),
    ...(status.order?.kind === 'weight' ? ['weight by order'] : []),
    ...(status.byHand === null ? [] : [`by hand: ${status.byHand.difference}`]),
    ...(absent && status.byHand === null ? ['not in the kernel'] : []),
  ].join(', ');
}

function sorryState(sorry: SorryServerStatus | null, { key }: JoinedServer): string | null {
  if (sorry === null || destKey(sorry.key) !== destKey(key)) return null;
  return sorry.serves ? 'sorry server, serves' : 'sorry server';
}

const isExpectedOut = ({ health, order }: ServerStatus): boolean => health === 'down' || isOut(order);

/** What was ordered or decided of it besides its health; null for nothing. */
function administrative({ order, draining }: ServerStatus): string | null {
  if (draining !== null) return `draining, ${draining.activeConns} active`;
  if (order?.kind === 'maint') return 'maint';
  return order?.kind === 'drain' ? 'drained' : null;
}

function healthState(status: ServerStatus, now: WallTime): string {
  const { health, since, checks } = status;
  if (health === 'unchecked') return 'unchecked';
  const telling = checks.find((check) => (health === 'down' ? check.health === 'down' : isUnmade(check)));
  const code = telling === undefined ? '' : ` (${showCheckCode(telling.type, telling.last)})`;
  return `${health} ${showAge(since, now)}${isUnverified(status) ? ', unverified' : ''}${code}`;
}
