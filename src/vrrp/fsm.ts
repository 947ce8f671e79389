import { compareIp, type Ip } from '../base/ip.ts';
import { never } from '../base/never.ts';
import {
  centisToMicros,
  earliest,
  elapsed,
  type Instant,
  later,
  type Micros,
  micros,
  seconds,
} from '../base/units.ts';
import type { InstanceConfig } from '../model/config.ts';
import { PRIORITY_OWNER, PRIORITY_RESIGN } from '../wire/vrrp.ts';
import type { AcceptedAdvert } from './accept.ts';
import { masterDownInterval, skewTime } from './timers.ts';

/** What the machine needs to know besides its own state. */
export interface MachineConfig
  extends Pick<InstanceConfig, 'priority' | 'preempt' | 'advertInterval' | 'garp'> {
  /** Source of our adverts: decides between equal priorities. */
  readonly localAddress: Ip;
}

/** The states of RFC 3768 §6.4, and `fault` for an interface that cannot serve. Deadlines are data. */
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
    }
  | {
      readonly at: 'master';
      readonly advertisedAt: Instant;
      readonly advertiseAt: Instant;
      readonly announcedAt: Instant;
      /** Next gratuitous ARP burst; null for none. */
      readonly announce: { readonly at: Instant; readonly rounds: number } | null;
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
  /** The configuration is a new one, of which `before` was the previous. */
  | { readonly on: 'reconfigured'; readonly before: MachineConfig };

/** What the shell does, in the order given. */
export type VrrpEffect =
  | { readonly effect: 'advertise'; readonly priority: number }
  | { readonly effect: 'addAddresses' }
  | { readonly effect: 'removeAddresses' }
  /** `rounds` gratuitous ARPs for each address. */
  | { readonly effect: 'announce'; readonly rounds: number }
  /** The state has changed; `because` is a sentence for people. */
  | { readonly effect: 'report'; readonly because: string };

export interface Step {
  readonly state: VrrpState;
  readonly effects: readonly VrrpEffect[];
}

// A lower-priority neighbour must not make us flood the segment: at most this often do we announce again.
const REANNOUNCE_GAP: Micros = seconds(5);

/** One event in the life of an instance. Pure: time is `now`, and every wish is in the returned effects. */
export function stepVrrp(config: MachineConfig, state: VrrpState, event: VrrpEvent, now: Instant): Step {
  switch (event.on) {
    case 'startup':
    case 'recovered':
      return state.at === 'init' || state.at === 'fault' ? start(config, event.on, now) : stay(state);
    case 'resume':
      return becomeMaster(config, 'taken up again after the vrrp process was restarted', now);
    case 'shutdown':
      return { state: { at: 'init' }, effects: [...resign(state), reported('shutdown')] };
    case 'fault':
      if (state.at === 'fault') return stay(state);
      return { state: { at: 'fault' }, effects: [...leave(state), reported(event.because)] };
    case 'advert':
      if (state.at === 'backup') return advertInBackup(config, state, event.advert, now);
      return state.at === 'master' ? advertInMaster(config, state, event.advert, now) : stay(state);
    case 'tick':
      return tick(config, state, now);
    case 'reconfigured':
      return stay(state.at === 'backup' ? moveDeadline(config, event.before, state) : state);
    default:
      return never(event);
  }
}

/** When the machine next wants a tick; null for never. */
export function nextDeadline(state: VrrpState): Instant | null {
  if (state.at === 'backup') return state.masterDownAt;
  return state.at === 'master' ? earliest(state.advertiseAt, state.announce?.at ?? null) : null;
}

const stay = (state: VrrpState): Step => ({ state, effects: [] });
const reported = (because: string): VrrpEffect => ({ effect: 'report', because });

function start(config: MachineConfig, on: 'startup' | 'recovered', now: Instant): Step {
  // RFC 3768 §6.4.1: the owner goes to Master at once, everyone else to Backup.
  if (config.priority === PRIORITY_OWNER) return becomeMaster(config, 'owner of the addresses', now);
  const because = on === 'startup' ? 'startup' : 'the interface can serve again';
  return toBackup(config, because, null, now);
}

// An address left behind by a killed predecessor is removed here too: a backup must not answer for it.
function toBackup(config: MachineConfig, because: string, master: HeardMaster | null, now: Instant): Step {
  const masterDownAt = later(now, masterDownInterval(config.advertInterval, config.priority));
  return {
    state: { at: 'backup', masterDownAt, armedAt: now, master },
    effects: [{ effect: 'removeAddresses' }, reported(because)],
  };
}

// RFC 3768 §6.4.2: send an ADVERTISEMENT, then gratuitous ARP for each address, then set the Adver_Timer.
function becomeMaster(config: MachineConfig, because: string, now: Instant): Step {
  return {
    state: {
      at: 'master',
      advertisedAt: now,
      advertiseAt: later(now, centisToMicros(config.advertInterval)),
      announcedAt: now,
      announce: config.garp.delay > 0 ? secondBurst(config, now) : refreshBurst(config, now),
    },
    effects: [
      { effect: 'advertise', priority: config.priority },
      { effect: 'addAddresses' },
      { effect: 'announce', rounds: config.garp.repeat },
      reported(because),
    ],
  };
}

// RFC 3768 §6.4.3: a master that is shut down sends an ADVERTISEMENT with Priority = 0.
function resign(state: VrrpState): VrrpEffect[] {
  if (state.at !== 'master') return [];
  return [{ effect: 'advertise', priority: PRIORITY_RESIGN }, { effect: 'removeAddresses' }];
}

// What a predecessor left behind goes also when there is no role to take up.
function leave(state: VrrpState): VrrpEffect[] {
  return state.at === 'init' ? [{ effect: 'removeAddresses' }] : resign(state);
}

type Backup = Extract<VrrpState, { at: 'backup' }>;
type Master = Extract<VrrpState, { at: 'master' }>;

// RFC 3768 §6.4.2
function advertInBackup(config: MachineConfig, state: Backup, advert: AcceptedAdvert, now: Instant): Step {
  const master = { address: advert.source, priority: advert.priority };
  if (advert.priority === PRIORITY_RESIGN) {
    return stay({ ...state, masterDownAt: later(now, skewTime(config.priority)), armedAt: now, master });
  }
  if (config.preempt && advert.priority < config.priority) return stay({ ...state, master });
  const masterDownAt = later(now, masterDownInterval(config.advertInterval, config.priority));
  return stay({ ...state, masterDownAt, armedAt: now, master });
}

// RFC 3768 §6.4.3
function advertInMaster(config: MachineConfig, state: Master, advert: AcceptedAdvert, now: Instant): Step {
  if (advert.priority === PRIORITY_RESIGN) return advertiseNow(config, state, now);
  const wins =
    advert.priority > config.priority ||
    (advert.priority === config.priority && compareIp(advert.source, config.localAddress) > 0);
  if (wins) {
    const how =
      advert.priority > config.priority ? 'a higher priority' : 'the same priority and a higher address';
    const because = `${advert.source} advertises ${how} (${advert.priority}, ours ${config.priority})`;
    return toBackup(config, because, { address: advert.source, priority: advert.priority }, now);
  }
  // RFC 9568 §6.4.3: answer at once, so that the loser yields now. Capped, so that it cannot be used to make
  // us flood the segment. The winner of a double mastership announces again, or clients stay with the loser.
  const quiet = elapsed(state.advertisedAt, now) * 3 >= centisToMicros(config.advertInterval);
  const step = quiet ? advertiseNow(config, state, now) : stay(state);
  if (elapsed(state.announcedAt, now) < REANNOUNCE_GAP) return step;
  return {
    state: { ...step.state, announcedAt: now } as Master,
    effects: [...step.effects, { effect: 'announce', rounds: config.garp.repeat }],
  };
}

function advertiseNow(config: MachineConfig, state: Master, now: Instant): Step {
  return {
    state: { ...state, advertisedAt: now, advertiseAt: later(now, centisToMicros(config.advertInterval)) },
    effects: [{ effect: 'advertise', priority: config.priority }],
  };
}

function tick(config: MachineConfig, state: VrrpState, now: Instant): Step {
  if (state.at === 'backup' && now >= state.masterDownAt) {
    return becomeMaster(config, takeover(config, state, now), now);
  }
  if (state.at !== 'master') return stay(state);
  let step: Step = stay(state);
  if (now >= state.advertiseAt) {
    step = advertiseNow(config, state, now);
    // Keep the beat: a late advert does not delay the next one, unless a whole interval was missed.
    const onBeat = later(state.advertiseAt, centisToMicros(config.advertInterval));
    if (onBeat > now) step = { ...step, state: { ...step.state, advertiseAt: onBeat } as Master };
  }
  if (state.announce === null || now < state.announce.at) return step;
  return {
    state: { ...step.state, announcedAt: now, announce: refreshBurst(config, now) } as Master,
    effects: [...step.effects, { effect: 'announce', rounds: state.announce.rounds }],
  };
}

function secondBurst({ garp }: MachineConfig, now: Instant): Master['announce'] {
  return { at: later(now, garp.delay), rounds: garp.repeat };
}

function refreshBurst({ garp }: MachineConfig, now: Instant): Master['announce'] {
  return garp.refresh > 0 ? { at: later(now, garp.refresh), rounds: garp.refreshRepeat } : null;
}

// The running timer is moved by the difference, as keepalived does, not started anew.
function moveDeadline(config: MachineConfig, before: MachineConfig, state: Backup): Backup {
  const difference =
    masterDownInterval(config.advertInterval, config.priority) -
    masterDownInterval(before.advertInterval, before.priority);
  return { ...state, masterDownAt: later(state.masterDownAt, micros(difference)) };
}

function takeover(config: MachineConfig, state: Backup, now: Instant): string {
  const waited = `${(elapsed(state.armedAt, now) / 1e6).toFixed(3)} s`;
  const limit = `limit ${(elapsed(state.armedAt, state.masterDownAt) / 1e6).toFixed(3)} s`;
  if (state.master === null) return `no advert from anyone for ${waited} (${limit})`;
  const { address, priority } = state.master;
  if (priority === PRIORITY_RESIGN)
    return `${address} resigned and nobody took over for ${waited} (${limit})`;
  if (config.preempt && priority < config.priority) {
    return `${address} advertises a lower priority (${priority}, ours ${config.priority})`;
  }
  return `no advert from ${address} for ${waited} (${limit})`;
}
