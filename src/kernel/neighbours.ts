import type { Ip } from '../base/ip.ts';
import type { Mac } from '../base/mac.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Link } from '../model/addresses.ts';
import { type NetlinkMessage, NLM_F } from '../wire/netlink.ts';
import { decodeLink, encodeLinkDump, RTM, RTNLGRP } from '../wire/rtnl.ts';
import {
  decodeNeighbour,
  encodeNeighbourDump,
  encodeNeighbourUse,
  type Neighbour,
  type NeighbourKey,
  RTM_NEIGH,
  RTNLGRP_NEIGH,
} from '../wire/rtnl-neighbour.ts';
import { RTNLGRP_ROUTE } from '../wire/rtnl-route.ts';
import { decodeWay, encodeWayQuestion, RTM_GETROUTE } from '../wire/rtnl-way.ts';
import type { KernelError } from './error.ts';
import { openNetlink } from './netlink.ts';
import type { NetlinkSocket } from './netlink-socket.ts';

/** Where frames for a host go. */
export interface NextHop {
  readonly ifindex: number;
  /** Of that interface. */
  readonly source: Mac;
  readonly mtu: number;
  /** The host's, or that of the router to it; null while it is asked for. */
  readonly destination: Mac | 'does not answer' | null;
  /** The router in between; null for none. */
  readonly gateway: Ip | null;
  /** The address that this machine would send from. */
  readonly address: Ip | null;
}

/** Finds out, and keeps finding out, where frames for hosts go. */
export interface NextHops {
  /** These hosts are followed from here on, and no others. */
  follow(hosts: readonly Ip[]): void;
  /** The error says what is missing, as a part of a sentence: `there is no route`. Null while that is not known yet. */
  to(host: Ip): Result<NextHop, string> | null;
  close(): void;
}

/** Notifications come in bursts. */
const GATHER_MS = 20;
/** Those that are not known are asked for so often, and so many of them at a time. */
const ASK_MS = 1000;
const MOST_ASKED = 256;
/** Within so many rounds all are, so that the kernel notices one that has gone, or has another address. */
const ROUNDS = 30;

/**
 * Follows routes, links and neighbours of this network namespace. `onChange` is called whenever an answer may be another
 * one. Who is to be followed is asked for at once.
 */
export function openNextHops(onChange: () => void): Result<NextHops, KernelError> {
  const questions = openNetlink('route');
  if (!questions.ok) return questions;
  const hops = new KernelNextHops(questions.value, onChange);
  const watcher = openNetlink('route', {
    groups: [
      ...[RTNLGRP.LINK, RTNLGRP.IPV4_IFADDR, RTNLGRP.IPV6_IFADDR, RTNLGRP_NEIGH],
      ...[RTNLGRP_ROUTE.IPV4, RTNLGRP_ROUTE.IPV6],
    ],
    onNotification: (message) => hops.hear(message),
    onOverrun: () => hops.lookAgain(),
  });
  if (!watcher.ok) {
    questions.value.close();
    return watcher;
  }
  return ok({
    follow: (hosts) => hops.follow(hosts),
    to: (host) => hops.to(host),
    close() {
      hops.close();
      watcher.value.close();
    },
  });
}

type Route = Omit<NextHop, 'destination'>;

class KernelNextHops implements NextHops {
  readonly #socket: NetlinkSocket;
  readonly #onChange: () => void;
  #hosts: ReadonlySet<Ip> = new Set();
  #routes: ReadonlyMap<Ip, Result<Route, string>> = new Map();
  /** By keyOf: those that routes lead over. */
  #wanted: ReadonlyMap<string, NeighbourKey> = new Map();
  /** By keyOf, of those. */
  readonly #fixed = new Set<string>();
  readonly #macs = new Map<string, Exclude<NextHop['destination'], null>>();
  #gathering: NodeJS.Timeout | null = null;
  #isLooking = false;
  #isStale = false;
  #isClosed = false;
  readonly #timer: NodeJS.Timeout;
  #round = 0;

  constructor(socket: NetlinkSocket, onChange: () => void) {
    this.#socket = socket;
    this.#onChange = onChange;
    this.#timer = setInterval(() => {
      if ([...this.#hosts].some((host) => !this.#routes.has(host))) this.lookAgain();
      this.#round++;
      this.#ask();
    }, ASK_MS);
  }

  follow(hosts: readonly Ip[]): void {
    const before = this.#hosts;
    this.#hosts = new Set(hosts);
    if (hosts.some((host) => !before.has(host))) void this.#look();
  }

  to(host: Ip): Result<NextHop, string> | null {
    const route = this.#routes.get(host);
    if (route?.ok !== true) return route ?? null;
    return ok({ ...route.value, destination: this.#macs.get(keyOf(neighbourOf(host, route.value))) ?? null });
  }

  /** A neighbour that is ours is taken as it is told; whatever else has changed is read anew. */
  hear({ type, payload }: NetlinkMessage): void {
    if (type !== RTM_NEIGH.NEW && type !== RTM_NEIGH.DEL) {
      this.lookAgain();
      return;
    }
    const told = decodeNeighbour(payload);
    if (!told.ok || !this.#wanted.has(keyOf(told.value))) return;
    if (type === RTM_NEIGH.DEL) {
      // The kernel tidies up: it is still where it was until it fails to answer.
      this.#fixed.delete(keyOf(told.value));
      void this.#use([told.value]);
    } else if (this.#learn(told.value)) this.#onChange();
  }

  lookAgain(): void {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = null;
      void this.#look();
    }, GATHER_MS);
  }

  close(): void {
    this.#isClosed = true;
    if (this.#gathering !== null) clearTimeout(this.#gathering);
    clearInterval(this.#timer);
    this.#socket.close();
  }

  /** One look at a time; what changes meanwhile is looked at once more. */
  async #look(): Promise<void> {
    this.#isStale = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    while (this.#isStale && !this.#isClosed) {
      this.#isStale = false;
      await this.#read();
    }
    this.#isLooking = false;
  }

  async #read(): Promise<void> {
    const dumped = await this.#socket.dump({ type: RTM.GETLINK, flags: 0, payload: encodeLinkDump() });
    // What fails leaves what was known, and is tried again with the next change or question.
    if (!dumped.ok) return;
    const links = dumped.value.flatMap(({ payload }) => {
      const link = decodeLink(payload);
      return link.ok ? [link.value] : [];
    });
    const byIndex = new Map(links.map((link) => [link.ifindex, link]));
    const hosts = [...this.#hosts];
    const routes = await Promise.all(hosts.map((host) => this.#route(host, byIndex)));
    const neighbours = await this.#socket.dump({
      type: RTM_NEIGH.GET,
      flags: 0,
      payload: encodeNeighbourDump(),
    });
    this.#routes = new Map(hosts.map((host, i) => [host, routes[i] ?? err('it was not asked for')]));
    const wanted = neighboursOf(this.#routes);
    this.#wanted = wanted;
    for (const key of this.#macs.keys()) if (!wanted.has(key)) this.#forget(key);
    for (const { payload } of neighbours.ok ? neighbours.value : []) {
      const told = decodeNeighbour(payload);
      if (told.ok && wanted.has(keyOf(told.value))) this.#learn(told.value);
    }
    this.#ask();
    if (!this.#isClosed) this.#onChange();
  }

  async #route(host: Ip, links: ReadonlyMap<number, Link>): Promise<Result<Route, string>> {
    const answer = await this.#socket.ask({ type: RTM_GETROUTE, flags: 0, payload: encodeWayQuestion(host) });
    if (!answer.ok) return err('there is no route');
    const way = decodeWay(answer.value.payload);
    if (!way.ok)
      return err(way.error === 'no_way' ? 'its address is one of this machine' : 'there is no route');
    const { ifindex, gateway, source: address } = way.value;
    const link = links.get(ifindex);
    const mac = link?.mac ?? null;
    if (link === undefined || mac === null) return err(`${link?.name ?? 'its interface'} is no Ethernet`);
    return ok({ ifindex, source: mac as Mac, mtu: link.mtu, gateway, address });
  }

  /** Whether it is news. */
  #learn(told: Neighbour): boolean {
    const key = keyOf(told);
    if (told.isFixed) this.#fixed.add(key);
    else this.#fixed.delete(key);
    const mac = told.hasFailed ? 'does not answer' : told.mac;
    if (mac === null || this.#macs.get(key) === mac) return false;
    this.#macs.set(key, mac);
    return true;
  }

  #forget(key: string): void {
    this.#macs.delete(key);
    this.#fixed.delete(key);
  }

  #lacks(key: string): boolean {
    const mac = this.#macs.get(key);
    return mac === undefined || mac === 'does not answer';
  }

  /** Those that are not known, in turn where they are many, and some of all others. */
  #ask(): void {
    const all = [...this.#wanted];
    const lacking = all.filter(([key]) => this.#lacks(key));
    const from = lacking.length > MOST_ASKED ? (this.#round * MOST_ASKED) % lacking.length : 0;
    const asked = [
      ...lacking.slice(from, from + MOST_ASKED),
      ...all.filter(
        ([key], i) => i % ROUNDS === this.#round % ROUNDS && !this.#lacks(key) && !this.#fixed.has(key),
      ),
    ];
    if (asked.length > 0) void this.#use(asked.map(([, neighbour]) => neighbour));
  }

  async #use(neighbours: readonly NeighbourKey[]): Promise<void> {
    await this.#socket.perform(
      neighbours.map((neighbour) => ({
        type: RTM_NEIGH.NEW,
        flags: NLM_F.CREATE,
        payload: encodeNeighbourUse(neighbour),
      })),
    );
  }
}

function neighboursOf(routes: ReadonlyMap<Ip, Result<Route, string>>): ReadonlyMap<string, NeighbourKey> {
  const wanted = new Map<string, NeighbourKey>();
  for (const [host, route] of routes) {
    if (!route.ok) continue;
    const neighbour = neighbourOf(host, route.value);
    wanted.set(keyOf(neighbour), neighbour);
  }
  return wanted;
}

const neighbourOf = (host: Ip, { ifindex, gateway }: Route): NeighbourKey => ({
  ifindex,
  address: gateway ?? host,
});

const keyOf = ({ ifindex, address }: NeighbourKey): string => `${ifindex} ${address}`;
