import type { Ip } from '../base/ip.ts';
import { printEndpoint } from '../base/ip.ts';
import type { WallTime } from '../base/units.ts';
import { printOrderedWeight } from '../model/orders.ts';
import { serviceKey } from '../model/services.ts';
import type { CheckStatus, OrderStatus, ServerCheck, ServerStatus, ServiceStatus } from '../model/status.ts';
import { isUnmade, isUnverified } from './checks-unmade.ts';
import { showMoment } from './journal-entry.ts';
import { showDrained } from './server-orders.ts';
import { showJson } from './status-json.ts';
import { showAge } from './time.ts';

/** A real server of a service. */
export interface FoundServer {
  readonly service: ServiceStatus;
  readonly server: ServerStatus;
}

/** Those of all services with this address, and with this port unless that is null. */
export function findServers(
  { services }: CheckStatus,
  address: Ip,
  port: number | null,
): readonly FoundServer[] {
  return services.flatMap((service) =>
    service.servers
      .filter(({ key }) => key.address === address && (port === null || key.port === port))
      .map((server) => ({ service, server })),
  );
}

/** Why servers are in or out: health, since when, and what the last check saw. Lines without their line feeds. */
export function showWhyServer(found: readonly FoundServer[], now: WallTime): string[] {
  return found.flatMap((one) => {
    const { service, server } = one;
    const { key, health, since, checks, draining, byHand, order, slowStart } = server;
    const name = `${printEndpoint(key.address, key.port)} of ${service.name} (${serviceKey(service.key)})`;
    const weight = slowStart?.full ?? server.effectiveWeight;
    const state =
      health === 'unchecked'
        ? 'has no check: it is always in'
        : `is ${health}${isUnverified(server) ? ', unverified,' : ''}`;
    return [
      `${name} ${state} since ${showMoment(since)} (${showAge(since, now)})`,
      ...[
        ...checks.map((check) => showCheck(check, now)),
        ...(order === null ? [] : [showOrder(one, order, now)]),
        ...(slowStart === null
          ? []
          : [
              `its weight rises since it came back: ${server.effectiveWeight} of ${slowStart.full}, which it has in ${showAge(now, slowStart.until)}`,
            ]),
        ...(weight === server.configuredWeight || draining !== null || order !== null
          ? []
          : [`its checks make its weight ${weight} in place of ${server.configuredWeight}`]),
        ...showQuorum(service),
        ...(draining === null
          ? []
          : [
              `it is drained since ${showMoment(draining.since)}, ${draining.activeConns} active connections`,
            ]),
        ...(byHand === null ? [] : [`changed by hand: ${byHand.difference}`]),
      ].map((line) => `  ${line}`),
    ];
  });
}

/** Who has it as it is, since when, and what ends that. */
function showOrder({ service, server }: FoundServer, order: OrderStatus, now: WallTime): string {
  const since = `since ${showMoment(order.since)} (${showAge(order.since, now)})`;
  const ready = `lbctl ready ${printEndpoint(server.key.address, server.key.port)}@${service.name} ends that`;
  switch (order.kind) {
    case 'maint':
      return `an operator has it out of the table ${since}, whatever its health; ${ready}`;
    case 'drain': {
      const how = server.draining === null ? `; it ${showDrained(order)}` : '';
      return `an operator has it drained ${since}${how}; ${ready}`;
    }
    case 'weight': {
      const count = printOrderedWeight(order.weight);
      return `an operator has its weight at ${count} in place of ${server.configuredWeight} ${since}; ${ready}`;
    }
  }
}

/** What else decides whether the server has clients. */
function showQuorum({ quorum, sorryServer, suspended }: ServiceStatus): readonly string[] {
  const lost =
    quorum === null || quorum.has || (quorum.quorum === 1 && sorryServer === null)
      ? []
      : [
          `its service has no quorum: the servers that are up weigh ${quorum.live}, and ${quorum.quorum + quorum.hysteresis} is needed`,
        ];
  const instead =
    sorryServer?.serves === true
      ? [`sorry server ${printEndpoint(sorryServer.key.address, sorryServer.key.port)} serves in its place`]
      : [];
  const pause = suspended ? ['it is not checked: the address of its service is not on this machine'] : [];
  return [...lost, ...instead, ...pause];
}

/** `tcp 10.0.0.1:80 is down: last check 2s ago, timeout after 3000 ms: no connection within 3000 ms`. */
function showCheck(check: ServerCheck, now: WallTime): string {
  const { type, of, health, last } = check;
  const said = `check by ${type} of ${of} is ${health}`;
  if (last === null) return `${said}: it has not been made yet`;
  if (isUnmade(check)) {
    const why = `${last.result}, ${showAge(last.at, now)} ago (${last.detail})`;
    return `check by ${type} of ${of} cannot be made: ${why}; it says nothing of the server, which stays as it is until that is put right here`;
  }
  const doubt =
    (last.verdict === 'pass') === (health === 'up') ? '' : ', which is not enough yet to change that';
  const took = last.latency > 0 ? ` after ${last.latency} ms` : '';
  return `${said}: ${last.result}${took}, ${showAge(last.at, now)} ago${doubt} (${last.detail})`;
}

export const showWhyServerJson = (name: string, found: readonly FoundServer[]): string =>
  showJson({ name, servers: found.map(({ service, server }) => ({ service: service.name, ...server })) });
