import type { Ip } from '../base/ip.ts';
import type { Instant, Micros } from '../base/units.ts';
import type { GarpConfig, InstanceConfig } from '../model/config.ts';
import type { AcceptedAdvert } from './accept.ts';
import type { TimerConfig } from './timers.ts';

/** What the machine needs to know besides its own state. */
export interface MachineConfig
  extends TimerConfig,
    Pick<InstanceConfig, 'preempt' | 'preemptDelay' | 'answersLower' | 'advertisesOnYield'> {
  /** Source of our adverts: decides between equal priorities. */
  readonly localAddress: Ip;
  readonly garp: GarpConfig;
  /** Others have to be ready too before it becomes master. */
  readonly isGrouped: boolean;
}

/** The states of RFC 9568 §6.4, and `fault` for a router that cannot serve. Deadlines are data. */
export type VrrpState =
  | { readonly at: 'init' }
  | { readonly at: 'fault' }
  | {
      readonly at: 'backup';
      readonly masterDownAt: Instant;
      /** When `masterDownAt` was last set. */
      readonly armedAt: Instant;
      /** The last master heard, which a lower priority than ours does not let set the deadline; null for none. */
      readonly master: HeardMaster | null;
      /** The interval of the last advert that set the deadline; null for none. */
      readonly interval: Micros | null;
      /** Until then a master of lower priority is left in its place; null when none was heard. */
      readonly preemptAt: Instant | null;
      /** It would be master, and waits for its group. */
      readonly willing: boolean;
    }
  | {
      readonly at: 'master';
      readonly advertisedAt: Instant;
      readonly advertiseAt: Instant;
      readonly announcedAt: Instant;
      /** Next burst of announcements; null for none. */
      readonly announce: { readonly at: Instant; readonly rounds: number } | null;
      /** Next announcement out of the base of a virtual MAC interface; null for none. */
      readonly extraAt: Instant | null;
    };

export interface HeardMaster {
  readonly address: Ip;
  /** 0 after it resigned. */
  readonly priority: number;
}

export type VrrpEvent =
  | { readonly on: 'startup' }
  /** A restarted process takes up the role that its predecessor died in. */
  | { readonly on: 'resume' }
  | { readonly on: 'shutdown' }
  | { readonly on: 'fault'; readonly because: string }
  | { readonly on: 'recovered' }
  | { readonly on: 'advert'; readonly advert: AcceptedAdvert }
  | { readonly on: 'tick' }
  /** Every member of the group would be master. */
  | { readonly on: 'promote'; readonly because: string }
  /** A member of the group has yielded. */
  | { readonly on: 'demote'; readonly because: string }
  /** A member of the group has heard a lower priority. */
  | { readonly on: 'reannounce' }
  /** The configuration is a new one, of which `before` was the previous. */
  | { readonly on: 'reconfigured'; readonly before: MachineConfig };

/** What the shell does, in the order given. */
export type VrrpEffect =
  | { readonly effect: 'advertise'; readonly priority: number }
  | { readonly effect: 'addAddresses' }
  | { readonly effect: 'removeAddresses' }
  /** `rounds` gratuitous ARPs or neighbour advertisements for each address. */
  | { readonly effect: 'announce'; readonly rounds: number }
  /** One for each address out of the base of the virtual MAC interface. */
  | { readonly effect: 'announceOnBase' }
  /** A master has heard a lower priority and stays. */
  | { readonly effect: 'heardLower'; readonly priority: number }
  /** The state has changed; `because` is a sentence for people. */
  | { readonly effect: 'report'; readonly because: string };

export interface Step {
  readonly state: VrrpState;
  readonly effects: readonly VrrpEffect[];
}

/** When the machine next wants a tick; null for never. */
export function nextDeadline(state: VrrpState): Instant | null {
  if (state.at === 'backup') return state.masterDownAt;
  if (state.at !== 'master') return null;
  return Math.min(
    state.advertiseAt,
    state.announce?.at ?? Number.POSITIVE_INFINITY,
    state.extraAt ?? Number.POSITIVE_INFINITY,
  ) as Instant;
}
