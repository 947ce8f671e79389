import { type Family, ipFamily } from '../../base/ip.ts';
import type { Nexthop, RouteConfig, Subnet } from '../../model/routes.ts';
import { METRICS, RTAX_LOCK } from './metrics.ts';
import { ROUTE_PROTOCOLS, ROUTE_SCOPES } from './names.ts';
import { widthOf } from './values.ts';

/** One line that `parseRoute` reads as the same route. Tables are numbers, which mean the same on every machine. */
export function printRoute(route: RouteConfig): string {
  const { type, source, from, table, metric, scope, protocol, tos, nexthops } = route;
  // Its table and scope go without saying here and for `ip`, but not for keepalived.
  const isLocal = type === 'local';
  const [first] = nexthops;
  const single = nexthops.length === 1 && first !== undefined ? printHop(first, route.family) : [];
  const several = nexthops.length > 1 ? nexthops.flatMap((hop) => nexthop(hop, route.family)) : [];
  return [
    ...(type === 'unicast' ? [] : [type]),
    printDestination(route),
    ...single,
    ...(source === null ? [] : ['src', source]),
    ...(from === null ? [] : ['from', printSubnet(from)]),
    ...(table === 254 && !isLocal ? [] : ['table', `${table}`]),
    ...(metric === null ? [] : ['metric', `${metric}`]),
    ...(route.family === 'inet6' || (scope === 0 && !isLocal) ? [] : ['scope', nameOf(ROUTE_SCOPES, scope)]),
    ...(protocol === 18 ? [] : ['protocol', nameOf(ROUTE_PROTOCOLS, protocol)]),
    ...(tos === 0 ? [] : ['tos', printHex(tos)]),
    ...printMetrics(route),
    ...(route.noTrack ? ['no_track'] : []),
    ...several,
  ].join(' ');
}

/** `A/len`, or `A` alone for one address. */
export const printSubnet = ({ address, prefix }: Subnet): string =>
  prefix === widthOf(ipFamily(address)) ? address : `${address}/${prefix}`;

export const printHex = (value: number): string => `0x${value.toString(16)}`;

const printDestination = ({ family, destination }: RouteConfig): string =>
  destination.prefix === 0 && family === 'inet' ? 'default' : printSubnet(destination);

function printHop({ via, dev, onlink }: Nexthop, family: Family): readonly string[] {
  return [
    ...(via === null ? [] : ['via', ...(ipFamily(via) === family ? [] : [ipFamily(via)]), via]),
    ...(dev === null ? [] : ['dev', dev]),
    ...(onlink ? ['onlink'] : []),
  ];
}

const nexthop = (hop: Nexthop, family: Family): readonly string[] => [
  'nexthop',
  ...printHop(hop, family),
  ...(hop.weight === 1 ? [] : ['weight', `${hop.weight}`]),
];

function printMetrics({ metrics }: RouteConfig): readonly string[] {
  const locked = metrics.find(([id]) => id === RTAX_LOCK)?.[1] ?? 0;
  return metrics.flatMap(([id, value]) => {
    const [word, { print }] = Object.entries(METRICS).find(([, each]) => each.id === id) ?? [null, {}];
    if (word === null || print === undefined) return [];
    return [word, ...((locked & (1 << id)) === 0 ? [] : ['lock']), print(value)];
  });
}

const nameOf = (names: Readonly<Record<string, number>>, value: number): string =>
  Object.keys(names).find((name) => names[name] === value) ?? `${value}`;
