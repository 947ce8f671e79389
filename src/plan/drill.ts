import type { Ip } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { millisToMicros } from '../base/units.ts';
import type { CheckConfig } from '../model/check.ts';
import type { ServerConfig, ServiceConfig } from '../model/config.ts';
import type { NoticeTime, ServerDrillStep } from '../model/drill.ts';
import { type DestKey, destKey, type ObservedTable, serviceKey } from '../model/services.ts';
import type { ServerHealth, ServerStatus, ServiceStatus } from '../model/status.ts';
import { desiredService } from './desired.ts';
import { ours, planIpvs } from './ipvs.ts';

export interface ServerDrillInput {
  readonly services: readonly ServiceConfig[];
  readonly status: readonly ServiceStatus[];
  readonly table: ObservedTable;
  /** How long the first of these checks takes to notice that their server is gone; null where none of them would. */
  readonly noticeTime: (checks: readonly CheckConfig[]) => NoticeTime | null;
}

export interface ServerDrill {
  readonly steps: readonly ServerDrillStep[];
  /** What the loss would not change, and why, as sentences. */
  readonly remarks: readonly string[];
}

/**
 * What would come of the loss of a real server, on every port for a port of null: the operations that follow on the
 * table as it is now. An error, a sentence, where no service has such a server.
 */
export function drillServer(
  input: ServerDrillInput,
  { address, port }: { readonly address: Ip; readonly port: number | null },
): Result<ServerDrill, string> {
  const steps: ServerDrillStep[] = [];
  const remarks: string[] = [];
  let isKnown = false;
  const isLost = (key: DestKey) => key.address === address && (port === null || key.port === port);
  for (const service of input.services) {
    const lost = service.servers.filter(({ key }) => isLost(key));
    isKnown ||= lost.length > 0;
    const gone: ServerConfig[] = [];
    for (const server of lost) {
      const name = `${destKey(server.key)} of ${service.name}`;
      const health = healthIn(input.status, service, server);
      if (health === 'down') remarks.push(`server ${name} is down already`);
      else if (input.noticeTime(server.checks) === null)
        remarks.push(`server ${name} has no check: nobody would notice`);
      else gone.push(server);
    }
    steps.push(...loseServers(input, service, gone));
  }
  const name = port === null ? address : destKey({ address, port });
  return isKnown ? ok({ steps, remarks }) : err(`no service has a server ${name}`);
}

/** One after the other, as their checks would find them. */
function loseServers(
  { status, table, noticeTime }: ServerDrillInput,
  service: ServiceConfig,
  gone: readonly ServerConfig[],
): readonly ServerDrillStep[] {
  const observed = ours(table, [service.key]);
  const there = observed[0]?.dests ?? [];
  const planned = (lost: readonly ServerConfig[]) => {
    const health = (of: ServiceConfig, server: ServerConfig) =>
      lost.includes(server) ? 'down' : healthIn(status, of, server);
    const desired = desiredService(service, health, (of, server) => weightIn(status, of, server));
    return { desired, operations: planIpvs(observed, [desired]) };
  };
  return gone.flatMap((server, i) => {
    // What is on its way already, such as the end of a drain, would come without the loss too.
    const before = new Set(planned(gone.slice(0, i)).operations.map((one) => JSON.stringify(one)));
    const { desired, operations } = planned(gone.slice(0, i + 1));
    const notice = noticeTime(server.checks);
    if (notice === null) throw new Error(`nobody notices ${destKey(server.key)}`);
    const now = there.find(({ key }) => destKey(key) === destKey(server.key));
    return [
      {
        kind: 'server',
        afterMicros: millisToMicros(notice.most),
        earliestMicros: millisToMicros(notice.least),
        service: service.name,
        serviceKey: service.key,
        server: server.key,
        operations: operations.filter((one) => !before.has(JSON.stringify(one))),
        activeConns: now?.activeConns ?? 0,
        inactiveConns: now?.inactiveConns ?? 0,
        servers: desired.dests.length,
        weight: desired.dests.reduce((sum, { attrs }) => sum + attrs.weight, 0),
      },
    ];
  });
}

type KnownOf<T> = (status: readonly ServiceStatus[], service: ServiceConfig, server: ServerConfig) => T;

const knownIn: KnownOf<ServerStatus | undefined> = (status, service, server) =>
  status
    .find(({ key }) => serviceKey(key) === serviceKey(service.key))
    ?.servers.find(({ key }) => destKey(key) === destKey(server.key));

const healthIn: KnownOf<ServerHealth> = (...of) => knownIn(...of)?.health ?? 'unchecked';

/** What its checks made of it. */
const weightIn: KnownOf<number> = (status, service, server) =>
  knownIn(status, service, server)?.effectiveWeight ?? server.attrs.weight;
