import type { Ip } from '../base/ip.ts';
import { earliest, type Instant, type Micros } from '../base/units.ts';
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
  /** Lifetime that each advert gives to the addresses; null for ever. */
  readonly lease: Micros | null;
  /** What stands between a silent master and a takeover; null for nothing. */
  readonly gate: Gate | null;
}

/** Whoever would take over asks around first: a silent master may be alive, and we may be cut off. */
export interface Gate {
  /** From the question to the verdict. */
  readonly budget: Micros;
  /** Why it must not take over, by what is known now; null where it may. */
  readonly withheld: string | null;
  /** Why a router that has the addresses must let go of them, by what is known now; null where it need not. */
  readonly forfeits: Forfeit | null;
  /** Witnesses grant it to one at a time. */
  readonly isGranted: boolean;
}

export interface Forfeit {
  /** A sentence. */
  readonly because: string;
  /** Another may have the addresses soon: they are not kept for a successor, but taken off. */
  readonly atOnce: boolean;
}

/** A takeover that is asked about. */
export interface Asking {
  /** When the master was down, and the first question was asked. */
  readonly downAt: Instant;
  /** The question is open until `masterDownAt`; otherwise it is asked again then. */
  readonly isOpen: boolean;
  /** What the last answer was. */
  readonly withheld: string | null;
}

/** Addresses that stay on the machine for a while after it has ceased to be master: make before break. */
export interface Holding {
  /** They are taken off then, whatever has been heard. */
  readonly until: Instant;
  /** When the successor's first advert came; null before. */
  readonly heardAt: Instant | null;
  /** Somebody else has them for certain: the link is not answered any more, only what is still under way is served. */
  readonly isQuiet: boolean;
}

/** The states of RFC 9568 §6.4, and `fault` for a router that cannot serve. Deadlines are data. */
export type VrrpState =
  | { readonly at: 'init'; readonly holding: Holding | null }
  | { readonly at: 'fault'; readonly holding: Holding | null }
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
      /** It has handed over, and leaves a master of lower priority in its place. */
      readonly standsBack: boolean;
      /** Null while its time is not up. */
      readonly asking: Asking | null;
      readonly holding: Holding | null;
    }
  | {
      readonly at: 'master';
      readonly advertisedAt: Instant;
      readonly advertiseAt: Instant;
      /** When the kernel takes the addresses away, if nothing is advertised before; null for never. */
      readonly leasedUntil: Instant | null;
      readonly announcedAt: Instant;
      /** Next burst of announcements; null for none. */
      readonly announce: { readonly at: Instant; readonly rounds: number } | null;
      /** Next announcement out of the base of a virtual MAC interface; null for none. */
      readonly extraAt: Instant | null;
      /** Somebody else who said that an address of ours is theirs, and when we contradict; null for nobody. */
      readonly conflict: { readonly at: Instant; readonly by: string } | null;
      /** When we contradicted last. */
      readonly defendedAt: Instant | null;
    };

export const INIT: VrrpState = { at: 'init', holding: null };

export interface HeardMaster {
  readonly address: Ip;
  /** 0 after it resigned. */
  readonly priority: number;
  /** When its last advert came. */
  readonly at: Instant;
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
  /** The process stood still for that long, and cannot tell whether a master was silent meanwhile. */
  | { readonly on: 'stalled'; readonly by: Micros }
  /** Every member of the group would be master. */
  | { readonly on: 'promote'; readonly because: string }
  /** A member of the group has yielded, and keeps its addresses `until` then at most. */
  | { readonly on: 'demote'; readonly because: string; readonly until: Instant }
  /** A member of the group must not be master any more. */
  | { readonly on: 'forfeit'; readonly because: string }
  /** A member of the group has heard a lower priority. */
  | { readonly on: 'reannounce' }
  /** Another machine told the link that one of the addresses is its own; `by` names it. */
  | { readonly on: 'claimed'; readonly by: string }
  /** A planned handover: another is to be master, and keeps that while it lives. */
  | { readonly on: 'handover'; readonly because: string }
  /** It goes on standing back, as its predecessor did. */
  | { readonly on: 'standBack' }
  /** The end of standing back after a handover. */
  | { readonly on: 'failback' }
  /** The master has said on another path that it does not serve any more; `because` is a sentence. */
  | { readonly on: 'vacant'; readonly because: string }
  /** The configuration is a new one, of which `before` was the previous. */
  | { readonly on: 'reconfigured'; readonly before: MachineConfig };

/** What the shell does, in the order given. */
export type VrrpEffect =
  | { readonly effect: 'advertise'; readonly priority: number }
  /** The same once the addresses are there and announced: who serves until then lets go at this advert. */
  | { readonly effect: 'claim'; readonly priority: number }
  | { readonly effect: 'addAddresses' }
  /** They are not answered for any more, and what still arrives for them is served. */
  | { readonly effect: 'quietAddresses' }
  | { readonly effect: 'removeAddresses' }
  /** `rounds` gratuitous ARPs or neighbour advertisements for each address. */
  | { readonly effect: 'announce'; readonly rounds: number }
  /** One for each address out of the base of the virtual MAC interface. */
  | { readonly effect: 'announceOnBase' }
  /** Another machine said that an address is its own, and we are still the master: it is announced again. */
  | { readonly effect: 'defend'; readonly against: string }
  /** The network is to be asked whether it may take over: `gate.withheld` is the answer at the next deadline. */
  | { readonly effect: 'inquire' }
  /** It does not take over, although its time is up. */
  | { readonly effect: 'withheld'; readonly because: string }
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
  if (state.at === 'master') {
    const { advertiseAt, announce, extraAt, conflict } = state;
    const first = earliest(advertiseAt, announce?.at ?? null);
    return earliest(first, earliest(extraAt, conflict?.at ?? null));
  }
  const letGo = state.holding?.until ?? null;
  return state.at === 'backup' ? earliest(state.masterDownAt, letGo) : letGo;
}
