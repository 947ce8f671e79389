import type { Ip } from '../base/ip.ts';
import type { XdpCounters, XdpServer, XdpServerCounters, XdpTable, XdpTraffic } from '../model/xdp.ts';
import { decodeCounts } from '../wire/xdp/config.ts';
import { decodeAddressKey } from '../wire/xdp/key.ts';
import { FLOW_WAYS, SERVER, SERVICE } from '../wire/xdp/layout.ts';
import { decodeServer, type XdpServerRecord } from '../wire/xdp/server.ts';
import { decodeService, type XdpServiceRecord } from '../wire/xdp/service.ts';
import type { XdpMaps } from './xdp-maps.ts';
import { recordBytes } from './xdp-records.ts';

/** What the maps hold, for those who plan changes to them. */
export function readTable(maps: XdpMaps): XdpTable {
  const services = readServices(maps);
  const servers = readServers(maps);
  const of = new Map<number, XdpServer[]>(services.map(([slot]) => [slot, []]));
  for (const [slot, { state, service, path: _, ...server }] of servers)
    if (state !== 'retired') of.get(service)?.push({ slot, state, ...server });
  const open = new Set<number>();
  const addresses = new Map<Ip, boolean>();
  for (const [key, value] of maps.keys()) {
    const address = decodeAddressKey(key);
    if (address === null) open.add(value);
    else addresses.set(address, value !== 0);
  }
  return {
    room: {
      services: maps.entries.services,
      servers: maps.entries.servers,
      words: maps.rings.length,
    },
    services: services.map(([slot, { choices: _, folded: __, ...service }]) => ({
      slot,
      ...service,
      servers: of.get(slot) ?? [],
    })),
    open,
    retired: servers.flatMap(([slot, { state }]) => (state === 'retired' ? [slot] : [])),
    addresses,
    counts: decodeCounts(new Uint8Array(maps.memory.config)),
  };
}

/** What the program counted, by the slots of the table. */
export function readCounters(maps: XdpMaps, { services }: XdpTable): XdpCounters {
  const slots = services.flatMap(({ servers }) => servers.map(({ slot }) => slot));
  return {
    flowTableSize: maps.entries.flows * FLOW_WAYS,
    servers: new Map(slots.map((slot) => [slot, countersOf(maps, slot)])),
    folded: new Map(services.map(({ slot }) => [slot, foldedOf(maps, slot)])),
  };
}

function countersOf(maps: XdpMaps, slot: number): XdpServerCounters {
  const [conns, packets, bytes] = maps.trafficOf(slot);
  return {
    traffic: { conns, packets, bytes },
    active: maps.conns[2 * slot] ?? 0,
    inactive: maps.conns[2 * slot + 1] ?? 0,
  };
}

function foldedOf(maps: XdpMaps, slot: number): XdpTraffic {
  const service = decodeService(recordBytes(maps.memory.services, SERVICE.size, slot));
  return service?.folded ?? { conns: 0n, packets: 0n, bytes: 0n };
}

/** The slots of `servers` in use. */
export const readServers = (maps: XdpMaps): readonly (readonly [number, XdpServerRecord])[] =>
  slots(maps.entries.servers, maps.memory.servers, SERVER.size, SERVER.at.state, decodeServer);

/** The slots of `services` in use. */
export const readServices = (maps: XdpMaps): readonly (readonly [number, XdpServiceRecord])[] =>
  slots(maps.entries.services, maps.memory.services, SERVICE.size, SERVICE.at.flags, decodeService);

/** Decodes those whose byte at `used` is not 0: looking is cheap, and most slots are free. */
function slots<T>(
  entries: number,
  array: ArrayBuffer,
  size: number,
  used: number,
  decode: (bytes: Uint8Array) => T | null,
): readonly (readonly [number, T])[] {
  const bytes = new Uint8Array(array);
  const found: (readonly [number, T])[] = [];
  for (let slot = 0; slot < entries; slot++) {
    if (bytes[slot * size + used] === 0) continue;
    const decoded = decode(recordBytes(array, size, slot));
    if (decoded !== null) found.push([slot, decoded]);
  }
  return found;
}
