import { centisToMicros, type Instant, later, micros } from '../../src/base/units.ts';
import { type Member, type MemberStep, stepGroup } from '../../src/vrrp/group.ts';
import { hearHeartbeat } from '../../src/vrrp/heartbeat.ts';
import { leaseSeconds } from '../../src/vrrp/lease.ts';
import { heardGrants } from '../../src/vrrp/quorum.ts';
import type { MachineConfig, VrrpEffect, VrrpEvent, VrrpState } from '../../src/vrrp/state.ts';
import { inquiryBudget, judgeTakeover, type Verdict } from '../../src/vrrp/takeover.ts';
import { masterDownInterval, skewTime } from '../../src/vrrp/timers.ts';
import { newWitness, stepWitness, type Witness } from '../../src/vrrp/witness.ts';
import { decodeHeartbeat } from '../../src/wire/heartbeat.ts';
import type { Machine, Program } from './surroundings.ts';

const NO_TAKEOVER = { gateway: null, suspectHold: null, witness: null };

/** Broken machines, each of which some invariant has to catch. */
export const MUTANTS: Readonly<Record<string, Machine | Partial<Program>>> = {
  'the skew is not added': afterwards((config, before, step, _, now) => {
    const { state } = step;
    if (state.at !== 'backup' || state === before || state.armedAt !== now) return step;
    const skew = skewTime(config, state.interval ?? centisToMicros(config.advertInterval));
    return { ...step, state: { ...state, masterDownAt: (state.masterDownAt - skew) as Instant } };
  }),
  'an equal priority is ignored by a master': (name, members, member, event, now) => {
    const { state, config } = members[member] ?? {};
    const isTie = event.on === 'advert' && event.advert.priority === config?.priority;
    if (isTie && state?.at === 'master') return [{ member, state, effects: [] }];
    return stepGroup(name, members, member, event, now);
  },
  'a resignation is followed without the skew': afterwards((_, before, step, event, now) => {
    const resigns = event?.on === 'advert' && event.advert.priority === 0 && before.at === 'backup';
    return resigns && step.state.at === 'backup'
      ? { ...step, state: { ...step.state, masterDownAt: later(now, micros(1)) } }
      : step;
  }),
  'the addresses are never taken off': effects((effect) => effect.effect !== 'removeAddresses'),
  'nopreempt is ignored': configured({ preempt: true }),
  'preempt is ignored': configured({ preempt: false }),
  'preempt_delay is ignored': configured({ preemptDelay: micros(0) }),
  'a group becomes master member by member': configured({ isGrouped: false }),
  'a group yields in part': (name, members, member, event, now) => {
    const steps = stepGroup(name, members, member, event, now);
    const yields = members[member]?.state.at === 'master' && steps[0]?.state.at === 'backup';
    return yields ? steps.slice(0, 1) : steps;
  },
  'the interval of the master is not learned': afterwards((config, _, step, event, now) => {
    const { state } = step;
    if (state.at !== 'backup' || event?.on !== 'advert' || event.advert.priority === 0) return step;
    if (state.armedAt !== now || config.version === 2) return step;
    const masterDownAt = later(now, masterDownInterval(config, centisToMicros(config.advertInterval)));
    return { ...step, state: { ...state, interval: null, masterDownAt } };
  }),
  'every lower priority is answered': afterwards((config, before, step, event) => {
    const hears = before.at === 'master' && step.state.at === 'master' && event?.on === 'advert';
    const answer: VrrpEffect = { effect: 'advertise', priority: config.priority };
    const isSilent = step.effects.every(({ effect }) => effect !== 'advertise');
    return hears && isSilent ? { ...step, effects: [answer, ...step.effects] } : step;
  }),
  'the announcement comes before the advert': afterwards((_, before, step) =>
    before.at !== 'master' && step.state.at === 'master'
      ? { ...step, effects: [...step.effects].reverse() }
      : step,
  ),
  'a master advertises too seldom': afterwards((_, __, step, event, now) =>
    event?.on === 'tick' && step.state.at === 'master'
      ? { ...step, state: { ...step.state, advertiseAt: later(now, micros(30e6)) } }
      : step,
  ),
  'a backup waits too long': afterwards((_, before, step, __, now) => {
    const { state } = step;
    if (state.at !== 'backup' || state === before || state.armedAt !== now) return step;
    const masterDownAt = later(now, micros(1.5 * (state.masterDownAt - now)));
    return { ...step, state: { ...state, masterDownAt } };
  }),
  'a reload starts the timer anew': afterwards((config, _, step, event, now) =>
    event?.on === 'reconfigured' && step.state.at === 'backup'
      ? {
          ...step,
          state: { ...step.state, masterDownAt: later(now, centisToMicros(config.advertInterval)) },
        }
      : step,
  ),
  'the winner of a double mastership does not announce again': (name, members, member, event, now) => {
    const deaf = members.map((one) => ({
      ...one,
      config: { ...one.config, garp: { ...one.config.garp, lowerRepeat: 0 } },
    }));
    return stepGroup(name, deaf, member, event, now);
  },
  'a master that resigns lets go at once': afterwards((_, before, step) => letGo(before, step, true)),
  'a master that yields lets go at once': afterwards((_, before, step) => letGo(before, step, false)),
  'one advert proves that a successor serves': afterwards((_, before, step, event) => {
    if (before.at !== 'master' || step.state.at !== 'backup' || event?.on !== 'advert') return step;
    if (step.state.holding === null) return step;
    const holding = { ...step.state.holding, isQuiet: true };
    return {
      ...step,
      state: { ...step.state, holding },
      effects: [...step.effects, { effect: 'quietAddresses' }],
    };
  }),
  'a holding has no bound': afterwards((_, before, step, __, now) => {
    const { state } = step;
    if (before.at !== 'master' || state.at === 'master' || state.holding === null) return step;
    return { ...step, state: { ...state, holding: { ...state.holding, until: later(now, micros(3600e6)) } } };
  }),
  'the claim of a successor is not heard': deaf(
    (event, state) => event.on === 'claimed' && state.at !== 'master',
  ),
  'who pre-empts advertises before it is there': afterwards((_, __, step) => {
    const claim = step.effects.find(({ effect }) => effect === 'claim');
    if (claim === undefined) return step;
    return { ...step, effects: [claim, ...step.effects.filter((effect) => effect !== claim)] };
  }),
  'a machine goes on after its lease': configured({ lease: null }),
  'addresses are not leased': { leaseOf: () => null },
  'a strict lease is as long as one that serves': {
    leaseOf: (config) =>
      leaseSeconds({ ...config, lease: config.lease === 'strict' ? 'serve' : config.lease }),
  },
  'a lease that serves is as short as one of two adverts': {
    leaseOf: (config) => {
      const lease = leaseSeconds(config);
      return config.lease === 'serve' && lease !== null
        ? Math.ceil((2 * config.advertInterval) / 100)
        : lease;
    },
  },
  'who has handed over pre-empts': afterwards((_, __, step) =>
    step.state.at === 'backup' ? { ...step, state: { ...step.state, standsBack: false } } : step,
  ),
  'failback is not heard': deaf((event) => event.on === 'failback'),
  'a handover is not heard': deaf((event) => event.on === 'handover'),
  'a claim is never contradicted': deaf((event, state) => event.on === 'claimed' && state.at === 'master'),
  'every claim is contradicted': afterwards((_, __, step, event, now) =>
    step.state.at === 'master' && event?.on === 'claimed'
      ? { ...step, state: { ...step.state, conflict: { at: later(now, micros(1)), by: event.by } } }
      : step,
  ),
  'anybody may resign': (name, members, member, event, now) => {
    const isResignation = event.on === 'advert' && event.advert.priority === 0;
    return stepGroup(name, isResignation ? forgetful(members) : members, member, event, now);
  },
  'every resignation is answered': afterwards((config, before, step, event) => {
    const hears = before.at === 'master' && step.state.at === 'master' && event?.on === 'advert';
    if (!hears || event.advert.priority > 0 || step.effects.length > 0) return step;
    return { ...step, effects: [{ effect: 'advertise', priority: config.priority }] };
  }),
  'the learned interval has no bound': afterwards((config, _, step, event, now) => {
    const { state } = step;
    if (state.at !== 'backup' || state.interval === null || event?.on !== 'advert') return step;
    if (state.armedAt !== now || event.advert.priority === 0 || config.version === 2) return step;
    return {
      ...step,
      state: { ...state, masterDownAt: later(now, masterDownInterval(config, state.interval)) },
    };
  }),
  'a backup does not notice that it stood still': deaf((event) => event.on === 'stalled'),
  'nobody is asked before a takeover': configured({ gate: null }),
  'a gate lets everybody through': judged(() => true),
  'a node that is cut off takes over': judged(({ cause }) => cause === 'isolated'),
  'a fault of the path of adverts is one of the master': judged(({ cause }) => cause === 'advert_path'),
  'suspect_hold is ignored': judged(({ cause }) => cause === 'suspect'),
  'suspect_hold has no end': {
    judge: (config, ...rest) => {
      const takeover = config.takeover ?? NO_TAKEOVER;
      return judgeTakeover({ ...config, takeover: { ...takeover, suspectHold: micros(3600e6) } }, ...rest);
    },
  },
  'the verdict comes late': { budget: (config) => micros(10 * inquiryBudget(config)) },
  'old heartbeats are believed': {
    hear: (link, ...rest) => hearHeartbeat({ ...link, believed: null, former: [] }, ...rest),
  },
  'heartbeats to a predecessor are believed': {
    hear: (link, secret, epoch, interval, bytes, now) => {
      const read = decodeHeartbeat(bytes.subarray(0, -32));
      const known = read.ok && read.value.echo !== 0n ? read.value.echo : epoch;
      return hearHeartbeat({ ...link, former: [] }, secret, known, interval, bytes, now);
    },
  },
  'witnesses are not asked': judged(({ cause }) => cause === 'witness'),
  'a witness grants to anyone': {
    stepWitness: ({ startedAt }, ...rest) => stepWitness(longAgo(newWitness(startedAt)), ...rest),
  },
  'a restarted witness grants at once': {
    stepWitness: (witness, ...rest) => stepWitness(longAgo(witness), ...rest),
  },
  'the holder of a grant counts it from its receipt': {
    heardGrants: ({ sent, words }, answers, grants, now) =>
      heardGrants({ sent: sent.map((one) => ({ ...one, at: now })), words }, answers, grants),
  },
  'the holder ignores the end of a grant': unforfeited(true),
  'a master that is cut off stays': unforfeited(false),
  'the first advert of another brings the deadline forward': (name, members, member, event, now) =>
    stepGroup(name, event.on === 'advert' ? forgetful(members) : members, member, event, now),
};

/** A witness that has run for long. */
const longAgo = (witness: Witness): Witness => ({
  ...witness,
  startedAt: later(witness.startedAt, micros(-3600e6)),
});

/** Nobody has to let go of the addresses: at once, or as in a handover. */
function unforfeited(atOnce: boolean): Machine {
  return (name, members, member, event, now) => {
    const bold = members.map((one) => {
      const { gate } = one.config;
      if (gate?.forfeits?.atOnce !== atOnce) return one;
      return { ...one, config: { ...one.config, gate: { ...gate, forfeits: null } } };
    });
    return stepGroup(name, bold, member, event, now);
  };
}

/** Some verdicts that withhold a takeover are none. */
function judged(isClear: (verdict: Verdict) => boolean): Partial<Program> {
  return {
    judge: (...about) => {
      const verdict = judgeTakeover(...about);
      return isClear(verdict) ? { ...verdict, withheld: null, cause: null } : verdict;
    },
  };
}

/** The machine with each of its steps changed. `event` is null for a member that was taken along. */
function afterwards(
  change: (
    config: MachineConfig,
    before: VrrpState,
    step: MemberStep,
    event: VrrpEvent | null,
    now: Instant,
  ) => MemberStep,
): Machine {
  return (name, members, member, event, now) =>
    stepGroup(name, members, member, event, now).map((step, i) => {
      const one = members[step.member];
      return one === undefined ? step : change(one.config, one.state, step, i === 0 ? event : null, now);
    });
}

function effects(keeps: (effect: VrrpEffect) => boolean): Machine {
  return afterwards((_, __, step) => ({ ...step, effects: step.effects.filter(keeps) }));
}

function configured(over: Partial<MachineConfig>): Machine {
  return (name, members, member, event, now) =>
    stepGroup(
      name,
      members.map((one) => ({ ...one, config: { ...one.config, ...over } })),
      member,
      event,
      now,
    );
}

/** One that resigns, or one that yields, does not keep its addresses. */
function letGo(before: VrrpState, step: MemberStep, resigns: boolean): MemberStep {
  const { state, effects } = step;
  if (before.at !== 'master' || state.at === 'master' || state.holding === null) return step;
  const isResigning = effects.some((effect) => effect.effect === 'advertise' && effect.priority === 0);
  if (isResigning !== resigns) return step;
  const removal: VrrpEffect = { effect: 'removeAddresses' };
  return { ...step, state: { ...state, holding: null }, effects: [...effects, removal] };
}

/** Some events do not come to the machine. */
function deaf(misses: (event: VrrpEvent, state: VrrpState) => boolean): Machine {
  return (name, members, member, event, now) => {
    const one = members[member];
    if (one === undefined || !misses(event, one.state)) return stepGroup(name, members, member, event, now);
    return [{ member, state: one.state, effects: [] }];
  };
}

/** Nobody remembers which master it heard. */
const forgetful = (members: readonly Member[]): readonly Member[] =>
  members.map((one) => {
    const { state } = one;
    return state.at === 'backup' ? { ...one, state: { ...state, master: null } } : one;
  });
