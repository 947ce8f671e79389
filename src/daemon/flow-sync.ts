import { isDeepStrictEqual } from 'node:util';
import { type Instant, later, seconds } from '../base/units.ts';
import { type FlowSyncSocket, openFlowSyncSocket } from '../kernel/flow-sync-socket.ts';
import type { DataplaneConfig } from '../model/dataplane.ts';
import type { FlowSyncConfig, FlowSyncStatus } from '../model/flow-sync.ts';
import type { FlowSyncBody } from '../wire/flow-sync.ts';
import { flowSyncKey, sealFlowSync } from '../wire/flow-sync-seal.ts';
import { type FlowSyncParts, FlowSyncReceiver } from './flow-sync-receiver.ts';
import { FlowSyncSender, MOST_FLOWS } from './flow-sync-sender.ts';

/** What is told and heard has this long to wait, and probes wait for no more than is done in one turn. */
const TURN_MS = 50;
const HELLO = seconds(1);
const RETRY = seconds(1);
/** What a handover takes: a master keeps its addresses for 3 s at most, and what was sent to it for half a second more. */
const HURRY = seconds(4);
/** Seconds of a look at the whole table, which is to take one. */
const LATE = 5;

type Setup = Pick<DataplaneConfig, 'sync' | 'key'>;

interface Running {
  readonly config: FlowSyncConfig;
  readonly key: Uint8Array;
  readonly sender: FlowSyncSender;
  readonly receiver: FlowSyncReceiver;
}

/** Shares the flows of the services that this machine holds with other directors, and takes theirs. */
export class FlowSync {
  readonly #parts: FlowSyncParts;
  #timer: NodeJS.Timeout | null = null;
  /** Of this life of ours. */
  readonly #epoch: bigint;
  #sequence = 0n;
  #setup: Setup = { sync: null, key: null };
  #running: Running | null = null;
  #socket: FlowSyncSocket | null = null;
  #problem: string | null = null;
  #retryAt: Instant;
  #helloAt: Instant;
  #hurryUntil: Instant;
  #isLate = false;
  #sent = { datagrams: 0, failed: 0 };

  constructor(parts: FlowSyncParts) {
    this.#parts = parts;
    const now = parts.clock.now();
    this.#retryAt = now;
    this.#helloAt = now;
    this.#hurryUntil = now;
    this.#epoch = BigInt(parts.clock.wall()) * 1000n + BigInt(now % 1000);
  }

  follow({ sync, key }: Setup): void {
    const setup = { sync, key };
    if (isDeepStrictEqual(setup, this.#setup)) return;
    const isSameKey = isDeepStrictEqual(key, this.#setup.key);
    const former = isSameKey ? (this.#running?.receiver ?? null) : null;
    this.#setup = setup;
    this.close();
    this.#retryAt = this.#parts.clock.now();
    if (sync === null || key?.kind !== 'bytes') return;
    const sender = new FlowSyncSender(this.#parts.maps, this.#parts.isHeld, this.#parts.clock);
    const derived = flowSyncKey(key.bytes);
    const receiver = new FlowSyncReceiver(this.#parts, derived, sync.peers, former, () => sender.forget());
    this.#running = { config: sync, key: derived, sender, receiver };
    this.#timer = setInterval(() => this.#turn(), TURN_MS);
  }

  /** Somebody is about to go on with our flows: from here on, and for as long as that takes, none waits for its part of a look. */
  hurry(): void {
    this.#hurryUntil = later(this.#parts.clock.now(), HURRY);
    this.#turn();
  }

  /** Services or servers may be in other slots now. */
  tableChanged(): void {
    this.#running?.sender.tableChanged();
    this.#running?.receiver.tableChanged();
  }

  problems(): readonly string[] {
    return this.#problem === null ? [] : [this.#problem];
  }

  /** Undefined where flows are shared with nobody. */
  show(): FlowSyncStatus | undefined {
    if (this.#running === null) return undefined;
    const { config, sender, receiver } = this.#running;
    return {
      local: config.local,
      peers: receiver.show(),
      sent: { datagrams: this.#sent.datagrams, flows: sender.flows, failed: this.#sent.failed },
      waited: sender.waited,
      round: sender.round,
      received: { ...receiver.received },
      refused: { ...receiver.refused },
    };
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#socket?.close();
    this.#socket = null;
    this.#problem = null;
    this.#running = null;
  }

  #turn(): void {
    const running = this.#running;
    if (running === null) return;
    const now = this.#parts.clock.now();
    this.#socket ??= this.#open(running, now);
    if (this.#socket === null) return;
    running.receiver.turn();
    this.#socket.drain();
    if (this.#helloAt <= now) {
      this.#helloAt = later(now, HELLO);
      this.#send(running, { kind: 'hello', request: running.receiver.request });
    }
    const isUrgent = now < this.#hurryUntil;
    for (const batch of isUrgent ? running.sender.rush() : running.sender.turn())
      this.#send(running, { kind: 'flows', ...batch });
    this.#watchRound(running.sender.round);
  }

  #send({ config, key }: Running, body: FlowSyncBody): void {
    this.#sequence++;
    const time = this.#parts.clock.wall();
    const message = { source: config.local, epoch: this.#epoch, sequence: this.#sequence, time, body };
    this.#sent.failed += this.#socket?.send(sealFlowSync(key, message)) ?? 0;
    this.#sent.datagrams++;
  }

  #open({ config, receiver }: Running, now: Instant): FlowSyncSocket | null {
    if (now < this.#retryAt) return null;
    this.#retryAt = later(now, RETRY);
    const opened = openFlowSyncSocket(config, (datagram) => receiver.hear(datagram));
    if (opened.ok) {
      this.#problem = null;
      return opened.value;
    }
    const problem = `flows are not shared: cannot open UDP port ${config.port}: ${opened.error}`;
    if (problem !== this.#problem) this.#parts.tell('error', 'xdp_sync_failed', problem, {});
    this.#problem = problem;
    return null;
  }

  #watchRound(round: number): void {
    if (this.#isLate ? round > LATE / 2 : round <= LATE) return;
    this.#isLate = !this.#isLate;
    const rate = MOST_FLOWS * (1000 / TURN_MS);
    const message = this.#isLate
      ? `other directors are told of connections ${round.toFixed(1)} s late: more than ${rate} begin or change in a second`
      : 'other directors are told of connections in time again';
    this.#parts.tell(this.#isLate ? 'warn' : 'info', 'xdp_sync_late', message, { round });
  }
}
