import { ipFamily } from '../base/ip.ts';
import { ok, type Result } from '../base/result.ts';
import type { RouteConfig, RuleConfig } from '../model/routes.ts';
import { type NetlinkMessage, NLM_F } from '../wire/netlink.ts';
import { encodeRouteFilter } from '../wire/route-filter.ts';
import { decodeAddress, decodeLink, RTM, RTNLGRP } from '../wire/rtnl.ts';
import { decodeRouteKey, keyOfRoute, type RouteKey, RTM_ROUTE, RTNLGRP_ROUTE } from '../wire/rtnl-route.ts';
import { decodeRule, type KernelRule, RTM_RULE, RTNLGRP_RULE } from '../wire/rtnl-rule.ts';
import { type KernelError, kernelError } from './error.ts';
import { native } from './native.ts';
import { openNetlink } from './netlink.ts';

/** linux/netlink.h */
const NETLINK_ROUTE = 0;
/** Losses come in bursts, as when an interface goes: one call tells of all. */
const GATHER_MS = 20;

/** Objects of one kind that are ours in the kernel. */
export interface Held<T> {
  hold(objects: readonly T[]): void;
  drop(objects: readonly T[]): void;
}

export interface LossWatch {
  readonly routes: Held<RouteConfig>;
  readonly rules: Held<RuleConfig>;
  close(): void;
}

/**
 * Calls `onLost` when the kernel tells that a held object may be gone, unless the socket with port `own` took it away.
 * A call too many is possible, one too few is not.
 */
export function watchLosses(
  own: number,
  ifindexOf: (dev: string) => number | null,
  onLost: () => void,
): Result<LossWatch, KernelError> {
  const routes = new HeldRoutes(ifindexOf);
  const rules = new HeldRules();
  let gathering: NodeJS.Timeout | null = null;
  const tell = () => {
    gathering ??= setTimeout(() => {
      gathering = null;
      onLost();
    }, GATHER_MS);
  };
  const watcher = openNetlink('route', {
    groups: [
      RTNLGRP_ROUTE.IPV4,
      RTNLGRP_ROUTE.IPV6,
      RTNLGRP_RULE.IPV4,
      RTNLGRP_RULE.IPV6,
      RTNLGRP.LINK,
      RTNLGRP.IPV4_IFADDR,
    ],
    onNotification: (message) => {
      if (message.port !== own && (routes.mayLose(message) || rules.mayLose(message))) tell();
    },
    onOverrun: () => {
      if (routes.size + rules.size > 0) tell();
    },
  });
  if (!watcher.ok) return watcher;
  const descriptor = native.findNetlinkSocket(NETLINK_ROUTE, watcher.value.port);
  // A full routing table that flaps would take the process 15 µs per route (Linux 6.18, a 2-core guest) and the socket
  // its buffer, so the kernel sorts out what is about other routes.
  const attach = () => {
    const failed = native.attachFilter(descriptor, routes.filter());
    if (failed < 0) throw new Error(`cannot filter a netlink socket: ${kernelError(-failed).message}`);
  };
  attach();
  return ok({
    routes: {
      hold(objects) {
        routes.hold(objects);
        attach();
      },
      drop(objects) {
        routes.drop(objects);
        attach();
      },
    },
    rules,
    close() {
      if (gathering !== null) clearTimeout(gathering);
      watcher.value.close();
    },
  });
}

class HeldRoutes implements Held<RouteConfig> {
  private readonly ifindexOf: (dev: string) => number | null;
  private readonly held = new Map<string, RouteConfig>();

  constructor(ifindexOf: (dev: string) => number | null) {
    this.ifindexOf = ifindexOf;
  }

  get size(): number {
    return this.held.size;
  }

  hold(routes: readonly RouteConfig[]): void {
    for (const route of routes) this.held.set(textOfRoute(keyOfRoute(route)), route);
  }

  drop(routes: readonly RouteConfig[]): void {
    for (const route of routes) this.held.delete(textOfRoute(keyOfRoute(route)));
  }

  /** The socket filter for what is held. */
  filter(): Uint8Array {
    const held = [...this.held.values()];
    return encodeRouteFilter(
      new Set(held.map(({ protocol }) => protocol)),
      new Set(held.map(({ destination }) => destination.prefix)),
    );
  }

  mayLose({ type, flags, payload }: NetlinkMessage): boolean {
    if (this.held.size === 0) return false;
    switch (type) {
      case RTM_ROUTE.DEL:
        return this.has(payload);
      case RTM_ROUTE.NEW:
        // Of `ip route replace` only the new route is told.
        return (flags & NLM_F.REPLACE) !== 0 && this.has(payload);
      case RTM.NEWLINK:
      case RTM.DELLINK:
        return this.goesWithLink(payload);
      case RTM.DELADDR:
        return this.goesWithAddress(payload);
      default:
        return false;
    }
  }

  private has(payload: Uint8Array): boolean {
    const key = decodeRouteKey(payload);
    return key.ok && this.held.has(textOfRoute(key.value));
  }

  // With an interface Linux drops its IPv4 routes without a word (fib_disable_ip in net/ipv4/fib_frontend.c).
  private goesWithLink(payload: Uint8Array): boolean {
    const link = decodeLink(payload);
    return link.ok && !link.value.running && this.leads(link.value.ifindex, link.value.name);
  }

  // So it does with a preferred source, or with the last address of an interface.
  private goesWithAddress(payload: Uint8Array): boolean {
    const gone = decodeAddress(payload);
    if (!gone.ok || ipFamily(gone.value.address) !== 'inet') return false;
    const { address, ifindex } = gone.value;
    return [...this.held.values()].some(({ source }) => source === address) || this.leads(ifindex, null);
  }

  /** Whether a held route for IPv4 leads, or may lead, out of this interface. */
  private leads(ifindex: number, name: string | null): boolean {
    return [...this.held.values()].some(
      ({ family, nexthops }) =>
        family === 'inet' &&
        nexthops.some(({ dev }) => dev === null || dev === name || this.ifindexOf(dev) === ifindex),
    );
  }
}

class HeldRules implements Held<RuleConfig> {
  private readonly held = new Set<string>();

  get size(): number {
    return this.held.size;
  }

  hold(rules: readonly RuleConfig[]): void {
    for (const rule of rules) this.held.add(textOfRule(rule));
  }

  drop(rules: readonly RuleConfig[]): void {
    for (const rule of rules) this.held.delete(textOfRule(rule));
  }

  mayLose({ type, payload }: NetlinkMessage): boolean {
    if (type !== RTM_RULE.DEL || this.held.size === 0) return false;
    const rule = decodeRule(payload);
    return rule.ok && this.held.has(textOfRule(rule.value));
  }
}

const textOf = (subnet: RouteKey['from']): string =>
  subnet === null ? '-' : `${subnet.address}/${subnet.prefix}`;

/** Without the protocol, which a route that replaces another need not share. */
const textOfRoute = (key: RouteKey): string =>
  `${key.family} ${key.type} ${key.table} ${textOf(key.destination)} ${textOf(key.from)} ${key.metric} ${key.tos}`;

function textOfRule(rule: KernelRule): string {
  const { family, preference, action, table, target, not, from, to, iif, oif, fwmark, tos } = rule;
  const what = [family, preference, action, table, target, not, textOf(from), textOf(to)];
  return [...what, iif, oif, fwmark?.mark, fwmark?.mask, tos].join(' ');
}
