import type { Instant } from '../../src/base/units.ts';
import type { stepGroup } from '../../src/vrrp/group.ts';
import type { hearHeartbeat } from '../../src/vrrp/heartbeat.ts';
import type { heardGrants, Wishes } from '../../src/vrrp/quorum.ts';
import type { VrrpState } from '../../src/vrrp/state.ts';
import type { inquiryBudget, judgeTakeover } from '../../src/vrrp/takeover.ts';
import type { stepWitness } from '../../src/vrrp/witness.ts';
import type { Packet } from './packets.ts';
import type { Leasing, Running } from './running.ts';

export type Machine = typeof stepGroup;

/** What a node runs. */
export interface Program extends Leasing {
  readonly machine: Machine;
  readonly judge: typeof judgeTakeover;
  readonly budget: typeof inquiryBudget;
  readonly hear: typeof hearHeartbeat;
  readonly stepWitness: typeof stepWitness;
  /** `heardGrants()`, which takes no notice of the moment. */
  readonly heardGrants: (...about: [...Parameters<typeof heardGrants>, now: Instant]) => Wishes;
}

/** What a node does to the world. */
export interface Surroundings {
  transmit(node: number, running: Running, priority: number, what: Pick<Packet, 'payload' | 'read'>): void;
  announced(node: number, router: number): void;
  /** It asks who has the addresses of a virtual router. */
  ask(node: number, router: number): void;
  askGateway(node: number): void;
  /** It does not take over, although its time is up. */
  withheld(node: number, router: number, because: string): void;
  /** It sends a heartbeat. */
  post(node: number, to: number, bytes: Uint8Array): void;
  /** Its kernel has got or lost addresses. */
  kept(router: number): void;
  /** It is about to start again by itself. */
  restarts(): void;
  /** It wants to be told that so late a lifetime may be over. */
  wakeAt(node: number, router: number, at: number): void;
  changed(node: number, running: Running, from: VrrpState, because: string): void;
  /** `interval` in centiseconds. */
  accepted(packet: Packet, node: number, interval: number): void;
  missed(packet: Packet, node: number): void;
}
