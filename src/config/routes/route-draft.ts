import type { Family, Ip } from '../../base/ip.ts';
import type { Nexthop, RouteType, Subnet } from '../../model/routes.ts';

type Growing<T> = { -readonly [Key in keyof T]: T[Key] };

export interface Hop extends Growing<Nexthop> {
  /** The index of the word that began it. */
  readonly at: number;
}

/** A route while its words are read. */
export interface RouteDraft {
  type: RouteType;
  destination: Subnet | 'default' | null;
  from: Subnet | null;
  source: Ip | null;
  readonly numbers: { table?: number; metric?: number; scope?: number; protocol?: number; tos?: number };
  /** What is said outside of any `nexthop`. */
  readonly single: Hop;
  /** Behind `or`. */
  readonly fallbacks: Ip[];
  readonly hops: Hop[];
  readonly metrics: Map<number, number>;
  noTrack: boolean;
  /** Words that say which family the route is of. */
  readonly told: { readonly family: Family; readonly at: number }[];
}

export const newHop = (at: number): Hop => ({ at, via: null, dev: null, weight: 1, onlink: false });

export const newRoute = (): RouteDraft => ({
  type: 'unicast',
  destination: null,
  from: null,
  source: null,
  numbers: {},
  single: newHop(0),
  fallbacks: [],
  hops: [],
  metrics: new Map(),
  noTrack: false,
  told: [],
});
