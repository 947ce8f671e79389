import { concatBytes, dataView } from '../base/bytes.ts';
import { type Family, type Ip, ipBytes, ipFamily, ipFromBytes } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type Nexthop, ROUTE_TYPES, type RouteConfig, type Subnet } from '../model/routes.ts';
import { type Attr, attr, attrNumber, decodeAttrs, encodeAttrs, findAttr, nestedAttr } from './netlink.ts';
import { AF_INET, AF_INET6 } from './rtnl.ts';

/** linux/rtnetlink.h: message types. */
export const RTM_ROUTE = { NEW: 24, DEL: 25 } as const;
/** linux/rtnetlink.h: multicast groups. */
export const RTNLGRP_ROUTE = { IPV4: 7, IPV6: 11 } as const;
/** linux/socket.h */
export const ADDRESS_FAMILIES = { inet: AF_INET, inet6: AF_INET6 } as const;

/** linux/rtnetlink.h: rtattr_type_t. */
const RTA = {
  DST: 1,
  SRC: 2,
  OIF: 4,
  GATEWAY: 5,
  PRIORITY: 6,
  PREFSRC: 7,
  METRICS: 8,
  MULTIPATH: 9,
  TABLE: 15,
  VIA: 18,
} as const;
const RTMSG = 12;
const RTNEXTHOP = 8;
const RTNH_F_ONLINK = 4;
/** Of rtm_table, for tables that do not fit its byte. */
const RT_TABLE_COMPAT = 252;
/** linux/ipv6_route.h, IP6_RT_PRIO_USER: what Linux makes of a route for IPv6 without a metric. */
const IPV6_METRIC = 1024;

/**
 * The payload of RTM_NEWROUTE and RTM_DELROUTE (struct rtmsg, linux/rtnetlink.h). `ifindexes` has the interface of
 * each next hop, null where none is named.
 *
 * ```
 *  1 family   1 bits of destination   1 bits of source   1 TOS
 *  1 table    1 protocol              1 scope            1 type
 *  4 flags    attributes
 * ```
 */
export function encodeRoute(route: RouteConfig, ifindexes: readonly (number | null)[]): Uint8Array {
  const { family, type, destination, from, source, table, metric, nexthops, metrics } = route;
  const [only] = nexthops;
  const isSingle = nexthops.length === 1 && only !== undefined;
  const attrs = [attr(RTA.TABLE, uint32(table))];
  if (destination.prefix > 0) attrs.push(attr(RTA.DST, ipBytes(destination.address)));
  if (from !== null) attrs.push(attr(RTA.SRC, ipBytes(from.address)));
  if (source !== null) attrs.push(attr(RTA.PREFSRC, ipBytes(source)));
  // Without one a deletion would match any metric.
  const priority = metric ?? (family === 'inet6' ? IPV6_METRIC : null);
  if (priority !== null) attrs.push(attr(RTA.PRIORITY, uint32(priority)));
  if (isSingle) attrs.push(...gateway(only, family), ...interfaceOf(ifindexes[0] ?? null));
  if (nexthops.length > 1) {
    const hops = nexthops.map((hop, i) => encodeNexthop(hop, ifindexes[i] ?? null, family));
    attrs.push(attr(RTA.MULTIPATH, concatBytes(hops)));
  }
  if (metrics.length > 0) {
    const numbers = metrics.map(([id, value]) => attr(id, uint32(value)));
    attrs.push(nestedAttr(RTA.METRICS, numbers));
  }
  const head = new Uint8Array(RTMSG);
  head.set([
    ADDRESS_FAMILIES[family],
    destination.prefix,
    from?.prefix ?? 0,
    route.tos,
    table < 256 ? table : RT_TABLE_COMPAT,
    route.protocol,
    route.scope,
    ROUTE_TYPES[type],
  ]);
  dataView(head).setUint32(8, isSingle && only.onlink ? RTNH_F_ONLINK : 0, true);
  return concatBytes([head, encodeAttrs(attrs)]);
}

/** struct rtnexthop: 2 length, 1 flags, 1 weight less one, 4 interface, attributes. */
function encodeNexthop(hop: Nexthop, ifindex: number | null, family: Family): Uint8Array {
  const attrs = encodeAttrs(gateway(hop, family));
  const head = new Uint8Array(RTNEXTHOP);
  const view = dataView(head);
  view.setUint16(0, RTNEXTHOP + attrs.length, true);
  view.setUint8(2, hop.onlink ? RTNH_F_ONLINK : 0);
  view.setUint8(3, hop.weight - 1);
  view.setUint32(4, ifindex ?? 0, true);
  return concatBytes([head, attrs]);
}

function gateway({ via }: Nexthop, family: Family): readonly Attr[] {
  if (via === null) return [];
  const bytes = ipBytes(via);
  if (ipFamily(via) === family) return [attr(RTA.GATEWAY, bytes)];
  // struct rtvia: the family in 2 bytes, then the address.
  return [attr(RTA.VIA, Uint8Array.of(ADDRESS_FAMILIES[ipFamily(via)], 0), bytes)];
}

const interfaceOf = (ifindex: number | null): readonly Attr[] =>
  ifindex === null ? [] : [attr(RTA.OIF, uint32(ifindex))];

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  dataView(bytes).setUint32(0, value, true);
  return bytes;
}

/** What tells a route from others: its next hops are what it may lose or change. */
export interface RouteKey {
  readonly family: Family;
  /** RTN_*. */
  readonly type: number;
  readonly destination: Subnet;
  readonly from: Subnet | null;
  readonly table: number;
  /** 0 for none. */
  readonly metric: number;
  readonly protocol: number;
  readonly tos: number;
}

/** The key that the kernel gives to a route. */
export const keyOfRoute = (route: RouteConfig): RouteKey => ({
  family: route.family,
  type: ROUTE_TYPES[route.type],
  destination: route.destination,
  from: route.from,
  table: route.table,
  metric: route.metric ?? (route.family === 'inet6' ? IPV6_METRIC : 0),
  protocol: route.protocol,
  tos: route.tos,
});

/** Reads RTM_NEWROUTE or RTM_DELROUTE of IPv4 and IPv6. */
export function decodeRouteKey(payload: Uint8Array): Result<RouteKey, 'malformed' | 'family'> {
  if (payload.length < RTMSG) return err('malformed');
  const [number, bits = 0, sourceBits = 0, tos = 0, shortTable = 0, protocol = 0, , type = 0] = payload;
  const family = familyOf(number);
  if (family === null) return err('family');
  const attrs = decodeAttrs(payload.subarray(RTMSG));
  if (!attrs.ok) return err('malformed');
  const destination = decodeSubnet(findAttr(attrs.value, RTA.DST), bits, family);
  const from = decodeSubnet(findAttr(attrs.value, RTA.SRC), sourceBits, family);
  if (destination === null || from === null) return err('malformed');
  return ok({
    family,
    type,
    destination,
    from: from.prefix === 0 ? null : from,
    table: numberIn(attrs.value, RTA.TABLE) ?? shortTable,
    metric: numberIn(attrs.value, RTA.PRIORITY) ?? 0,
    protocol,
    tos,
  });
}

/** IPv4 or IPv6, or null. */
export function familyOf(number: number | undefined): Family | null {
  if (number === ADDRESS_FAMILIES.inet) return 'inet';
  return number === ADDRESS_FAMILIES.inet6 ? 'inet6' : null;
}

/** Everything, where the attribute is missing; null for an address of another length. */
export function decodeSubnet(attribute: Attr | undefined, prefix: number, family: Family): Subnet | null {
  const length = family === 'inet' ? 4 : 16;
  const bytes = attribute?.payload ?? new Uint8Array(length);
  if (bytes.length !== length || prefix > length * 8) return null;
  return { address: ipFromBytes(bytes) satisfies Ip, prefix: attribute === undefined ? 0 : prefix };
}

/** The number in an attribute; null where there is none. */
export function numberIn(attrs: readonly Attr[], type: number): number | null {
  const found = findAttr(attrs, type);
  const value = found === undefined ? null : attrNumber(found);
  return value === null ? null : Number(value);
}
