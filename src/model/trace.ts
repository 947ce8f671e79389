import type { Ip } from '../base/ip.ts';
import type { Mac } from '../base/mac.ts';
import type { DestKey, Protocol, ServiceKey } from './services.ts';

/** The flag that tells what a TCP packet is: `fin` comes with ACK, as senders have it. */
export const TRACE_FLAGS = ['syn', 'ack', 'fin', 'rst'] as const;
export type TraceFlag = (typeof TRACE_FLAGS)[number];

/** Where a packet of a client would go, if it arrived now. */
export interface TraceQuestion {
  readonly protocol: Protocol;
  readonly source: DestKey;
  readonly destination: DestKey;
  /** Of TCP only. */
  readonly flag: TraceFlag;
  /** Where it arrives; null for the first interface that the data plane is on. */
  readonly interface: string | null;
}

export interface TraceAnswer {
  /** Where it arrived. */
  readonly interface: string;
  readonly verdict: TraceVerdict;
  /** Null where it is of none. */
  readonly service: ServiceKey | null;
  /** Of that service. */
  readonly scheduler: string | null;
  /** The server that was chosen, also where the packet does not get there. */
  readonly server: DestKey | null;
  /** Why that server; null where there was nothing to choose. */
  readonly choice: TraceChoice | null;
  /** Why a flow that is known of it does not count; null where none is known, or it does. */
  readonly passedOver: 'closing' | 'server_gone' | null;
}

export type TraceVerdict =
  | {
      readonly kind: 'forwarded';
      readonly method: 'dr' | 'ipip' | 'gue';
      /** It leaves by this one. */
      readonly interface: string;
      readonly sourceMac: Mac;
      readonly destinationMac: Mac;
      /** The outer addresses of a tunnel. */
      readonly outer: { readonly source: Ip | null; readonly destination: Ip } | null;
    }
  /** The name of a counter (COUNTERS in wire/xdp/layout.ts). */
  | { readonly kind: 'dropped'; readonly reason: string }
  /** `not_our_mac`: the program knows the interface by another MAC; `not_held`: another machine has the address now. */
  | { readonly kind: 'passed'; readonly because: 'not_our_mac' | 'no_service' | 'not_held' };

/** What decided which server it is. */
export type TraceChoice =
  /** A flow in the table, with the whole seconds until it is forgotten. */
  | { readonly kind: 'flow'; readonly state: string; readonly secondsLeft: number }
  /** Persistence: clients with the same `prefix` bits stay together. */
  | { readonly kind: 'template'; readonly prefix: number; readonly secondsLeft: number }
  /** rr and wrr: the next place, from 0, in a sequence of so many. */
  | { readonly kind: 'turn'; readonly turn: number; readonly of: number }
  | TraceHash
  /** lc and wlc: the least for its weight, and the first of the others that comes next; of so many servers. */
  | {
      readonly kind: 'load';
      readonly least: TraceLoad;
      readonly next: TraceLoad | null;
      readonly of: number;
    };

/** A slot of the ring. */
export interface TraceHash {
  readonly kind: 'hash';
  /** What is hashed: addresses and ports, or the client's address alone. */
  readonly by: 'connection' | 'client';
  /**
   * `scheduler`: it chooses so. Others do so where a choice could not be kept: `opens_nothing`, the packet begins no
   * connection and no flow is known of it; `no_room`, its bucket of the table is full.
   */
  readonly because: 'scheduler' | 'opens_nothing' | 'no_room';
  /** From 0. */
  readonly slot: number;
  readonly of: number;
  /** mh and sh: whose slot it is where that one does not serve it now; null where the server is the slot's own. */
  readonly instead: { readonly of: DestKey; readonly why: 'out' | 'part_of_its_weight' } | null;
}

export interface TraceLoad {
  readonly server: DestKey;
  readonly active: number;
  readonly inactive: number;
  readonly weight: number;
}
