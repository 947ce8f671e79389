import type { Ip } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { millisToMicros } from '../base/units.ts';
import type { CheckConfig } from '../model/check.ts';
import type { ServerConfig, ServiceConfig } from '../model/config.ts';
import type { NoticeTime, ServerDrillStep } from '../model/drill.ts';
import { isOut, type ServerOrder, withoutOut } from '../model/orders.ts';
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
  /** Whether a service has its quorum when the servers that are up weigh so much, and it had it before or not. */
  readonly hasQuorum: (service: ServiceConfig, had: boolean, live: number) => boolean;
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
  for (const configured of input.services) {
    const lost = configured.servers.filter(({ key }) => isLost(key));
    const service = withoutOut(configured, (...of) => orderIn(input.status, ...of));
    isKnown ||= lost.length > 0;
    const gone: ServerConfig[] = [];
    for (const server of lost) {
      const name = `${destKey(server.key)} of ${service.name}`;
      const health = healthIn(input.status, service, server);
      if (isOut(orderIn(input.status, service, server)))
        remarks.push(`server ${name} is out by order already`);
      else if (health === 'down') remarks.push(`server ${name} is down already`);
      else if (input.noticeTime(server.checks) === null)
        remarks.push(`server ${name} has no check: nobody would notice`);
      else gone.push(server);
    }
    steps.push(...loseServers(input, service, gone));
  }
  const name = port === null ? address : destKey({ address, port });
  // Of a service at several addresses they would be the same.
  return isKnown ? ok({ steps, remarks: [...new Set(remarks)] }) : err(`no service has a server ${name}`);
}

/** One after the other, as their checks would find them. */
function loseServers(
  { status, table, noticeTime, hasQuorum }: ServerDrillInput,
  service: ServiceConfig,
  gone: readonly ServerConfig[],
): readonly ServerDrillStep[] {
  const observed = ours(table, [service.key]);
  const there = observed[0]?.dests ?? [];
  let lost: readonly ServerConfig[] = [];
  const healthOf = (of: ServiceConfig, server: ServerConfig) =>
    lost.includes(server) ? 'down' : healthIn(status, of, server);
  const weightOf = (of: ServiceConfig, server: ServerConfig) => weightIn(status, of, server);
  const weigh = () => {
    const up = service.servers.filter((server) => healthOf(service, server) !== 'down');
    return up.reduce((sum, server) => sum + weightOf(service, server), 0);
  };
  let has = statusOf(status, service)?.quorum?.has ?? true;
  const plan = () => {
    const desired = desiredService(service, { health: healthOf, weight: weightOf, hasQuorum: () => has });
    return { desired, operations: planIpvs(observed, [desired]) };
  };
  // What is on its way already, such as the end of a drain, would come without the loss too.
  let before = plan().operations;
  return gone.map((server) => {
    lost = [...lost, server];
    const live = weigh();
    const had = has;
    has = hasQuorum(service, had, live);
    const { desired, operations } = plan();
    const known = new Set(before.map((one) => JSON.stringify(one)));
    before = operations;
    const notice = noticeTime(server.checks);
    if (notice === null) throw new Error(`nobody notices ${destKey(server.key)}`);
    const now = there.find(({ key }) => destKey(key) === destKey(server.key));
    const serving = desired.dests.filter(({ attrs }) => attrs.weight > 0);
    return {
      kind: 'server',
      afterMicros: millisToMicros(notice.most),
      earliestMicros: millisToMicros(notice.least),
      service: service.name,
      serviceKey: service.key,
      server: server.key,
      operations: operations.filter((one) => !known.has(JSON.stringify(one))),
      activeConns: now?.activeConns ?? 0,
      inactiveConns: now?.inactiveConns ?? 0,
      servers: serving.length,
      weight: serving.reduce((sum, { attrs }) => sum + attrs.weight, 0),
      losesQuorum: had && !has,
      live,
      quorum: service.quorum.quorum,
      sorryServer: has ? null : (service.sorry?.key ?? null),
    };
  });
}

type KnownOf<T> = (status: readonly ServiceStatus[], service: ServiceConfig, server: ServerConfig) => T;

const statusOf = (status: readonly ServiceStatus[], service: ServiceConfig): ServiceStatus | undefined =>
  status.find(({ key }) => serviceKey(key) === serviceKey(service.key));

const knownIn: KnownOf<ServerStatus | undefined> = (status, service, server) =>
  statusOf(status, service)?.servers.find(({ key }) => destKey(key) === destKey(server.key));

const healthIn: KnownOf<ServerHealth> = (...of) => knownIn(...of)?.health ?? 'unchecked';

const orderIn: KnownOf<ServerOrder | null> = (...of) => knownIn(...of)?.order ?? null;

/** What it has in the kernel while it serves. */
const weightIn: KnownOf<number> = (status, service, server) =>
  knownIn(status, service, server)?.effectiveWeight ?? server.attrs.weight;
