import { setTimeout as sleep } from 'node:timers/promises';
import type { Ip } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { NextHops } from '../kernel/neighbours.ts';
import type { XdpMaps } from '../kernel/xdp-maps.ts';
import { usedServers } from '../kernel/xdp-read.ts';
import { writePath } from '../kernel/xdp-write.ts';
import { destKey } from '../model/services.ts';
import type { XdpOp, XdpServer } from '../model/xdp.ts';
import { decodePath, decodeServerAt, serverState, type XdpPath } from '../wire/xdp/server.ts';

/** How long a change waits for who has not answered yet. */
const PATIENCE_MS = 250;
const STEP_MS = 5;

/** A server in the maps, and what the program is told of the way to it. */
interface Led {
  readonly server: XdpServer;
  path: XdpPath | null;
  /** Why its packets are dropped, other than that it does not answer. */
  problem: string | null;
}

/** How frames get to the servers in the maps, those included that are out: they may come back at any time. */
export class XdpPaths {
  readonly #maps: XdpMaps;
  readonly #hops: NextHops;
  /** By slot. */
  readonly #servers = new Map<number, Led>();
  /** Hosts of those, each with how many it has. */
  readonly #hosts = new Map<Ip, number>();
  /** Servers to be. */
  readonly #expected = new Set<Ip>();
  #followed: ReadonlySet<Ip> = new Set();
  /** Others are to be followed than those that are. */
  #isOther = false;

  /** Knows the servers that are in the maps, and tells nothing yet. */
  constructor(maps: XdpMaps, hops: NextHops) {
    this.#maps = maps;
    this.#hops = hops;
    for (const slot of usedServers(maps))
      if (serverState(maps.servers, slot) !== 'retired') this.#take(decodeServerAt(maps.servers, slot));
  }

  /** Why packets to some servers are dropped, other than that they do not answer. */
  get problems(): readonly string[] {
    return [...new Set([...this.#servers.values()].flatMap(({ problem }) => problem ?? []))];
  }

  /** Resolves when it is known where frames for these hosts go, or soon after it is not. */
  async expect(hosts: readonly Ip[]): Promise<void> {
    if (hosts.length === 0) return;
    for (const host of hosts) {
      this.#expected.add(host);
      this.#isOther ||= !this.#followed.has(host);
    }
    this.#follow();
    for (
      let waited = 0;
      waited < PATIENCE_MS && hosts.some((host) => this.#isAsked(host));
      waited += STEP_MS
    ) {
      await sleep(STEP_MS);
    }
    for (const host of hosts) this.#expected.delete(host);
  }

  /** These changes were made to the maps: tells the program of the servers that they name. */
  performed(writes: readonly XdpOp[]): void {
    const slots = new Set<number>();
    for (const write of writes) {
      if (write.op === 'retireServer') this.#drop(write.slot);
      else if (write.op === 'putServer') this.#take(write.server);
      else if (write.op === 'setServer') this.#replace(write.server);
      else continue;
      slots.add(write.op === 'retireServer' ? write.slot : write.server.slot);
    }
    this.#follow();
    for (const slot of slots) {
      const led = this.#servers.get(slot);
      if (led !== undefined) this.#lead(led);
    }
  }

  /** Tells the program what has changed since the last call. */
  apply(): void {
    this.#follow();
    for (const led of this.#servers.values()) this.#lead(led);
  }

  #take(server: XdpServer): void {
    const { slot, key } = server;
    this.#servers.set(slot, { server, path: decodePath(this.#maps.servers, slot), problem: null });
    this.#hosts.set(key.address, (this.#hosts.get(key.address) ?? 0) + 1);
    this.#isOther ||= !this.#followed.has(key.address);
  }

  /** The same server, with other attributes: its path may be gone. */
  #replace(server: XdpServer): void {
    const path = decodePath(this.#maps.servers, server.slot);
    this.#servers.set(server.slot, { server, path, problem: null });
  }

  #drop(slot: number): void {
    const led = this.#servers.get(slot);
    if (led === undefined) return;
    this.#servers.delete(slot);
    const { address } = led.server.key;
    const others = (this.#hosts.get(address) ?? 0) - 1;
    if (others > 0) {
      this.#hosts.set(address, others);
      return;
    }
    this.#hosts.delete(address);
    this.#isOther = true;
  }

  #follow(): void {
    if (!this.#isOther) return;
    this.#isOther = false;
    this.#followed = new Set([...this.#hosts.keys(), ...this.#expected]);
    this.#hops.follow([...this.#followed]);
  }

  #isAsked(host: Ip): boolean {
    const found = this.#hops.to(host);
    return found === null || (found.ok && found.value.destination === null);
  }

  #lead(led: Led): void {
    const found = this.#pathTo(led);
    const path = found.ok ? found.value : null;
    led.problem = found.ok ? null : found.error;
    if (samePath(path, led.path)) return;
    led.path = path;
    writePath(this.#maps, led.server.slot, path);
  }

  /** The error is a problem; null where a server that is out has one. */
  #pathTo({ server, path }: Led): Result<XdpPath | null, string | null> {
    const { key, attrs, state } = server;
    const found = this.#hops.to(key.address);
    // What an earlier process knew holds until this one knows better.
    if (found === null) return ok(path);
    const problem = (text: string) =>
      err(state === 'in' ? `server ${destKey(key)} is not reached: ${text}` : null);
    if (!found.ok) return problem(found.error);
    const { ifindex, source, destination, mtu, gateway, address } = found.value;
    const isTunnel = attrs.forward === 'tun';
    if (gateway !== null && !isTunnel)
      return problem(`it is behind the router ${gateway}, and direct routing takes servers on the same link`);
    if (destination === null) return ok(path);
    if (destination === 'does not answer') return ok(null);
    return ok({ ifindex, source, destination, mtu, outerSource: isTunnel ? address : null });
  }
}

const samePath = (a: XdpPath | null, b: XdpPath | null): boolean =>
  a === b ||
  (a !== null &&
    b !== null &&
    a.ifindex === b.ifindex &&
    a.source === b.source &&
    a.destination === b.destination &&
    a.mtu === b.mtu &&
    a.outerSource === b.outerSource);
