import type { Ip } from '../base/ip.ts';
import type { XdpCounters, XdpServer, XdpServerCounters, XdpTable, XdpTraffic } from '../model/xdp.ts';
import { decodeCounts } from '../wire/xdp/config.ts';
import { decodeAddressKey } from '../wire/xdp/key.ts';
import { FLOW_WAYS, SERVER, SERVICE } from '../wire/xdp/layout.ts';
import type { Records } from '../wire/xdp/records.ts';
import { decodeServerAt, serverState, serviceOf } from '../wire/xdp/server.ts';
import { decodeService, type XdpServiceRecord } from '../wire/xdp/service.ts';
import type { XdpMaps } from './xdp-maps.ts';
import { recordBytes } from './xdp-records.ts';

/** What the maps hold, for those who plan changes to them. */
export function readTable(maps: XdpMaps): XdpTable {
  const services = readServices(maps);
  const of = new Map<number, XdpServer[]>(services.map(([slot]) => [slot, []]));
  const retired: number[] = [];
  for (const slot of usedServers(maps)) {
    if (serverState(maps.servers, slot) === 'retired') retired.push(slot);
    else of.get(serviceOf(maps.servers, slot))?.push(decodeServerAt(maps.servers, slot));
  }
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
    retired,
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

/** The slots of `services` in use. */
export function readServices(maps: XdpMaps): readonly (readonly [number, XdpServiceRecord])[] {
  const found: (readonly [number, XdpServiceRecord])[] = [];
  for (const slot of used(maps.services, SERVICE.at.flags)) {
    const service = decodeService(recordBytes(maps.memory.services, SERVICE.size, slot));
    if (service !== null) found.push([slot, service]);
  }
  return found;
}

/** The slots of `servers` in use. */
export const usedServers = (maps: XdpMaps): readonly number[] => used(maps.servers, SERVER.at.state);

/** The slots whose byte at `offset` is not 0: looking is cheap, and most are free. */
function used({ bytes, size }: Records, offset: number): readonly number[] {
  const found: number[] = [];
  for (let at = offset, slot = 0; at < bytes.length; at += size, slot++)
    if (bytes[at] !== 0) found.push(slot);
  return found;
}
