import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Ip } from '../base/ip.ts';
import type { NextHops } from '../kernel/neighbours.ts';
import type { XdpMaps } from '../kernel/xdp-maps.ts';
import { readServers } from '../kernel/xdp-read.ts';
import { writePath } from '../kernel/xdp-write.ts';
import { destKey } from '../model/services.ts';
import type { XdpPath, XdpServerRecord } from '../wire/xdp/server.ts';

/** How long a change waits for who has not answered yet. */
const PATIENCE_MS = 250;
const STEP_MS = 5;

/** How frames get to the servers in the maps, those included that are out: they may come back at any time. */
export class XdpPaths {
  readonly #maps: XdpMaps;
  readonly #hops: NextHops;
  #problems: readonly string[] = [];
  /** Servers to be. */
  readonly #expected = new Set<Ip>();

  constructor(maps: XdpMaps, hops: NextHops) {
    this.#maps = maps;
    this.#hops = hops;
  }

  /** Why packets to some servers are dropped, other than that they do not answer. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Resolves when it is known where frames for these hosts go, or soon after it is not. */
  async expect(hosts: readonly Ip[]): Promise<void> {
    if (hosts.length === 0) return;
    for (const host of hosts) this.#expected.add(host);
    this.apply();
    for (
      let waited = 0;
      waited < PATIENCE_MS && hosts.some((host) => this.#isAsked(host));
      waited += STEP_MS
    ) {
      await sleep(STEP_MS);
    }
    for (const host of hosts) this.#expected.delete(host);
  }

  /** Tells the program what has changed since the last call. */
  apply(): void {
    const servers = readServers(this.#maps).filter(([, { state }]) => state !== 'retired');
    this.#hops.follow([...new Set([...servers.map(([, { key }]) => key.address), ...this.#expected])]);
    const problems = new Set<string>();
    for (const [slot, server] of servers) {
      const path = this.#pathTo(server, problems);
      if (!isDeepStrictEqual(path, server.path)) writePath(this.#maps, slot, path);
    }
    this.#problems = [...problems];
  }

  #isAsked(host: Ip): boolean {
    const found = this.#hops.to(host);
    return found === null || (found.ok && found.value.destination === null);
  }

  #pathTo(server: XdpServerRecord, problems: Set<string>): XdpPath | null {
    const { key, attrs, state } = server;
    const found = this.#hops.to(key.address);
    // What an earlier process knew holds until this one knows better.
    if (found === null) return server.path;
    if (!found.ok) {
      if (state === 'in') problems.add(`server ${destKey(key)} is not reached: ${found.error}`);
      return null;
    }
    const { ifindex, source, destination, mtu, gateway, address } = found.value;
    const isTunnel = attrs.forward === 'tun';
    if (gateway !== null && !isTunnel) {
      if (state === 'in') {
        const text = `server ${destKey(key)} is not reached: it is behind the router ${gateway}, and direct routing takes servers on the same link`;
        problems.add(text);
      }
      return null;
    }
    if (destination === null) return server.path;
    if (destination === 'does not answer') return null;
    return { ifindex, source, destination, mtu, outerSource: isTunnel ? address : null };
  }
}
