import type { Family, Ip } from '../base/ip.ts';

/** A destination or selector: an address and how many of its bits count. */
export interface Subnet {
  readonly address: Ip;
  readonly prefix: number;
}

export const ROUTE_TYPES = {
  unicast: 1,
  local: 2,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
} as const;
export type RouteType = keyof typeof ROUTE_TYPES;

export interface Nexthop {
  readonly via: Ip | null;
  readonly dev: string | null;
  /** 1–256; 1 unless several next hops share the route. */
  readonly weight: number;
  readonly onlink: boolean;
}

/** A route as `ip route` has it (rtnetlink(7), linux/rtnetlink.h). */
export interface RouteConfig {
  readonly family: Family;
  readonly type: RouteType;
  /** Prefix 0 for the default route. */
  readonly destination: Subnet;
  /** Source prefix (`from`), IPv6 only. */
  readonly from: Subnet | null;
  /** Preferred source address (`src`). */
  readonly source: Ip | null;
  /** 254 is main. */
  readonly table: number;
  readonly metric: number | null;
  /** rt_scope_t; 0 for IPv6, which has none. */
  readonly scope: number;
  /** rt_protocol: 18 is keepalived's number, whose place we take. */
  readonly protocol: number;
  readonly tos: number;
  /** Empty for a route that leads nowhere. */
  readonly nexthops: readonly Nexthop[];
  /** RTAX_*: number of the metric to its value (mtu, advmss, window, rtt, …). */
  readonly metrics: readonly (readonly [number, number])[];
  /** Its loss is no fault. */
  readonly noTrack: boolean;
}

export const RULE_ACTIONS = { lookup: 1, goto: 2, blackhole: 6, unreachable: 7, prohibit: 8 } as const;
export type RuleAction = keyof typeof RULE_ACTIONS;

/** A routing rule as `ip rule` has it (linux/fib_rules.h). */
export interface RuleConfig {
  readonly family: Family;
  readonly action: RuleAction;
  readonly not: boolean;
  readonly from: Subnet | null;
  readonly to: Subnet | null;
  readonly iif: string | null;
  readonly oif: string | null;
  readonly fwmark: { readonly mark: number; readonly mask: number } | null;
  readonly tos: number;
  /** Of `lookup`; 254 is main. */
  readonly table: number;
  /** Always known, so that the rule can be taken away again. */
  readonly preference: number;
  /** Of `goto`. */
  readonly target: number | null;
  readonly noTrack: boolean;
}
