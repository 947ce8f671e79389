import type { WallTime } from '../base/units.ts';
import { printOrderedWeight, type ServerOrder } from '../model/orders.ts';
import { type DestKey, destKey, type ObservedDest, type ServiceKey, serviceKey } from '../model/services.ts';
import { hasServing } from '../model/serving.ts';
import type { CheckStatus, OrderStatus, ServerStatus, ServiceStatus } from '../model/status.ts';
import { showJson } from './status-json.ts';
import { showAge } from './time.ts';

/** How a server stands: what is known of it, and the kernel's part of it. */
export interface Standing {
  readonly service: ServiceStatus;
  readonly server: ServerStatus;
  /** Null where the kernel has none. */
  readonly dest: ObservedDest | null;
  /** False where the kernel's table cannot be read. */
  readonly isRead: boolean;
}

/** Those of these servers of which something is known. */
export function standingsOf(
  { table, services }: CheckStatus,
  of: readonly { readonly service: ServiceKey; readonly server: DestKey }[],
): readonly Standing[] {
  const observed = table.available ? table.value.services : [];
  return of.flatMap((target) => {
    const name = serviceKey(target.service);
    const is = ({ key }: { readonly key: DestKey }) => destKey(key) === destKey(target.server);
    const service = services.find(({ key }) => serviceKey(key) === name);
    const server = service?.servers.find(is);
    if (service === undefined || server === undefined) return [];
    const dest = observed.find(({ key }) => serviceKey(key) === name)?.dests.find(is) ?? null;
    return [{ service, server, dest, isRead: table.available }];
  });
}

/** Whether it is known of this order, null for none. */
export const isKnown = ({ server: { order: known } }: Standing, order: ServerOrder | null): boolean =>
  known?.kind === order?.kind && known?.since === order?.since;

/** Whether the kernel has what follows from this order, null for none; a change by hand that is left alone counts. */
export function isInForce(standing: Standing, order: ServerOrder | null): boolean {
  if (!isKnown(standing, order)) return false;
  const { server, dest } = standing;
  const { health, byHand } = server;
  if (order?.kind === 'maint') return dest === null || byHand !== null;
  if (byHand !== null) return true;
  if (order?.kind === 'drain') {
    return dest === null || (dest.attrs.weight === 0 && server.draining !== null);
  }
  if (health !== 'down' && !isReplaced(standing)) return dest?.attrs.weight === server.effectiveWeight;
  return dest === null || dest.attrs.weight === 0 || isSorry(standing);
}

/** Whether a drain has nothing more to wait for. Who puts the server back by hand does not prolong it. */
export const isDrained = ({ server, dest, isRead }: Standing): boolean =>
  isRead && (dest === null || (server.draining === null && (server.order?.ended ?? null) !== null));

/**
 * A line for each of these servers, which `show` gives when it is told what the server is called. What is the same at all
 * addresses of a service is said once; otherwise the name has the address.
 */
export function showEach(
  standings: readonly Standing[],
  show: (standing: Standing, name: string, index: number) => string,
): string {
  const byName = new Map<string, (readonly [Standing, number])[]>();
  standings.forEach((standing, i) => {
    const name = nameOf(standing);
    const others = byName.get(name);
    if (others === undefined) byName.set(name, [[standing, i]]);
    else others.push([standing, i]);
  });
  const lines = [...byName].flatMap(([name, all]) => {
    if (all.length === 1) return all.map(([standing, i]) => show(standing, name, i));
    const size = standings.filter(({ service }) => service.name === all[0]?.[0].service.name).length;
    // Connections are those of one address.
    const where = `at each of ${size === all.length ? 'its ' : ''}${all.length} addresses`;
    const once = new Set(all.map(([standing, i]) => show(standing, `${name} (${where})`, i)));
    if (once.size === 1) return [...once];
    return all.map(([standing, i]) => show(standing, `${name} (${serviceKey(standing.service.key)})`, i));
  });
  return lines.map((line) => `${line}\n`).join('');
}

/** What came of an order of this server. `cut` tells how many connections it ended. */
export function showOrdered(standing: Standing, name: string, cut: number, now: WallTime): string {
  const { order } = standing.server;
  if (order?.kind === 'drain') {
    return wasNeverIn(standing)
      ? `${name} was not in the table${showWhyOut(standing)}: there is nothing to drain, and it stays out until ${readyOf(standing)}`
      : showDrain(standing, name, now);
  }
  if (order?.kind === 'maint') {
    const ended = cut === 0 ? '' : `; ${connections(cut)} ended with it`;
    return `${name} is out of the table until ${readyOf(standing)}${ended}`;
  }
  const what =
    order?.kind === 'weight' ? `weighs ${printOrderedWeight(order.weight)} by order` : 'is as configured';
  return `${name} ${what}${showInForce(standing, now)}`;
}

/** What the table has of a server that is to serve, as the rest of a sentence. */
function showInForce(standing: Standing, now: WallTime): string {
  const { service, server, dest, isRead } = standing;
  if (server.health === 'down') return ', but is down: it is in when its checks say so';
  if (service.sorryServer !== null && isReplaced(standing)) {
    const where = dest === null ? 'is out of the table' : `has weight ${dest.attrs.weight}`;
    const sorry = destKey(service.sorryServer.key);
    return `, but ${where}: ${service.name} has no quorum, and sorry server ${sorry} serves`;
  }
  if (!isRead) return '';
  if (dest === null) return ', but is not in the table';
  const { weight } = dest.attrs;
  if (weight !== server.effectiveWeight) {
    return `, but the table has weight ${weight}${server.byHand === null ? '' : ', changed by hand'}`;
  }
  const rises =
    server.slowStart === null
      ? ''
      : ` of ${server.slowStart.full}, which it has in ${showAge(now, server.slowStart.until)}`;
  return `: weight ${weight}${rises}`;
}

/** How far a drain has come. */
export function showDrain(standing: Standing, name: string, now: WallTime): string {
  const { server, dest, isRead } = standing;
  const { order, draining } = server;
  if (order?.kind !== 'drain') {
    const how = order?.kind === 'maint' ? 'is out of the table by another order' : 'is to serve again';
    return `${name} ${how}`;
  }
  if (!isRead) return `${name} is drained; its connections cannot be seen`;
  if (dest !== null && draining !== null) {
    const rest = [
      connections(dest.activeConns),
      ...(dest.inactiveConns > 0 ? [`${dest.inactiveConns} inactive`] : []),
      ...(dest.persistentConns > 0 ? [`${dest.persistentConns} persistent`] : []),
    ].join(', ');
    const age = showAge(order.since, now);
    return `${name} is drained: ${rest}; for ${age}, at most ${showAge(now, draining.until)} more`;
  }
  if (dest !== null && order.ended === null) {
    return `${name} is drained, but still in the table${server.byHand === null ? '' : ', changed by hand'}`;
  }
  return `${name} ${showDrained(order)}`;
}

/** `has left the table: no connection was left after 22s`. Without an end it was never seen in the table, or by a former process. */
export function showDrained({ since, ended }: OrderStatus): string {
  if (ended === null) return 'is not in the table';
  const took = showAge(since, ended.at);
  if (ended.cut === 0) return `has left the table: no connection was left after ${took}`;
  return `was taken out of the table after ${took}: ${connections(ended.cut)} ended with it`;
}

/** What else follows from an order for people: where nobody serves any more. */
export function showEmptied(services: readonly ServiceStatus[]): readonly string[] {
  return services.flatMap((service) => {
    if (hasServing(service)) return [];
    const { name, sorryServer } = service;
    return sorryServer === null
      ? [`${name} has no server left that takes new connections`]
      : [`${name} has no server left: sorry server ${destKey(sorryServer.key)} takes new connections`];
  });
}

/**
 * For programs: the same with the order, health and connections of each server. Null is for what cannot be seen, and for
 * the weight and the limit of a server without them. `confirmed` is for orders: the kernel has it.
 */
export const showStandingsJson = (
  standings: readonly Standing[],
  more: { readonly text: string; readonly notes: readonly string[]; readonly confirmed?: boolean },
): string =>
  showJson({
    schemaVersion: 1,
    ...more,
    done: standings.length > 0 && standings.every(isDrained),
    servers: standings.map(({ service, server, dest, isRead }) => ({
      service: service.name,
      server: destKey(server.key),
      order: server.order,
      health: server.health,
      isInTable: isRead ? dest !== null : null,
      weight: dest?.attrs.weight ?? null,
      activeConns: dest?.activeConns ?? 0,
      inactiveConns: dest?.inactiveConns ?? 0,
      persistentConns: dest?.persistentConns ?? 0,
      until: server.draining?.until ?? null,
    })),
  });

/** Whether the sorry server serves in its place. */
const isReplaced = (standing: Standing): boolean =>
  standing.service.sorryServer?.serves === true && !isSorry(standing);

const isSorry = ({ service: { sorryServer }, server: { key } }: Standing): boolean =>
  sorryServer !== null && destKey(sorryServer.key) === destKey(key);

/** Whether there was nothing to drain when that was ordered. */
const wasNeverIn = ({ server: { order }, dest, isRead }: Standing): boolean =>
  isRead && dest === null && order?.ended === null;

function showWhyOut(standing: Standing): string {
  if (standing.server.health === 'down') return ', for it is down';
  return isReplaced(standing) ? `, for ${standing.service.name} has no quorum` : '';
}

const readyOf = ({ service, server }: Standing): string =>
  `lbctl ready ${destKey(server.key)}@${service.name}`;

const nameOf = ({ service, server }: Standing): string => `${destKey(server.key)} of ${service.name}`;

const connections = (count: number): string =>
  count === 1 ? '1 active connection' : `${count} active connections`;
