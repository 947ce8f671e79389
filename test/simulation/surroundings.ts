import type { stepGroup } from '../../src/vrrp/group.ts';
import type { VrrpState } from '../../src/vrrp/state.ts';
import type { Packet } from './packets.ts';
import type { Leasing, Running } from './running.ts';

export type Machine = typeof stepGroup;

/** What a node runs. */
export interface Program extends Leasing {
  readonly machine: Machine;
}

/** What a node does to the world. */
export interface Surroundings {
  transmit(node: number, running: Running, priority: number, what: Pick<Packet, 'payload' | 'read'>): void;
  announced(node: number, router: number): void;
  /** Its kernel has got or lost addresses. */
  kept(router: number): void;
  /** It is about to start again by itself. */
  restarts(): void;
  /** It wants to be told that so late a lifetime may be over. */
  wakeAt(node: number, router: number, at: number): void;
  changed(node: number, running: Running, from: VrrpState['at'], because: string): void;
  /** `interval` in centiseconds. */
  accepted(packet: Packet, node: number, interval: number): void;
  missed(packet: Packet, node: number): void;
}
