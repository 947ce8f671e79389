import { centisToMicros, type Instant, later, type Micros, micros } from '../base/units.ts';
import { PRIORITY_RESIGN } from '../wire/vrrp.ts';
import type { AcceptedAdvert } from './accept.ts';
import { type Backup, becomeMaster, heard, isLowerMaster, stay, takeover } from './becoming.ts';
import { hearSuccessor, tickHolding } from './holding.ts';
import type { Asking, MachineConfig, Step } from './state.ts';
import { activeInterval, masterDownInterval, skewTime } from './timers.ts';

/** RFC 9568 §6.4.2 */
export function advertInBackup(
  config: MachineConfig,
  before: Backup,
  advert: AcceptedAdvert,
  now: Instant,
): Step {
  const { holding, effects } = hearSuccessor(config, before.holding, advert, now);
  const state = holding === before.holding ? before : { ...before, holding };
  const master = heard(advert, now);
  const isOther = state.master !== null && state.master.address !== advert.source;
  if (advert.priority === PRIORITY_RESIGN) {
    // Only the master can resign: from anyone else it would be a way to make us take over from one that lives.
    if (isOther) return { state, effects };
    const skew = skewTime(config, activeInterval(config, state.interval));
    return {
      state: { ...state, masterDownAt: later(now, skew), armedAt: now, master, asking: null },
      effects,
    };
  }
  const isLower = isLowerMaster(config, master, state.standsBack);
  // The delay counts from the first advert of lower priority; one that is not lower ends it.
  const preemptAt = isLower ? (state.preemptAt ?? later(now, config.preemptDelay)) : null;
  if (isLower && preemptAt !== null && now >= preemptAt) {
    return { state: { ...state, master, preemptAt }, effects };
  }
  const interval = centisToMicros(advert.advertInterval);
  const down = later(now, masterDownInterval(config, activeInterval(config, interval)));
  // The loser of an election has a last word, and its shorter interval must not make us call the winner dead.
  const masterDownAt = isOther && down < state.masterDownAt ? state.masterDownAt : down;
  // Spelled out: this is what hundreds of instances do for each advert, and a spread costs five times as much.
  return {
    state: {
      at: 'backup',
      masterDownAt,
      armedAt: now,
      master,
      interval,
      preemptAt,
      willing: false,
      standsBack: before.standsBack,
      asking: null,
      holding,
    },
    effects,
  };
}

export function tickBackup(config: MachineConfig, state: Backup, now: Instant): Step {
  if (now >= state.masterDownAt) return masterDown(config, state, now);
  const { holding, effects } = tickHolding(state.holding, now);
  return { state: { ...state, holding }, effects };
}

function masterDown(config: MachineConfig, state: Backup, now: Instant): Step {
  const { asking, master } = state;
  const { gate } = config;
  // A master that has resigned has said all there is to ask, if nothing else stands in the way.
  const isAsked = master?.priority !== PRIORITY_RESIGN || (gate?.withheld ?? null) !== null;
  if (state.willing && gate?.isGranted === true) return giveBack(config, state, now);
  if (gate !== null && isAsked) {
    if (asking?.isOpen !== true) return inquire(state, gate.budget, now);
    if (gate.withheld !== null) return withhold(config, state, asking, gate.withheld, now);
  }
  if (!config.isGrouped) return becomeMaster(config, state, takeover(config, state, now), now);
  const { holding, effects } = tickHolding(state.holding, now);
  return { state: { ...waitForGroup(config, state, now), holding }, effects };
}

/**
 * Its group has not come together in time. What it was granted meanwhile another node may lack for its own group, so it
 * wants nothing for a while before it asks again; nodes of different priorities then do not wait for each other for ever.
 */
function giveBack(config: MachineConfig, state: Backup, now: Instant): Step {
  const { holding, effects } = tickHolding(state.holding, now);
  const interval = activeInterval(config, state.interval);
  const masterDownAt = later(now, micros(interval + skewTime(config, interval)));
  return { state: { ...state, willing: false, asking: null, masterDownAt, holding }, effects };
}

const waitForGroup = (config: MachineConfig, state: Backup, now: Instant): Backup => ({
  ...state,
  willing: true,
  asking: null,
  masterDownAt: later(now, masterDownInterval(config, activeInterval(config, state.interval))),
});

function inquire(state: Backup, budget: Micros, now: Instant): Step {
  const { holding, effects } = tickHolding(state.holding, now);
  const { asking } = state;
  const open = { downAt: asking?.downAt ?? now, isOpen: true, withheld: asking?.withheld ?? null };
  return {
    state: { ...state, masterDownAt: later(now, budget), asking: open, holding },
    effects: [...effects, { effect: 'inquire' }],
  };
}

/** It asks again an interval later, and says it once. Witnesses are asked in turn: the better router waits less. */
function withhold(config: MachineConfig, state: Backup, asking: Asking, because: string, now: Instant): Step {
  const interval = activeInterval(config, state.interval);
  const { holding, effects } = tickHolding(state.holding, now);
  return {
    state: {
      ...state,
      masterDownAt: later(
        now,
        micros(interval + (config.gate?.isGranted === true ? skewTime(config, interval) : 0)),
      ),
      asking: { ...asking, isOpen: false, withheld: because },
      willing: false,
      holding,
    },
    effects: because === asking.withheld ? effects : [...effects, { effect: 'withheld', because }],
  };
}

/** Its timer counts the time in which it could have heard: a machine that stands still stops the master on it too. */
export const stalledInBackup = (state: Backup, by: Micros): Backup => ({
  ...state,
  masterDownAt: later(state.masterDownAt, by),
});

/** The master has said on another path that it does not serve: nobody has to be asked. */
export function vacantInBackup(config: MachineConfig, state: Backup, because: string, now: Instant): Step {
  const withheld = config.gate?.withheld ?? null;
  if (withheld !== null) return stay(state);
  if (!config.isGrouped) return becomeMaster(config, state, because, now);
  // As good as a resignation, when all of the group are ready.
  const master = state.master === null ? null : { ...state.master, priority: PRIORITY_RESIGN };
  return stay(waitForGroup(config, { ...state, master }, now));
}

/**
 * Under another configuration. A running down timer is moved by the difference that another priority makes, as
 * keepalived does, not started anew.
 */
export function reconfigureBackup(
  config: MachineConfig,
  before: MachineConfig,
  state: Backup,
  now: Instant,
): Step {
  const preemptAt =
    state.preemptAt === null
      ? null
      : later(state.preemptAt, micros(config.preemptDelay - before.preemptDelay));
  return stay({ ...state, ...movedDown(config, before, state, now), preemptAt });
}

function movedDown(config: MachineConfig, before: MachineConfig, state: Backup, now: Instant) {
  // It is the time of the verdict, or of the next question.
  if (state.asking !== null) return {};
  const interval = activeInterval(config, state.interval);
  const intervalBefore = activeInterval(before, state.interval);
  // Moved by the difference, a deadline of shorter intervals could have passed while the master is alive.
  if (config.downTimerAdverts * interval !== before.downTimerAdverts * intervalBefore) {
    return { masterDownAt: later(now, masterDownInterval(config, interval)), armedAt: now };
  }
  const difference = skewTime(config, interval) - skewTime(before, intervalBefore);
  return { masterDownAt: later(state.masterDownAt, micros(difference)) };
}
