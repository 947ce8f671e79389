import type { Clock } from '../base/clock.ts';
import type { Ip } from '../base/ip.ts';
import { elapsed, type Instant } from '../base/units.ts';
import type { XdpMaps } from '../kernel/xdp-maps.ts';
import { readServices } from '../kernel/xdp-read.ts';
import { FlowCollector, SCOPES, serverName } from '../kernel/xdp-sync.ts';
import type { FlowBatch } from '../model/flow-sync.ts';
import { syncScope } from '../plan/flow-sync.ts';
import { packFlows, type ServerName } from '../wire/flow-sync-pack.ts';

/** Turns in which the whole table is looked at, if nothing has to wait. */
const TURNS = 20;
/** Flows that are told in a turn: six datagrams, or 22 if all have servers of their own. */
export const MOST_FLOWS = 512;
/** Times that at most at once where somebody is about to go on with them: a peer takes as many datagrams in a turn. */
const RUSH = 4;

/** What other directors are to be told of the flow table, a part of it in each turn. */
export class FlowSyncSender {
  readonly #maps: XdpMaps;
  readonly #isHeld: (address: Ip) => boolean;
  readonly #clock: Clock;
  readonly #collector: FlowCollector;
  #scopes: Uint8Array;
  /** By slots; to read one takes longer than to tell its flow. */
  readonly #names = new Map<number, ServerName | null>();
  /** Those that were there at the beginning of the last look. */
  #held: ReadonlySet<Ip> = new Set();
  #at = 0;
  #began: Instant;
  /** Seconds that the last look at the whole table took. */
  round = 0;
  flows = 0;
  waited = 0;

  constructor(maps: XdpMaps, isHeld: (address: Ip) => boolean, clock: Clock) {
    this.#maps = maps;
    this.#isHeld = isHeld;
    this.#clock = clock;
    this.#collector = new FlowCollector(maps, MOST_FLOWS);
    this.#scopes = new Uint8Array(maps.entries.services);
    this.#began = clock.now();
  }

  /** Somebody knows nothing: all flows are told again. */
  forget(): void {
    this.#collector.forget();
  }

  /** Services or servers may be in other slots now. */
  tableChanged(): void {
    this.#names.clear();
  }

  turn(): readonly FlowBatch[] {
    return this.#look(Math.ceil(this.#maps.entries.flows / TURNS));
  }

  /** A turn with the whole table. */
  rush(): readonly FlowBatch[] {
    const batches: FlowBatch[] = [];
    this.#at = 0;
    for (let n = 0; n < RUSH && (n === 0 || this.#at > 0); n++)
      batches.push(...this.#look(this.#maps.entries.flows));
    return batches;
  }

  /** At so many buckets. */
  #look(most: number): readonly FlowBatch[] {
    const { flows: buckets } = this.#maps.entries;
    if (this.#at === 0) this.#begin();
    const count = Math.min(most, buckets - this.#at);
    const { flows, next, waiting } = this.#collector.collect(this.#scopes, this.#at, count);
    this.flows += flows.length;
    this.waited += waiting;
    this.#at = next;
    if (next === buckets) {
      this.#at = 0;
      this.round = elapsed(this.#began, this.#clock.now()) / 1e6;
    }
    return packFlows(flows, (slot) => this.#nameOf(slot));
  }

  #nameOf(slot: number): ServerName | null {
    let name = this.#names.get(slot);
    if (name === undefined) {
      name = serverName(this.#maps, slot);
      this.#names.set(slot, name);
    }
    return name;
  }

  #begin(): void {
    this.#began = this.#clock.now();
    this.#scopes = new Uint8Array(this.#maps.entries.services);
    const held = new Set<Ip>();
    for (const [slot, service] of readServices(this.#maps)) {
      const { address } = service.key;
      if (this.#isHeld(address)) held.add(address);
      // What began between the last look and the end of our time is told, too.
      this.#scopes[slot] = SCOPES[syncScope(service, held.has(address) || this.#held.has(address))];
    }
    this.#held = held;
  }
}
