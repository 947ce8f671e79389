import { destKey } from '../model/services.ts';
import type { XdpServer } from '../model/xdp.ts';

/** The servers of a service in the order of their names, `address:port`: the same on all directors. */
export interface NamedServers {
  readonly names: readonly string[];
  /** The server of each name. */
  readonly servers: readonly XdpServer[];
}

export const NO_SERVERS: NamedServers = { names: [], servers: [] };

/** What becomes of the server of a name. Null is none. */
export interface ServerEdit {
  readonly name: string;
  readonly was: XdpServer | null;
  readonly server: XdpServer | null;
}

/** Servers in the order of their names, kept from one change to the next by the list that they are of. */
export class ServerNames {
  readonly #known = new WeakMap<readonly XdpServer[], NamedServers>();

  of(servers: readonly XdpServer[]): NamedServers {
    let named = this.#known.get(servers);
    if (named === undefined) {
      named = nameServers(servers);
      this.#known.set(servers, named);
    }
    return named;
  }

  keep(servers: readonly XdpServer[], named: NamedServers): void {
    this.#known.set(servers, named);
  }
}

export const nameServers = (servers: readonly XdpServer[]): NamedServers =>
  editNamed(
    NO_SERVERS,
    servers.map((server) => ({ name: destKey(server.key), was: null, server })),
  );

export function findServer({ names, servers }: NamedServers, name: string): XdpServer | null {
  const at = placeOf(names, name, 0);
  return names[at] === name ? (servers[at] ?? null) : null;
}

/** The servers after these edits, one at most for each name. */
export function editNamed(before: NamedServers, edits: readonly ServerEdit[]): NamedServers {
  const names: string[] = [];
  const servers: XdpServer[] = [];
  let from = 0;
  const keepUntil = (end: number) => {
    for (; from < end; from++) {
      names.push(before.names[from] as string);
      servers.push(before.servers[from] as XdpServer);
    }
  };
  for (const { name, server } of [...edits].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    keepUntil(placeOf(before.names, name, from));
    if (before.names[from] === name) from++;
    if (server === null) continue;
    names.push(name);
    servers.push(server);
  }
  keepUntil(before.names.length);
  return { names, servers };
}

/** A list in the order of slots after these edits. */
export function editSlots(before: readonly XdpServer[], edits: readonly ServerEdit[]): readonly XdpServer[] {
  const others = new Map<number, XdpServer | null>();
  for (const { was, server } of edits) if (was !== null) others.set(was.slot, server);
  const after: XdpServer[] = [];
  for (const server of before) {
    const other = others.get(server.slot);
    if (other === undefined) after.push(server);
    else if (other !== null) after.push(other);
  }
  const stay = after.length;
  for (const { was, server } of edits) if (was === null && server !== null) after.push(server);
  return after.length === stay ? after : after.sort((a, b) => a.slot - b.slot);
}

/** Where `name` is among sorted names, or would be, from `low` on. */
function placeOf(names: readonly string[], name: string, from: number): number {
  let [low, high] = [from, names.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((names[middle] as string) < name) low = middle + 1;
    else high = middle;
  }
  return low;
}
