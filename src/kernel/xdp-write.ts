import { never } from '../base/never.ts';
import { ok, type Result } from '../base/result.ts';
import type { XdpOp, XdpServer } from '../model/xdp.ts';
import { encodeAddressKey, encodeServiceKey } from '../wire/xdp/key.ts';
import { CONFIG, SERVER, SERVER_FLAGS, SERVICE } from '../wire/xdp/layout.ts';
import { decodeServer, encodeServer, type XdpPath, type XdpServerRecord } from '../wire/xdp/server.ts';
import { decodeService, encodeRing, encodeService, type XdpServiceRecord } from '../wire/xdp/service.ts';
import type { KernelError } from './error.ts';
import type { XdpMaps } from './xdp-maps.ts';
import { recordBytes, recordWords, storeRecord } from './xdp-records.ts';

const NO_TRAFFIC = { conns: 0n, packets: 0n, bytes: 0n };

/** Makes one change to maps that packets are read by. Only those to keys can fail, for want of room or memory. */
export function writeXdp(maps: XdpMaps, op: XdpOp): Result<void, KernelError> {
  switch (op.op) {
    case 'deleteKey':
      return maps.deleteKey(encodeServiceKey(op.key));
    case 'putKey':
      return maps.setKey(encodeServiceKey(op.key), op.service);
    case 'putAddress':
      return maps.setKey(encodeAddressKey(op.address), op.isHeld ? 1 : 0);
    case 'deleteAddress':
      return maps.deleteKey(encodeAddressKey(op.address));
    case 'putServer':
      putServer(maps, op.service, op.server);
      break;
    case 'setServer':
      changeServer(maps, op.server.slot, (before) => ({
        ...before,
        ...recordOf(op.server),
        // A tunnel has outer addresses that direct routing has not.
        path: sameWay(before, op.server) ? before.path : null,
      }));
      break;
    case 'retireServer':
      changeServer(maps, op.slot, (before) => ({ ...before, state: 'retired' }));
      break;
    case 'clearFlows':
      clearFlows(maps, op.servers);
      break;
    case 'foldTraffic':
      foldTraffic(maps, op.server, op.into);
      break;
    case 'putService':
      storeService(maps, op.slot, { ...op.service, choices: 0n, folded: NO_TRAFFIC });
      break;
    case 'setService':
      changeService(maps, op.slot, (before) => ({ ...before, attrs: op.attrs }));
      break;
    case 'own':
      changeService(maps, op.service, (before) => ({ ...before, isOwned: op.isOwned }));
      break;
    case 'freeService':
      storeService(maps, op.slot, null);
      break;
    case 'writeRing':
      maps.rings.set(op.words, op.region.offset);
      break;
    case 'flip':
      flip(maps, op);
      break;
    case 'setCounts': {
      const words = new Uint32Array(maps.memory.config);
      Atomics.store(words, CONFIG.at.unowned / 4, op.counts.unowned);
      Atomics.store(words, CONFIG.at.any_port / 4, op.counts.anyPort);
      break;
    }
    default:
      never(op);
  }
  return ok(undefined);
}

/** How frames get to a server from here on; null while that is not known. */
export function writePath(maps: XdpMaps, slot: number, path: XdpPath | null): void {
  changeServer(maps, slot, (before) => ({ ...before, path }));
}

/** Scheduler, family and flags. */
const SERVICE_GATE = SERVICE.at.scheduler / 4;
/** Method, flags and mtu. */
const SERVER_GATE = SERVER.at.method / 4;
const REACHABLE = SERVER_FLAGS.reachable << (8 * (SERVER.at.flags - SERVER.at.method));

const serviceWords = (maps: XdpMaps, slot: number): Uint32Array =>
  recordWords(maps.memory.services, SERVICE.size, slot);

/** The program reads what a word of a service says for itself, and its ring is only ever stored whole. */
function storeService(maps: XdpMaps, slot: number, service: XdpServiceRecord | null): void {
  const bytes = service === null ? new Uint8Array(SERVICE.size) : encodeService(service);
  storeRecord(serviceWords(maps, slot), bytes, SERVICE_GATE, {
    closed: (word) => word,
    guarded: () => false,
  });
}

/** A frame with half of a MAC address, or half of an outer one, would go to somebody else. */
function storeServer(maps: XdpMaps, slot: number, server: XdpServerRecord | null): void {
  const bytes = server === null ? new Uint8Array(SERVER.size) : encodeServer(server);
  storeRecord(recordWords(maps.memory.servers, SERVER.size, slot), bytes, SERVER_GATE, {
    closed: (word) => word & ~REACHABLE,
    guarded: (word) => word < SERVER.at.address / 4 && word !== SERVER.at.weight / 4,
  });
}

function changeService(maps: XdpMaps, slot: number, change: (before: XdpServiceRecord) => XdpServiceRecord) {
  const before = decodeService(recordBytes(maps.memory.services, SERVICE.size, slot));
  if (before === null) throw new Error(`no service is at ${slot}`);
  storeService(maps, slot, change(before));
}

function changeServer(maps: XdpMaps, slot: number, change: (before: XdpServerRecord) => XdpServerRecord) {
  const before = decodeServer(recordBytes(maps.memory.servers, SERVER.size, slot));
  if (before === null) throw new Error(`no server is at ${slot}`);
  storeServer(maps, slot, change(before));
}

function recordOf({ slot: _, ...server }: XdpServer): Omit<XdpServerRecord, 'service' | 'path'> {
  return server;
}

function sameWay(before: XdpServerRecord, { attrs }: XdpServer): boolean {
  return before.attrs.forward === attrs.forward;
}

function putServer(maps: XdpMaps, service: number, server: XdpServer): void {
  zeroCounts(maps, server.slot);
  storeServer(maps, server.slot, { ...recordOf(server), service, path: null });
}

function clearFlows(maps: XdpMaps, servers: readonly number[]): void {
  const gone = new Uint8Array(maps.entries.servers);
  for (const slot of servers) gone[slot] = 1;
  maps.sweep(0, maps.entries.flows, gone);
  for (const slot of servers) {
    storeServer(maps, slot, null);
    zeroCounts(maps, slot);
  }
}

function zeroCounts(maps: XdpMaps, slot: number): void {
  maps.conns.fill(0, 2 * slot, 2 * slot + 2);
  for (const at of maps.trafficAt(slot)) maps.traffic.fill(0n, at, at + 3);
}

/** What a processor counts at this moment may be lost: it adds without the others seeing it. */
function foldTraffic(maps: XdpMaps, server: number, into: number): void {
  const [conns, packets, bytes] = maps.trafficOf(server);
  for (const at of maps.trafficAt(server)) maps.traffic.fill(0n, at, at + 3);
  changeService(maps, into, (before) => ({
    ...before,
    folded: {
      conns: before.folded.conns + conns,
      packets: before.folded.packets + packets,
      bytes: before.folded.bytes + bytes,
    },
  }));
}

function flip(maps: XdpMaps, { service, ring, ringOf }: Extract<XdpOp, { op: 'flip' }>): void {
  const word = new BigUint64Array(maps.memory.services, service * SERVICE.size + SERVICE.at.ring, 1);
  Atomics.store(word, 0, encodeRing(ring));
  serviceWords(maps, service)[SERVICE.at.ring_of / 4] = ringOf;
}
