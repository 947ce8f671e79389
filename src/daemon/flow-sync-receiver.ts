import type { Clock } from '../base/clock.ts';
import type { Ip } from '../base/ip.ts';
import type { Result } from '../base/result.ts';
import { elapsed, type Instant, seconds } from '../base/units.ts';
import type { XdpMaps } from '../kernel/xdp-maps.ts';
import { readTable } from '../kernel/xdp-read.ts';
import { flowTimeout, insertFlows } from '../kernel/xdp-sync.ts';
import type {
  FlowBatch,
  FlowSyncPeerStatus,
  FlowSyncReceived,
  FlowSyncRefusal,
  SharedState,
} from '../model/flow-sync.ts';
import type { XdpService } from '../model/xdp.ts';
import { indexForSync, type SyncIndex, takeFlows } from '../plan/flow-sync.ts';
import type { Datagram } from '../wire/datagram.ts';
import type { FlowSyncMessage } from '../wire/flow-sync.ts';
import { openFlowSync } from '../wire/flow-sync-seal.ts';
import { stepWindow } from '../wire/flow-sync-window.ts';
import { secondsToTicks } from '../wire/xdp/ticks.ts';
import type { Tell } from './check-tell.ts';
import { type FlowSyncPeer, newFlowSyncPeer, REFUSALS } from './flow-sync-peer.ts';

/** A peer that says hello every second is silent after this. */
const SILENT = seconds(3);
/** Datagrams whose signatures are looked at in one turn, which takes some 3 ms. */
const MOST_OPENED = 100;
/** A peer is complained of so often. */
const QUIET = seconds(60);
/** All is asked for again after a loss, but not more often. */
const ASK_AGAIN = seconds(30);

/** What is heard from other directors: into the table goes what is signed, new, and of services that are here. */
export class FlowSyncReceiver {
  readonly #maps: XdpMaps;
  readonly #isHeld: (address: Ip) => boolean;
  readonly #clock: Clock;
  readonly #tell: Tell;
  readonly #asked: () => void;
  #key: Uint8Array;
  #peers: ReadonlyMap<Ip, FlowSyncPeer>;
  #index: SyncIndex | null = null;
  #opened = 0;
  #request: number;
  #requestedAt: Instant;
  #received = { datagrams: 0, stored: 0, kept: 0, full: 0, unknown: 0 };
  readonly refused: Record<FlowSyncRefusal, number> = {
    truncated: 0,
    version: 0,
    signature: 0,
    malformed: 0,
    foreign: 0,
    time: 0,
    replay: 0,
    flood: 0,
  };

  /** `asked` is called when a peer wants all flows. What a former one with this key has heard is not heard again. */
  constructor(
    { maps, isHeld, clock, tell }: FlowSyncParts,
    key: Uint8Array,
    peers: readonly Ip[],
    former: FlowSyncReceiver | null,
    asked: () => void,
  ) {
    this.#maps = maps;
    this.#isHeld = isHeld;
    this.#clock = clock;
    this.#tell = tell;
    this.#asked = asked;
    this.#key = key;
    this.#peers = new Map(
      peers.map((address) => [
        address,
        (former === null ? undefined : former.#peers.get(address)) ?? newFlowSyncPeer(address),
      ]),
    );
    this.#request = former === null ? 0 : former.#request + 1;
    this.#requestedAt = clock.now();
  }

  /** What hellos of ours ask for. */
  get request(): number {
    return this.#request;
  }

  get received(): FlowSyncReceived {
    return this.#received;
  }

  /** Services or servers may be in other slots now. */
  tableChanged(): void {
    this.#index = null;
  }

  /** Another turn: notes who has become silent. */
  turn(): void {
    this.#opened = 0;
    const now = this.#clock.now();
    for (const peer of this.#peers.values()) {
      if (!peer.isHeard || peer.heardAt === null || elapsed(peer.heardAt, now) < SILENT) continue;
      this.#turnPeer(peer, false);
      const message = `the director at ${peer.address} tells of no flows any more: it is silent`;
      this.#tell('warn', 'xdp_sync_lost', message, { peer: peer.address });
    }
  }

  hear({ source, payload }: Datagram): void {
    const peer = this.#peers.get(source);
    if (peer === undefined) {
      this.refused.foreign++;
      return;
    }
    if (this.#opened === MOST_OPENED) {
      this.refused.flood++;
      return;
    }
    this.#opened++;
    const opened = this.#open(peer, payload);
    if (opened.ok) this.#accept(peer, opened.value);
    else this.#refuse(peer, opened.error);
  }

  show(): readonly FlowSyncPeerStatus[] {
    return [...this.#peers.values()].map(({ address, isHeard, since, lost, refused }) => ({
      address,
      isHeard,
      since,
      lost,
      refused,
    }));
  }

  #open(peer: FlowSyncPeer, payload: Uint8Array): Result<FlowSyncMessage, FlowSyncRefusal> {
    const opened = openFlowSync(this.#key, payload);
    if (!opened.ok) return opened;
    if (opened.value.source !== peer.address) return { ok: false, error: 'foreign' };
    const stepped = stepWindow(peer.window, opened.value, this.#clock.wall());
    if (!stepped.ok) return stepped;
    peer.window = stepped.value.window;
    peer.lost += stepped.value.lost;
    if (stepped.value.lost > 0) this.#askAgain();
    return opened;
  }

  #accept(peer: FlowSyncPeer, { epoch, body }: FlowSyncMessage): void {
    this.#received.datagrams++;
    peer.refused = null;
    const isBack = !peer.isHeard && peer.heardAt !== null;
    peer.heardAt = this.#clock.now();
    if (!peer.isHeard) {
      this.#turnPeer(peer, true);
      const message = `the director at ${peer.address} tells of its flows`;
      this.#tell('info', 'xdp_sync_up', message, { peer: peer.address });
    }
    // What it told while it was not heard.
    if (isBack) this.#request++;
    if (body.kind === 'flows') {
      this.#take(body);
      return;
    }
    const asked = `${epoch} ${body.request}`;
    if (asked !== peer.asked) this.#asked();
    peer.asked = asked;
  }

  #take(batch: FlowBatch): void {
    this.#index ??= indexForSync(readTable(this.#maps));
    const isHeld = ({ key }: XdpService) => this.#isHeld(key.address);
    const taken = takeFlows(batch, this.#index, isHeld, (state, service) => this.#timeout(state, service));
    this.#received.unknown += taken.unknown;
    for (const [flows, mayReplace] of [[taken.followed, true] as const, [taken.added, false] as const]) {
      if (flows.length === 0) continue;
      const { stored, kept, full } = insertFlows(this.#maps, flows, mayReplace);
      this.#received.stored += stored;
      this.#received.kept += kept;
      this.#received.full += full;
    }
  }

  #timeout(state: SharedState, { attrs }: XdpService): number {
    if (state !== 'persist') return flowTimeout(this.#maps, state);
    return secondsToTicks(attrs.persistence?.timeout ?? 0);
  }

  #askAgain(): void {
    const now = this.#clock.now();
    if (elapsed(this.#requestedAt, now) < ASK_AGAIN) return;
    this.#requestedAt = now;
    this.#request++;
  }

  #refuse(peer: FlowSyncPeer, because: FlowSyncRefusal): void {
    this.refused[because]++;
    peer.refused = because;
    const now = this.#clock.now();
    if (peer.complainedAt !== null && elapsed(peer.complainedAt, now) < QUIET) return;
    peer.complainedAt = now;
    const message = `refused what ${peer.address} tells of its flows: ${REFUSALS[because]}`;
    this.#tell('warn', 'xdp_sync_refused', message, { peer: peer.address, reason: because });
  }

  #turnPeer(peer: FlowSyncPeer, isHeard: boolean): void {
    peer.isHeard = isHeard;
    peer.since = this.#clock.wall();
  }
}

export interface FlowSyncParts {
  readonly maps: XdpMaps;
  /** This machine has the address now. */
  readonly isHeld: (address: Ip) => boolean;
  readonly clock: Clock;
  readonly tell: Tell;
}
