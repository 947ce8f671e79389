import { never } from '../base/never.ts';
import { centisToMicros, elapsed, type Instant, later, micros, seconds } from '../base/units.ts';
import { PRIORITY_OWNER, PRIORITY_RESIGN } from '../wire/vrrp.ts';
import { advertInBackup, reconfigureBackup, stalledInBackup, tickBackup, vacantInBackup } from './backup.ts';
import { becomeMaster, freshBackup, giveUp, type Master, reported, resign, stay } from './becoming.ts';
import { handoverBound, hearClaim, hearSuccessor, tickHolding } from './holding.ts';
import { advertInMaster, claimedInMaster, reannounce, reconfigureMaster, tickMaster } from './master.ts';
import type { Holding, MachineConfig, Step, VrrpEffect, VrrpEvent, VrrpState } from './state.ts';
import { skewTime } from './timers.ts';

/** While its successor is waited for, a member of a group may have to wait for the others too. */
const HANDOVER_HOLD = seconds(5);

/** One event in the life of an instance. Pure: time is `now`, and every wish is in the returned effects. */
export function stepVrrp(config: MachineConfig, state: VrrpState, event: VrrpEvent, now: Instant): Step {
  const lost = lose(config, state, now);
  if (lost === null) return stepLive(config, state, event, now);
  const step = stepLive(config, lost.state, event, now);
  return { state: step.state, effects: [...lost.effects, ...step.effects] };
}

/** What comes before every event: time may have taken the addresses, or the right to them, away. */
function lose(config: MachineConfig, state: VrrpState, now: Instant): Step | null {
  const over = state.at === 'master' ? state.leasedUntil : null;
  if (state.at === 'master' && over !== null && now > over) return lapse(config, state, now);
  const forfeits = config.gate?.forfeits ?? null;
  return forfeits?.atOnce === true ? takeOff(config, state, forfeits.because, now) : null;
}

function stepLive(config: MachineConfig, state: VrrpState, event: VrrpEvent, now: Instant): Step {
  switch (event.on) {
    case 'startup':
    case 'recovered':
      return state.at === 'init' || state.at === 'fault'
        ? start(config, state.holding, event.on, now)
        : stay(state);
    case 'resume': {
      const because = 'taken up again after the vrrp process was restarted';
      return becomeMaster(config, state, because, now);
    }
    case 'shutdown': {
      const { holding, effects } = resign(config, state, now);
      return { state: { at: 'init', holding }, effects: [...effects, reported('shutdown')] };
    }
    case 'fault': {
      if (state.at === 'fault') return stay(state);
      const { holding, effects } = resign(config, state, now);
      return { state: { at: 'fault', holding }, effects: [...effects, reported(event.because)] };
    }
    case 'advert':
      if (state.at === 'backup') return advertInBackup(config, state, event.advert, now);
      if (state.at === 'master') return advertInMaster(config, state, event.advert, now);
      return held(state, hearSuccessor(config, state.holding, event.advert, now));
    case 'claimed':
      if (state.at === 'master') return claimedInMaster(state, event.by, now);
      return held(state, hearClaim(state.holding, now));
    case 'tick':
      if (state.at === 'backup') return tickBackup(config, state, now);
      if (state.at === 'master') return tickMaster(config, state, now);
      return held(state, tickHolding(state.holding, now));
    case 'stalled':
      return stay(state.at === 'backup' ? stalledInBackup(state, event.by) : state);
    case 'promote':
      return state.at === 'backup' ? becomeMaster(config, state, event.because, now) : stay(state);
    case 'demote':
      return state.at === 'master' ? demote(config, event, now) : stay(state);
    case 'forfeit':
      return state.at === 'master' ? giveUp(config, state, event.because, now) : stay(state);
    case 'vacant':
      return state.at === 'backup' ? vacantInBackup(config, state, event.because, now) : stay(state);
    case 'handover':
      return state.at === 'master' ? handOver(config, state, event.because, now) : stay(state);
    case 'standBack':
    case 'failback':
      return stay(state.at === 'backup' ? { ...state, standsBack: event.on === 'standBack' } : state);
    case 'reannounce':
      return state.at === 'master' ? reannounce(config, state, now) : stay(state);
    case 'reconfigured':
      if (state.at === 'backup') return reconfigureBackup(config, event.before, state, now);
      return state.at === 'master' ? reconfigureMaster(config, event.before, state, now) : stay(state);
    default:
      return never(event);
  }
}

const held = (
  state: Exclude<VrrpState, Master>,
  { holding, effects }: ReturnType<typeof tickHolding>,
): Step => ({ state: { ...state, holding }, effects });

function start(
  config: MachineConfig,
  holding: Holding | null,
  on: 'startup' | 'recovered',
  now: Instant,
): Step {
  const isOwner = config.priority === PRIORITY_OWNER;
  const state = freshBackup(config, now, holding);
  // RFC 9568 §6.4.1: the owner goes to Master at once, everyone else to Backup.
  if (isOwner && on === 'startup' && !config.isGrouped) {
    return becomeMaster(config, state, 'owner of the addresses', now);
  }
  const report = reported(on === 'startup' ? 'startup' : 'it can serve again');
  // An address left behind by a killed predecessor is removed: a backup must not answer for it.
  const effects = holding === null ? [{ effect: 'removeAddresses' } as const, report] : [report];
  if (!isOwner) return { state, effects };
  // deviates: RFC 9568 §6.4.1 has an owner that comes back take over at once. It listens for one interval first, as
  // keepalived does, so that it takes the addresses from another master instead of beside it.
  const interval = centisToMicros(config.advertInterval);
  const masterDownAt = later(now, micros(interval + skewTime(config, interval)));
  return { state: { ...state, masterDownAt }, effects };
}

/**
 * With its group: on its own link the successor is about to be heard, unless the advert that the group yielded to was
 * the only one. Until that is certain the addresses stay.
 */
function demote(
  config: MachineConfig,
  { because, until }: Extract<VrrpEvent, { on: 'demote' }>,
  now: Instant,
): Step {
  const bound = later(now, handoverBound(config));
  const holding: Holding = { until: until > bound ? until : bound, heardAt: null, isQuiet: false };
  return { state: freshBackup(config, now, holding), effects: [reported(because)] };
}

/** If nobody takes over, it stays: the addresses have not moved. */
function handOver(config: MachineConfig, state: Master, because: string, now: Instant): Step {
  const { holding, effects } = resign(config, state, now);
  if (holding === null) return stay(state);
  return {
    state: {
      ...freshBackup(config, now, { ...holding, until: later(now, HANDOVER_HOLD) }),
      masterDownAt: later(now, handoverBound(config)),
      standsBack: true,
    },
    effects: [...effects, reported(because)],
  };
}

/**
 * The process stood still for longer than the lease: it is a backup now whose time is up, so that what has waited in
 * its sockets decides whether it takes the addresses again, at once, or leaves them to another.
 */
function lapse(config: MachineConfig, { advertisedAt }: Master, now: Instant): Step {
  const still = `${(elapsed(advertisedAt, now) / 1e6).toFixed(3)} s`;
  const state = { ...freshBackup(config, now, null), masterDownAt: now, armedAt: advertisedAt };
  const because = `the process stood still for ${still}, longer than the lease of its addresses`;
  return { state, effects: [{ effect: 'removeAddresses' }, reported(because)] };
}

/** Another may be granted the addresses: they are not kept for a successor. */
function takeOff(config: MachineConfig, state: VrrpState, because: string, now: Instant): Step | null {
  const remove: VrrpEffect = { effect: 'removeAddresses' };
  if (state.at !== 'master') {
    return state.holding === null ? null : { state: { ...state, holding: null }, effects: [remove] };
  }
  const resignation: VrrpEffect = { effect: 'advertise', priority: PRIORITY_RESIGN };
  return { state: freshBackup(config, now, null), effects: [remove, resignation, reported(because)] };
}
