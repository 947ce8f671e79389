import type { WallTime } from '../base/units.ts';
import { destKey, serviceKey } from '../model/services.ts';
import type { ServerCheck, ServerStatus, ServiceStatus } from '../model/status.ts';
import { showCheckCode } from './check-code.ts';
import { isUnmade } from './checks-unmade.ts';
import { showColumns } from './columns.ts';
import { showJson } from './status-json.ts';
import { showAge } from './time.ts';

/** A check of a real server of a service. */
export interface FoundCheck {
  readonly service: ServiceStatus;
  readonly server: ServerStatus;
  readonly check: ServerCheck;
}

const COLUMNS = [
  { title: 'Service' },
  { title: 'Server' },
  { title: 'Check' },
  { title: 'State' },
  { title: 'Result' },
  { title: 'Latency', right: true },
  { title: 'Age', right: true },
  { title: 'Next', right: true },
  { title: 'Fails', right: true },
  { title: 'Rises', right: true },
];

/** A line for each check: what it last found, and how far it is from changing its mind. */
export function showChecks(found: readonly FoundCheck[], now: WallTime): string {
  if (found.length === 0) return 'No server is checked.\n';
  return showColumns(
    COLUMNS,
    found.map(({ service, server, check }) => row(service, server, check, now)),
  );
}

function row(
  service: ServiceStatus,
  server: ServerStatus,
  check: ServerCheck,
  now: WallTime,
): readonly string[] {
  const { type, of, health, failures, retry, successes, rise, last, nextAt } = check;
  const state = isUnmade(check) ? `${health}, unverified` : health;
  return [
    service.name,
    destKey(server.key),
    shown(type, of, server),
    service.suspended ? `${state}, suspended` : state,
    showCheckCode(type, last),
    last === null ? '-' : `${last.latency} ms`,
    last === null ? '-' : showAge(last.at, now),
    nextAt === null ? '-' : nextAt <= now ? 'now' : showAge(now, nextAt),
    health === 'up' && !isUnmade(check) ? `${failures}/${retry + 1}` : '-',
    health === 'down' ? `${successes}/${rise}` : '-',
  ];
}

/** `https`, `tcp 10.0.0.9:80`: of a check of the server itself that goes without saying. */
function shown(type: ServerCheck['type'], of: string, { key }: ServerStatus): string {
  const name = destKey(key);
  if (of === `https://${name}`) return 'https';
  return of === name || of === key.address ? type : `${type} ${of}`;
}

/** The same for programs. */
export const showChecksJson = (found: readonly FoundCheck[], takenAt: WallTime): string =>
  showJson({
    schemaVersion: 1,
    takenAt,
    checks: found.map(({ service, server, check }) => ({
      service: service.name,
      serviceKey: serviceKey(service.key),
      server: destKey(server.key),
      suspended: service.suspended,
      result: showCheckCode(check.type, check.last),
      unverified: isUnmade(check),
      ...check,
    })),
  });
