import type { Ip } from '../base/ip.ts';
import type { Mac } from '../base/mac.ts';
import type { Centis, Instant, Micros, WallTime } from '../base/units.ts';
import type { Refusal } from './counters.ts';
import type { InstanceState } from './status.ts';

/** A moment on both clocks: the wall clock is for people, durations are taken from the monotonic one. */
export interface Moment {
  readonly at: Instant;
  readonly wall: WallTime;
}

/** One thing that a virtual router heard, sent, set or learned. */
export type JournalFact =
  /** An advert that was accepted. */
  | {
      readonly kind: 'heard';
      readonly source: Ip;
      /** 0 for a resignation. */
      readonly priority: number;
      readonly interval: Centis;
      readonly addressListDiffers: boolean;
      readonly intervalDiffers: boolean;
    }
  /** An advert that was refused; `told` is what it said, in words, where the reason alone does not tell. */
  | {
      readonly kind: 'refused';
      readonly source: Ip | null;
      readonly refusal: Refusal;
      readonly told: string | null;
    }
  | { readonly kind: 'sent'; readonly priority: number }
  /** `made` is what a master-down time consists of: `adverts` × `interval` + `skew`. */
  | {
      readonly kind: 'deadline';
      readonly what: DeadlineName;
      readonly until: Instant;
      readonly made: MasterDown | null;
    }
  | { readonly kind: 'priority'; readonly from: number; readonly to: number; readonly because: string }
  | { readonly kind: 'fault'; readonly because: string }
  | { readonly kind: 'recovered' }
  /** Another machine said by ARP or neighbour discovery that an address of ours is its own. */
  | { readonly kind: 'claimed'; readonly address: Ip; readonly mac: Mac }
  /** What was asked of the network before a decision, and what came of it; both as words. */
  | { readonly kind: 'probed'; readonly what: string; readonly found: string }
  /** The loop acted that much after its deadline. */
  | { readonly kind: 'late'; readonly by: Micros };

export type DeadlineName = 'master_down' | 'preempt_delay' | 'lease' | 'handover';

export interface MasterDown {
  readonly adverts: number;
  readonly interval: Micros;
  readonly skew: Micros;
}

/** A fact, or a run of equal ones. A deadline that is set again and again is one run: `fact` is its last. */
export interface JournalEntry {
  readonly fact: JournalFact;
  readonly count: number;
  readonly first: Moment;
  readonly last: Moment;
  /** Between one and the next of the run; null while there is one only. */
  readonly leastGap: Micros | null;
  readonly mostGap: Micros | null;
}

/**
 * A change of state, and the entries that led to it, oldest first: those since the decision before, and, where
 * nobody was heard or no deadline set since then, the last that was, if it is not older than a minute.
 */
export interface Decision {
  readonly from: InstanceState;
  readonly to: InstanceState;
  /** A sentence. */
  readonly because: string;
  /** Our effective priority then. */
  readonly priority: number;
  readonly at: Moment;
  readonly evidence: readonly JournalEntry[];
}

/** What is known of one instance, as of `takenAt`. Everything is oldest first. */
export interface Journal {
  readonly takenAt: Moment;
  readonly decisions: readonly Decision[];
  /** Entries since the last decision. */
  readonly since: readonly JournalEntry[];
  /** Those before it that are still there. */
  readonly before: readonly JournalEntry[];
  /** Entries since the start that made room for others. */
  readonly forgotten: number;
}

/** What a vrrp process that is gone had decided last for an instance, oldest first. */
export interface FormerDecisions {
  /** When its successor was started. */
  readonly until: WallTime;
  readonly decisions: readonly Decision[];
}
