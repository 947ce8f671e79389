import type { SharedFlow, SharedState } from '../model/flow-sync.ts';
import type { ServerName } from '../wire/flow-sync-pack.ts';
import { CONFIG, FLOW, FLOW_STATES, FLOW_WAYS, SERVER, SERVICE } from '../wire/xdp/layout.ts';
import { decodeServer } from '../wire/xdp/server.ts';
import { decodeService } from '../wire/xdp/service.ts';
import type { XdpMaps } from './xdp-maps.ts';
import type { NativeInserted } from './xdp-native.ts';
import { recordBytes } from './xdp-records.ts';

/** Values of the native `scopes`. */
export const SCOPES = { none: 0, all: 1, off_the_ring: 2 } as const;

const ENTRY = 16;
const NAMES: ReadonlyMap<number, SharedState> = new Map(
  Object.entries(FLOW_STATES).map(([name, value]) => [value, name as SharedState]),
);

export interface Collected {
  readonly flows: readonly SharedFlow[];
  /** The bucket to go on with. */
  readonly next: number;
  /** Flows that there was no room for. */
  readonly waiting: number;
}

/** Finds entries of the flow table that have changed since they were told, or have not been told for long. */
export class FlowCollector {
  readonly #maps: XdpMaps;
  readonly #told: ArrayBuffer;
  readonly #out: ArrayBuffer;
  #since = 0;

  /** `most` flows are collected at once. */
  constructor(maps: XdpMaps, most: number) {
    this.#maps = maps;
    // Pages of it that nothing is written to take no memory.
    this.#told = new ArrayBuffer(maps.entries.flows * FLOW_WAYS * FLOW.size);
    this.#out = new ArrayBuffer(most * ENTRY);
  }

  /** All flows are to be told again. */
  forget(): void {
    this.#since = this.#maps.native.flowTick() + 1;
  }

  /** Of `count` buckets from one on. `scopes` has one of SCOPES for every slot of a service. */
  collect(scopes: Uint8Array, from: number, count: number): Collected {
    const { native, memory } = this.#maps;
    const found = native.collectFlows(
      memory.flows,
      this.#told,
      memory.config,
      memory.servers,
      memory.services,
      memory.rings,
      scopes,
      from,
      count,
      this.#since,
      this.#out,
    );
    const view = new DataView(this.#out);
    const flows = Array.from({ length: found.count }, (_, i) => decodeEntry(view, i * ENTRY));
    return { flows, next: found.next, waiting: found.waiting };
  }
}

/** Puts flows, by the slots of their servers, into the table; those that are there already only if they may be replaced. */
export function insertFlows(
  maps: XdpMaps,
  flows: readonly SharedFlow[],
  mayReplace: boolean,
): NativeInserted {
  const entries = new DataView(new ArrayBuffer(flows.length * ENTRY));
  for (const [i, { tag, server, state, left }] of flows.entries()) {
    entries.setBigUint64(i * ENTRY, tag, true);
    entries.setUint32(i * ENTRY + 8, server | (FLOW_STATES[state] << 24), true);
    entries.setUint32(i * ENTRY + 12, left, true);
  }
  return maps.native.insertFlows(
    maps.memory.flows,
    maps.memory.marks,
    maps.memory.conns,
    entries.buffer,
    flows.length,
    mayReplace,
  );
}

/** What the server in a slot is called; null where there is none. */
export function serverName({ memory }: XdpMaps, slot: number): ServerName | null {
  const server = decodeServer(recordBytes(memory.servers, SERVER.size, slot));
  const service = server && decodeService(recordBytes(memory.services, SERVICE.size, server.service));
  return service && { service: service.key, server: server.key };
}

/** Ticks for which the program keeps a flow of this state. */
export const flowTimeout = (maps: XdpMaps, state: SharedState): number =>
  new Uint32Array(maps.memory.config)[CONFIG.at.timeouts / 4 + FLOW_STATES[state]] ?? 0;

function decodeEntry(view: DataView, at: number): SharedFlow {
  const word = view.getUint32(at + 8, true);
  const state = NAMES.get(word >>> 24);
  if (state === undefined) throw new Error(`the flow table has a state ${word >>> 24}`);
  return {
    tag: view.getBigUint64(at, true),
    server: word & 0xff_ffff,
    state,
    left: view.getUint32(at + 12, true),
  };
}
