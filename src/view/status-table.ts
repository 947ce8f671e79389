import { keyed } from '../base/keyed.ts';
import type { WallTime } from '../base/units.ts';
import type { XdpStatus } from '../model/dataplane.ts';
import { isOut, printOrderedWeight } from '../model/orders.ts';
import { destKey, type ObservedDest, type ObservedService, serviceKey } from '../model/services.ts';
import type { ByHand, CheckStatus, QuorumStatus, ServerStatus, ServiceStatus } from '../model/status.ts';
import { showServiceLine } from './ipvsadm.ts';
import { showForward, showServiceName } from './ipvsadm-names.ts';
import { sortDests, sortServices } from './ipvsadm-sort.ts';
import { countServers, showByHandCounts } from './service-counts.ts';
import { showAge } from './time.ts';

/** Where `ipvsadm -Ln` ends a line of the usual length. */
const HEALTH_COLUMN = 70;

/**
 * The kernel's table with the health of each server. What the kernel has and the configuration has not is `foreign`;
 * what the configuration has and the kernel has not is there too, with dashes for its counts and the reason. Servers
 * that are drained and what was changed by hand say so.
 */
export function showHealthTable({ table, services }: CheckStatus, now: WallTime): string[] {
  // A machine that only does VRRP needs no IPVS: that there is none is no news.
  if (!table.available && services.length === 0) return ['No virtual services are configured.'];
  const configured = keyed(services, (service) => serviceKey(service.key));
  const observed = table.available ? sortServices(table.value.services) : [];
  const known = keyed(observed, (service) => serviceKey(service.key));
  const missing = services.filter((service) => !known.has(serviceKey(service.key)));
  return [
    table.available
      ? `IP Virtual Server version ${table.value.version} (size=${table.value.connectionTableSize})`
      : `IPVS not available: ${table.reason}`,
    'Prot LocalAddress:Port Scheduler Flags',
    withHealth('  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn', 'Health'),
    ...observed.flatMap((service) =>
      showObserved(service, configured.get(serviceKey(service.key)) ?? null, now),
    ),
    ...missing.flatMap((service) => showMissing(service, now)),
    ...(table.available && table.value.xdp !== undefined ? [showXdp(table.value.xdp)] : []),
  ];
}

/** `XDP on eth0 (driver); shares flows with 10.0.0.2, 10.0.0.3 (silent); counted: no_server 3`. */
function showXdp({ interfaces, counters, sync }: XdpStatus): string {
  const places = interfaces.map(({ name, mode }) => (mode === 'kept' ? name : `${name} (${mode})`));
  const counted = Object.entries(counters).filter(([, count]) => count > 0n);
  const told = counted.map(([name, count]) => `${name} ${count}`).join(', ');
  const peers = sync?.peers.map(({ address, isHeard }) => (isHeard ? address : `${address} (silent)`)) ?? [];
  return [
    `XDP on ${places.length === 0 ? 'no interface' : places.join(', ')}`,
    ...(peers.length === 0 ? [] : [`shares flows with ${peers.join(', ')}`]),
    ...(told === '' ? [] : [`counted: ${told}`]),
  ].join('; ');
}

function showObserved(service: ObservedService, configured: ServiceStatus | null, now: WallTime): string[] {
  const servers = keyed(configured?.servers ?? [], (server) => destKey(server.key));
  const sorry = configured?.sorryServer ?? null;
  const labelOf = (name: string): string | null => {
    const server = servers.get(name);
    if (sorry !== null && destKey(sorry.key) === name && (sorry.serves || server === undefined)) {
      return sorry.serves ? 'sorry server, serves' : 'sorry server';
    }
    return server === undefined ? null : showHealth(server, now) + showByHand(server.byHand);
  };
  const inKernel = new Set(service.dests.map((dest) => destKey(dest.key)));
  const removed = (configured?.servers ?? []).filter(
    (server) => (server.draining === null || server.order !== null) && !inKernel.has(destKey(server.key)),
  );
  return [
    withHealth(showServiceLine(service), configured === null ? 'foreign' : showService(configured, inKernel)),
    ...sortDests(service.dests).map((dest) => showDest(dest, labelOf(destKey(dest.key)))),
    ...removed.map((server) => {
      if (isOut(server.order)) return showAbsent(server, showOut(server, now), now);
      const stands = sorry?.serves === true && server.health !== 'down' ? 'no quorum' : 'removed';
      return showAbsent(server, server.byHand === null ? stands : 'removed by hand', now);
    }),
  ];
}

function showMissing(service: ServiceStatus, now: WallTime): string[] {
  return [
    withHealth(
      showServiceName(service.key),
      `${showServing(service, null)}, ${service.byHand === null ? 'not in the kernel' : 'removed by hand'}`,
    ),
    ...service.servers.map((server) =>
      showAbsent(server, isOut(server.order) ? showOut(server, now) : 'not in the kernel', now),
    ),
  ];
}

const showService = (service: ServiceStatus, inKernel: ReadonlySet<string>): string =>
  `${showServing(service, inKernel)}${showByHand(service.byHand)}`;

/** `inKernel` as for countServers. */
function showServing(service: ServiceStatus, inKernel: ReadonlySet<string> | null): string {
  const { name, servers, quorum, sorryServer, suspended } = service;
  const counts = countServers(service, inKernel);
  const { members, up } = counts;
  if (servers.length > 0 && servers.every(({ draining, order }) => draining !== null && order === null)) {
    return `${name}: draining`;
  }
  const hands = showByHandCounts(counts).map((told) => `, ${told}`);
  const pause = suspended ? ', checks suspended' : '';
  const out = members.filter(({ order }) => isOut(order)).length;
  const ordered = out === 0 ? '' : `, ${out} out by order`;
  const told = `${ordered}${hands.join('')}`;
  return `${name}: ${up.length} of ${members.length} up${told}${showQuorum(quorum, sorryServer !== null)}${pause}`;
}

/** A quorum of 1 says no more than whether somebody is up, unless something else depends on it. */
function showQuorum(quorum: QuorumStatus | null, hasSorryServer: boolean): string {
  if (quorum === null || (quorum.quorum === 1 && !hasSorryServer)) return '';
  const { has, live, hysteresis } = quorum;
  const needed = has ? quorum.quorum - hysteresis : quorum.quorum + hysteresis;
  return has ? `, quorum (${live} of ${needed})` : `, no quorum (${live} of ${needed})`;
}

const showByHand = (byHand: ByHand<unknown> | null): string =>
  byHand === null || byHand.attrs === null ? '' : `, by hand: ${byHand.difference}`;

function showDest(dest: ObservedDest, label: string | null): string {
  const counts = [dest.attrs.weight, dest.activeConns, dest.inactiveConns].map(String);
  const line = showRow(destKey(dest.key), dest.attrs.forward, counts);
  return withHealth(line, label ?? 'foreign');
}

function showAbsent(server: ServerStatus, why: string, now: WallTime): string {
  const line = showRow(destKey(server.key), server.forward, ['-', '-', '-']);
  return withHealth(line, `${why}: ${showHealth(server, now)}`);
}

function showRow(
  name: string,
  forward: ServerStatus['forward'],
  [weight = '', active = '', inactive = '']: string[],
) {
  const columns = [
    name.padEnd(28),
    showForward(forward).padEnd(7),
    weight.padEnd(6),
    active.padEnd(10),
    inactive,
  ];
  return `  -> ${columns.join(' ')}`;
}

function showHealth(server: ServerStatus, now: WallTime): string {
  const { draining, order } = server;
  if (draining !== null) {
    const by = order === null ? '' : ' by order';
    return `draining${by} for ${showAge(draining.since, now)}, at most ${showAge(now, draining.until)} more`;
  }
  return showVerdict(server, now) + showWeight(server);
}

function showVerdict({ health, since, lastCheck }: ServerStatus, now: WallTime): string {
  if (health === 'unchecked') return 'unchecked';
  const reason =
    health === 'down' && lastCheck !== null && lastCheck.verdict !== 'pass' ? ` (${lastCheck.result})` : '';
  const doubt =
    health === 'up' && lastCheck !== null && lastCheck.verdict !== 'pass'
      ? `, last check: ${lastCheck.result}`
      : '';
  return `${health} ${showAge(since, now)}${reason}${doubt}`;
}

/** Where its weight is another one than its checks make of it. */
function showWeight({ order, slowStart }: ServerStatus): string {
  const ordered = order?.kind === 'weight' ? `, weight ${printOrderedWeight(order.weight)} by order` : '';
  const rises = slowStart === null ? '' : `, slow start to ${slowStart.full}`;
  return ordered + rises;
}

/** Why a server is out that an order has out. */
function showOut({ order }: ServerStatus, now: WallTime): string {
  if (order === null) return 'removed';
  return order.kind === 'maint'
    ? `in maintenance for ${showAge(order.since, now)}`
    : `drained ${showAge(order.ended?.at ?? order.since, now)} ago`;
}

const withHealth = (line: string, health: string): string => `${line.padEnd(HEALTH_COLUMN)} ${health}`;
