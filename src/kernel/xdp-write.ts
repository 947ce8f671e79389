import { never } from '../base/never.ts';
import { ok, type Result } from '../base/result.ts';
import type { XdpOp, XdpServer } from '../model/xdp.ts';
import { encodeAddressKey, encodeServiceKey } from '../wire/xdp/key.ts';
import { CONFIG, SERVER, SERVER_FLAGS, SERVER_STATES, SERVICE } from '../wire/xdp/layout.ts';
import { newRecord, type Records } from '../wire/xdp/records.ts';
import { isPathFor, putPath, putServer, putState, serviceOf, type XdpPath } from '../wire/xdp/server.ts';
import { decodeService, encodeRing, encodeService, type XdpServiceRecord } from '../wire/xdp/service.ts';
import type { KernelError } from './error.ts';
import type { XdpMaps } from './xdp-maps.ts';
import { type RecordGuard, recordBytes, storeRecord } from './xdp-records.ts';

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
      fillServer(maps, op.service, op.server);
      break;
    case 'setServer':
      changeServer(maps, op.server.slot, (record) => {
        if (!isPathFor(record, op.server.attrs)) putPath(record, null);
        putServer(record, serviceOf(record, 0), op.server);
      });
      break;
    case 'retireServer':
      changeServer(maps, op.slot, (record) => putState(record, 'retired'));
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
  changeServer(maps, slot, (record) => putPath(record, path));
}

/** Scheduler, family and flags. */
const SERVICE_GATE = SERVICE.at.scheduler / 4;
/** Method, flags and mtu. */
const SERVER_GATE = SERVER.at.method / 4;
const REACHABLE = SERVER_FLAGS.reachable << (8 * (SERVER.at.flags - SERVER.at.method));

/** The program reads what a word of a service says for itself, and its ring is only ever stored whole. */
const SERVICE_GUARD: RecordGuard = { closed: (word) => word, guarded: () => false };

/** A frame with half of a MAC address, or half of an outer one, would go to somebody else. */
const SERVER_GUARD: RecordGuard = {
  closed: (word) => word & ~REACHABLE,
  guarded: (word) => word < SERVER.at.address / 4 && word !== SERVER.at.weight / 4,
};

function storeService(maps: XdpMaps, slot: number, service: XdpServiceRecord | null): void {
  const bytes = service === null ? new Uint8Array(SERVICE.size) : encodeService(service);
  storeRecord(maps.services, slot, new Uint32Array(bytes.buffer), SERVICE_GATE, SERVICE_GUARD);
}

const storeServer = (maps: XdpMaps, slot: number, { words }: Records): void =>
  storeRecord(maps.servers, slot, words, SERVER_GATE, SERVER_GUARD);

function changeService(maps: XdpMaps, slot: number, change: (before: XdpServiceRecord) => XdpServiceRecord) {
  const before = decodeService(recordBytes(maps.memory.services, SERVICE.size, slot));
  if (before === null) throw new Error(`no service is at ${slot}`);
  storeService(maps, slot, change(before));
}

/** Stores what `change` makes of a copy of the record. */
function changeServer(maps: XdpMaps, slot: number, change: (record: Records) => void): void {
  const { words, bytes, size } = maps.servers;
  if (bytes[slot * size + SERVER.at.state] === SERVER_STATES.free) throw new Error(`no server is at ${slot}`);
  const from = (slot * size) / 4;
  for (let i = 0; i < size / 4; i++) DRAFT.words[i] = words[from + i] ?? 0;
  change(DRAFT);
  storeServer(maps, slot, DRAFT);
}

function fillServer(maps: XdpMaps, service: number, server: XdpServer): void {
  zeroCounts(maps, server.slot);
  DRAFT.words.fill(0);
  putServer(DRAFT, service, server);
  storeServer(maps, server.slot, DRAFT);
}

/** Where records of servers are made: to have memory of its own for each takes longer than all the rest. */
const DRAFT = newRecord(SERVER.size);

/** What a slot that is free holds. */
const FREE = newRecord(SERVER.size);

function clearFlows(maps: XdpMaps, servers: readonly number[]): void {
  const gone = new Uint8Array(maps.entries.servers);
  for (const slot of servers) gone[slot] = 1;
  maps.sweep(0, maps.entries.flows, gone);
  for (const slot of servers) {
    storeServer(maps, slot, FREE);
    zeroCounts(maps, slot);
  }
}

function zeroCounts(maps: XdpMaps, slot: number): void {
  maps.conns[2 * slot] = 0;
  maps.conns[2 * slot + 1] = 0;
  maps.clearTraffic(slot);
}

/** What a processor counts at this moment may be lost: it adds without the others seeing it. */
function foldTraffic(maps: XdpMaps, server: number, into: number): void {
  const [conns, packets, bytes] = maps.trafficOf(server);
  if (packets === 0n && conns === 0n) return;
  maps.clearTraffic(server);
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
  maps.services.words[(service * SERVICE.size + SERVICE.at.ring_of) / 4] = ringOf;
}
