import { compareIp } from '../base/ip.ts';
import { never } from '../base/never.ts';
import { centisToMicros, elapsed, type Instant, later, type Micros, micros, seconds } from '../base/units.ts';
import { PRIORITY_OWNER, PRIORITY_RESIGN } from '../wire/vrrp.ts';
import type { AcceptedAdvert } from './accept.ts';
import type { HeardMaster, MachineConfig, Step, VrrpEffect, VrrpEvent, VrrpState } from './state.ts';
import { activeInterval, masterDownInterval, skewTime } from './timers.ts';

type Backup = Extract<VrrpState, { at: 'backup' }>;
type Master = Extract<VrrpState, { at: 'master' }>;

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
    case 'promote':
      return state.at === 'backup' ? becomeMaster(config, event.because, now) : stay(state);
    case 'demote':
      return state.at === 'master' ? toBackup(config, event.because, null, now) : stay(state);
    case 'reannounce':
      return state.at === 'master' ? reannounce(config, state, now) : stay(state);
    case 'reconfigured':
      return stay(moveDeadlines(config, event.before, state, now));
    default:
      return never(event);
  }
}

const stay = (state: VrrpState): Step => ({ state, effects: [] });
const reported = (because: string): VrrpEffect => ({ effect: 'report', because });

function start(config: MachineConfig, on: 'startup' | 'recovered', now: Instant): Step {
  const isOwner = config.priority === PRIORITY_OWNER;
  // RFC 9568 §6.4.1: the owner goes to Master at once, everyone else to Backup.
  if (isOwner && on === 'startup' && !config.isGrouped) {
    return becomeMaster(config, 'owner of the addresses', now);
  }
  const because = on === 'startup' ? 'startup' : 'it can serve again';
  const step = toBackup(config, because, null, now);
  if (!isOwner || step.state.at !== 'backup') return step;
  // deviates: RFC 9568 §6.4.1 has an owner that comes back take over at once. It listens for one interval first, as
  // keepalived does, so that it takes the addresses from another master instead of beside it.
  const interval = centisToMicros(config.advertInterval);
  const masterDownAt = later(now, micros(interval + skewTime(config, interval)));
  return { ...step, state: { ...step.state, masterDownAt } };
}

// An address left behind by a killed predecessor is removed here too: a backup must not answer for it.
function toBackup(config: MachineConfig, because: string, advert: AcceptedAdvert | null, now: Instant): Step {
  const interval = advert === null ? null : centisToMicros(advert.advertInterval);
  return {
    state: {
      at: 'backup',
      masterDownAt: later(now, masterDownInterval(config, activeInterval(config, interval))),
      armedAt: now,
      master: advert === null ? null : heard(advert),
      interval,
      preemptAt: null,
      willing: false,
    },
    effects: [{ effect: 'removeAddresses' }, reported(because)],
  };
}

const heard = ({ source, priority }: AcceptedAdvert): HeardMaster => ({ address: source, priority });

// RFC 9568 §6.4.2: send an ADVERTISEMENT, then gratuitous ARP or ND for each address, then set the Adver_Timer.
function becomeMaster(config: MachineConfig, because: string, now: Instant): Step {
  const { garp } = config;
  return {
    state: {
      at: 'master',
      advertisedAt: now,
      advertiseAt: later(now, centisToMicros(config.advertInterval)),
      announcedAt: now,
      announce:
        garp.delay > 0 ? { at: later(now, garp.delay), rounds: garp.repeat } : refreshBurst(config, now),
      extraAt: garp.extraInterface > 0 ? later(now, garp.extraInterface) : null,
    },
    effects: [
      { effect: 'advertise', priority: config.priority },
      { effect: 'addAddresses' },
      { effect: 'announce', rounds: garp.repeat },
      reported(because),
    ],
  };
}

// RFC 9568 §6.4.3: a master that is shut down sends an ADVERTISEMENT with Priority = 0.
function resign(state: VrrpState): VrrpEffect[] {
  if (state.at !== 'master') return [];
  return [{ effect: 'advertise', priority: PRIORITY_RESIGN }, { effect: 'removeAddresses' }];
}

// What a predecessor left behind goes also when there is no role to take up.
function leave(state: VrrpState): VrrpEffect[] {
  return state.at === 'init' ? [{ effect: 'removeAddresses' }] : resign(state);
}

// RFC 9568 §6.4.2
function advertInBackup(config: MachineConfig, state: Backup, advert: AcceptedAdvert, now: Instant): Step {
  const master = heard(advert);
  if (advert.priority === PRIORITY_RESIGN) {
    const skew = skewTime(config, activeInterval(config, state.interval));
    return stay({ ...state, masterDownAt: later(now, skew), armedAt: now, master });
  }
  const isLower = config.preempt && advert.priority < config.priority;
  // The delay counts from the first advert of lower priority; one that is not lower ends it.
  const preemptAt = isLower ? (state.preemptAt ?? later(now, config.preemptDelay)) : null;
  if (isLower && preemptAt !== null && now >= preemptAt) return stay({ ...state, master, preemptAt });
  const interval = centisToMicros(advert.advertInterval);
  const masterDownAt = later(now, masterDownInterval(config, activeInterval(config, interval)));
  return stay({ ...state, masterDownAt, armedAt: now, master, interval, preemptAt, willing: false });
}

// RFC 9568 §6.4.3
function advertInMaster(config: MachineConfig, state: Master, advert: AcceptedAdvert, now: Instant): Step {
  if (advert.priority === PRIORITY_RESIGN) return advertiseNow(config, state, now);
  const isHigher = advert.priority > config.priority;
  const isTie = advert.priority === config.priority && compareIp(advert.source, config.localAddress) > 0;
  if (isHigher || isTie) {
    const how = isHigher ? 'a higher priority' : 'the same priority and a higher address';
    const because = `${advert.source} advertises ${how} (${advert.priority}, ours ${config.priority})`;
    const step = toBackup(config, because, advert, now);
    if (!config.advertisesOnYield) return step;
    return { ...step, effects: [{ effect: 'advertise', priority: config.priority }, ...step.effects] };
  }
  // RFC 9568 §6.4.3: answer at once, so that the loser yields now. Capped, so that it cannot be used to make
  // us flood the segment. The winner of a double mastership announces again, or clients stay with the loser.
  const quiet = elapsed(state.advertisedAt, now) * 3 >= centisToMicros(config.advertInterval);
  const answer = config.answersLower && quiet ? advertiseNow(config, state, now) : stay(state);
  const again = reannounce(config, answer.state as Master, now);
  // Told as often as it is answered: a script that runs for each of these is no way to make us fork.
  const heardLower: VrrpEffect[] = quiet ? [{ effect: 'heardLower', priority: advert.priority }] : [];
  return { state: again.state, effects: [...answer.effects, ...again.effects, ...heardLower] };
}

function reannounce(config: MachineConfig, state: Master, now: Instant): Step {
  const { lowerRepeat: rounds, lowerDelay } = config.garp;
  if (rounds === 0) return stay(state);
  // Put off, not left out: otherwise the loser may be the one whom the clients heard last.
  const soonest = later(state.announcedAt, REANNOUNCE_GAP);
  if (now < soonest) return stay({ ...state, announce: sooner(state.announce, { at: soonest, rounds }) });
  const second = lowerDelay > 0 ? { at: later(now, lowerDelay), rounds } : null;
  const announce = second === null ? state.announce : sooner(state.announce, second);
  return { state: { ...state, announcedAt: now, announce }, effects: [{ effect: 'announce', rounds }] };
}

const sooner = (planned: Master['announce'], another: NonNullable<Master['announce']>): Master['announce'] =>
  planned !== null && planned.at <= another.at ? planned : another;

function advertiseNow(config: MachineConfig, state: Master, now: Instant): Step {
  return {
    state: { ...state, advertisedAt: now, advertiseAt: later(now, centisToMicros(config.advertInterval)) },
    effects: [{ effect: 'advertise', priority: config.priority }],
  };
}

function tick(config: MachineConfig, state: VrrpState, now: Instant): Step {
  if (state.at === 'backup') return now >= state.masterDownAt ? masterDown(config, state, now) : stay(state);
  return state.at === 'master' ? tickMaster(config, state, now) : stay(state);
}

function masterDown(config: MachineConfig, state: Backup, now: Instant): Step {
  if (!config.isGrouped) return becomeMaster(config, takeover(config, state, now), now);
  const interval = activeInterval(config, state.interval);
  return stay({ ...state, willing: true, masterDownAt: later(now, masterDownInterval(config, interval)) });
}

function tickMaster(config: MachineConfig, before: Master, now: Instant): Step {
  let state = before;
  const effects: VrrpEffect[] = [];
  if (now >= state.advertiseAt) {
    // Keep the beat: a late advert does not delay the next one, unless a whole interval was missed.
    const interval = centisToMicros(config.advertInterval);
    const onBeat = later(state.advertiseAt, interval);
    state = { ...state, advertisedAt: now, advertiseAt: onBeat > now ? onBeat : later(now, interval) };
    effects.push({ effect: 'advertise', priority: config.priority });
  }
  if (state.announce !== null && now >= state.announce.at) {
    effects.push({ effect: 'announce', rounds: state.announce.rounds });
    state = { ...state, announcedAt: now, announce: refreshBurst(config, now) };
  }
  if (state.extraAt !== null && now >= state.extraAt) {
    const { extraInterface } = config.garp;
    effects.push({ effect: 'announceOnBase' });
    state = { ...state, extraAt: extraInterface > 0 ? later(now, extraInterface) : null };
  }
  return { state, effects };
}

function refreshBurst({ garp }: MachineConfig, now: Instant): Master['announce'] {
  return garp.refresh > 0 ? { at: later(now, garp.refresh), rounds: garp.refreshRepeat } : null;
}

// A running down timer is moved by the difference that another priority makes, as keepalived does, not started anew.
function moveDeadlines(
  config: MachineConfig,
  before: MachineConfig,
  state: VrrpState,
  now: Instant,
): VrrpState {
  if (state.at === 'backup') {
    const preemptAt =
      state.preemptAt === null
        ? null
        : later(state.preemptAt, micros(config.preemptDelay - before.preemptDelay));
    return { ...state, ...movedDown(config, before, state, now), preemptAt };
  }
  if (state.at !== 'master') return state;
  const { garp } = config;
  const soonest = later(now, centisToMicros(config.advertInterval));
  const again = refreshBurst(config, now);
  return {
    ...state,
    advertiseAt: Math.min(state.advertiseAt, soonest) as Instant,
    announce: sameRefresh(config, before) ? state.announce : again,
    extraAt:
      garp.extraInterface === before.garp.extraInterface
        ? state.extraAt
        : garp.extraInterface > 0
          ? later(now, garp.extraInterface)
          : null,
  };
}

function movedDown(config: MachineConfig, before: MachineConfig, state: Backup, now: Instant) {
  const interval = activeInterval(config, state.interval);
  const intervalBefore = activeInterval(before, state.interval);
  // Moved by the difference, a deadline of shorter intervals could have passed while the master is alive.
  if (config.downTimerAdverts * interval !== before.downTimerAdverts * intervalBefore) {
    return { masterDownAt: later(now, masterDownInterval(config, interval)), armedAt: now };
  }
  const difference = skewTime(config, interval) - skewTime(before, intervalBefore);
  return { masterDownAt: later(state.masterDownAt, micros(difference)) };
}

const sameRefresh = (a: MachineConfig, b: MachineConfig): boolean =>
  a.garp.refresh === b.garp.refresh && a.garp.refreshRepeat === b.garp.refreshRepeat;

/** Why a backup's time is up, for people. */
export function takeover(config: MachineConfig, state: Backup, now: Instant): string {
  const waited = `${(elapsed(state.armedAt, now) / 1e6).toFixed(3)} s`;
  // Of a member that waits for its group the limit has passed, and its timer runs again.
  const limit = state.willing
    ? ''
    : ` (limit ${(elapsed(state.armedAt, state.masterDownAt) / 1e6).toFixed(3)} s)`;
  if (state.master === null) return `no advert from anyone for ${waited}${limit}`;
  const { address, priority } = state.master;
  if (priority === PRIORITY_RESIGN) return `${address} resigned and nobody took over for ${waited}${limit}`;
  if (config.preempt && priority < config.priority) {
    return `${address} advertises a lower priority (${priority}, ours ${config.priority})`;
  }
  return `no advert from ${address} for ${waited}${limit}`;
}
