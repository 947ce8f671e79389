import type { Family } from '../../src/base/ip.ts';
import type { LeasePolicy, WitnessPolicy } from '../../src/model/config.ts';

/** Everything that decides how a simulation goes. All times are microseconds since its start. */
export interface World {
  /** Of the chances of the network. */
  readonly seed: number;
  readonly until: number;
  readonly network: Network;
  readonly routers: readonly RouterSetup[];
  readonly nodes: readonly NodeSetup[];
  /** What stands between a silent master and a takeover, the same on every node; null for nothing. */
  readonly gate: GateSetup | null;
  /** In the order of their time. */
  readonly happenings: readonly Happening[];
}

export interface Network {
  /** Chances, 0–1, of each copy of each advert. */
  readonly loss: number;
  readonly duplicate: number;
  readonly corrupt: number;
  /** Least and most delay of a copy: those that overtake each other are reordered. */
  readonly delay: readonly [least: number, most: number];
  /** How late a node's loop may be for a deadline. */
  readonly late: number;
}

export interface GateSetup {
  /** A gateway on the segment of the adverts has to answer. */
  readonly gateway: boolean;
  /** How long an address that is answered for keeps others from taking over; null for what the lease suggests. */
  readonly suspectHold: number | null;
  /** A second network, over which each node tells each other what it is; null for none. */
  readonly second: { readonly interval: number; readonly network: Network } | null;
  /** Machines on the second network that grant virtual routers, numbered after the nodes; null for none. */
  readonly witnesses: { readonly count: number; readonly policy: WitnessPolicy } | null;
}

/** A virtual router, the same on every node. Those of one domain are a sync group there, or one alone. */
export interface RouterSetup {
  readonly domain: number;
  readonly version: 2 | 3;
  readonly family: Family;
  readonly isSigned: boolean;
}

export interface NodeSetup {
  /** Drift of its monotonic clock, parts per million. */
  readonly ppm: number;
  /** By domain. */
  readonly settings: readonly Settings[];
}

/** What a node is configured with for all virtual routers of a domain. */
export interface Settings {
  readonly priority: number;
  /** Added while the script is bad; 0 for a script whose failure is a fault. */
  readonly weight: number;
  /** Centiseconds. */
  readonly interval: number;
  readonly preempt: boolean;
  readonly preemptDelay: number;
  readonly downTimerAdverts: number;
  readonly answersLower: boolean;
  readonly advertisesOnYield: boolean;
  readonly garpDelay: number;
  readonly lowerDelay: number;
  readonly refresh: number;
  readonly lease: LeasePolicy;
}

/** Something that is done to the nodes and to the network. */
export type Happening = { readonly at: number } & What;

export type What =
  /** The process is gone; what it has put on the interfaces stays while its lifetime lasts. */
  | { readonly crash: number }
  /** A process is started, and takes up what it may of the roles that its predecessor crashed in. */
  | { readonly start: number; readonly resume: boolean }
  | { readonly stop: number }
  /** The process stands still, and what arrives waits in its sockets. */
  | { readonly freeze: number; readonly for: number }
  | { readonly script: number; readonly is: 'good' | 'bad' }
  | { readonly cable: number; readonly is: 'in' | 'out' }
  /** Nodes hear only nodes of the same part. */
  | { readonly parts: readonly number[] }
  /** The second does not hear the first. */
  | { readonly deaf: readonly [from: number, to: number]; readonly for: number }
  /** The firewall of a node drops adverts, in both directions. */
  | { readonly firewall: number; readonly for: number }
  /** The same as `parts`, of the second network. */
  | { readonly second: readonly number[] }
  /** The process of a witness, by its number from 0. */
  | { readonly witness: number; readonly is: 'gone' | 'back' }
  /** The way of a node to the gateway. */
  | { readonly gateway: number; readonly is: 'cut' | 'whole' }
  | { readonly reload: number; readonly domain: number; readonly settings: Settings }
  /** A reload that changes nothing. */
  | { readonly reread: number }
  /** The wall clock of a node is set. */
  | { readonly wall: number; readonly by: number }
  /** Somebody asks the node to let another be master of the domain. */
  | { readonly handover: number; readonly domain: number }
  /** Nobody asks that any more. */
  | { readonly failback: number; readonly domain: number }
  /** An outsider on the segment sends `count` packets for a virtual router. */
  | {
      readonly attack: Attack;
      readonly router: number;
      readonly count: number;
      readonly every: number;
      /** The node whose address it uses; −1 for its own. */
      readonly as: number;
      /** Centiseconds: the interval in adverts of the highest priority, of version 3. */
      readonly interval: number;
    };

/**
 * Random bytes; adverts that were sent before; well-formed adverts of the lowest and of the highest priority;
 * resignations; announcements of the addresses; heartbeats that were sent before.
 */
export type Attack = 'junk' | 'replay' | 'lower' | 'highest' | 'resign' | 'claim' | 'heartbeats';

/** An invariant does not hold. */
export class Violation extends Error {
  readonly invariant: string;

  constructor(invariant: string, what: string) {
    super(`${invariant}: ${what}`);
    this.invariant = invariant;
  }
}
