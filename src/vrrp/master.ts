import { compareIp } from '../base/ip.ts';
import { centisToMicros, elapsed, type Instant, later, type Micros, seconds } from '../base/units.ts';
import { PRIORITY_RESIGN } from '../wire/vrrp.ts';
import type { AcceptedAdvert } from './accept.ts';
import { giveUp, leasedFrom, type Master, refreshBurst, stay, yieldTo } from './becoming.ts';
import type { MachineConfig, Step, VrrpEffect } from './state.ts';

// A lower-priority neighbour must not make us flood the segment: at most this often do we announce again.
const REANNOUNCE_GAP: Micros = seconds(5);

/** RFC 5227 §1.1, DEFEND_INTERVAL: at most this often do we contradict another machine. */
const DEFEND_GAP: Micros = seconds(10);
/** Who pre-empts us announces before it advertises: that much later we know whether it was that. */
const CLAIM_GRACE: Micros = seconds(0.1);

/** RFC 9568 §6.4.3 */
export function advertInMaster(
  config: MachineConfig,
  state: Master,
  advert: AcceptedAdvert,
  now: Instant,
): Step {
  // Capped, so that it cannot be used to make us flood the segment.
  const quiet = elapsed(state.advertisedAt, now) * 3 >= centisToMicros(config.advertInterval);
  if (advert.priority === PRIORITY_RESIGN) return quiet ? advertiseNow(config, state, now) : stay(state);
  const isHigher = advert.priority > config.priority;
  const isTie = advert.priority === config.priority && compareIp(advert.source, config.localAddress) > 0;
  if (isHigher || isTie) {
    const how = isHigher ? 'a higher priority' : 'the same priority and a higher address';
    const because = `${advert.source} advertises ${how} (${advert.priority}, ours ${config.priority})`;
    const step = yieldTo(config, because, advert, now);
    if (!config.advertisesOnYield) return step;
    return { ...step, effects: [{ effect: 'advertise', priority: config.priority }, ...step.effects] };
  }
  // RFC 9568 §6.4.3: answer at once, so that the loser yields now. The winner of a double mastership announces
  // again, or clients stay with the loser.
  const answer = config.answersLower && quiet ? advertiseNow(config, state, now) : stay(state);
  const again = reannounce(config, answer.state as Master, now);
  // Told as often as it is answered: a script that runs for each of these is no way to make us fork.
  const heardLower: VrrpEffect[] = quiet ? [{ effect: 'heardLower', priority: advert.priority }] : [];
  return { state: again.state, effects: [...answer.effects, ...again.effects, ...heardLower] };
}

export function reannounce(config: MachineConfig, state: Master, now: Instant): Step {
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

/** RFC 5227 §2.4(c): the address is defended, and never given up to a machine that merely says so. */
export function claimedInMaster(state: Master, by: string, now: Instant): Step {
  if (state.conflict !== null) return stay(state);
  const grace = later(now, CLAIM_GRACE);
  const soonest = state.defendedAt === null ? grace : later(state.defendedAt, DEFEND_GAP);
  return stay({ ...state, conflict: { at: latest(soonest, grace), by } });
}

const latest = (a: Instant, b: Instant): Instant => (a > b ? a : b);

function advertiseNow(config: MachineConfig, state: Master, now: Instant): Step {
  return {
    state: {
      ...state,
      advertisedAt: now,
      advertiseAt: later(now, centisToMicros(config.advertInterval)),
      leasedUntil: leasedFrom(config, now),
    },
    effects: [{ effect: 'advertise', priority: config.priority }],
  };
}

export function tickMaster(config: MachineConfig, before: Master, now: Instant): Step {
  const forfeits = config.gate?.forfeits ?? null;
  if (forfeits !== null) return giveUp(config, before, forfeits.because, now);
  let state = before;
  const effects: VrrpEffect[] = [];
  if (now >= state.advertiseAt) {
    // Keep the beat: a late advert does not delay the next one, unless a whole interval was missed.
    const interval = centisToMicros(config.advertInterval);
    const onBeat = later(state.advertiseAt, interval);
    const { announcedAt, announce, extraAt, conflict, defendedAt } = before;
    const advertiseAt = onBeat > now ? onBeat : later(now, interval);
    const leasedUntil = leasedFrom(config, now);
    // Spelled out, as in a backup that hears it.
    state = {
      at: 'master',
      advertisedAt: now,
      leasedUntil,
      advertiseAt,
      announcedAt,
      announce,
      extraAt,
      conflict,
      defendedAt,
    };
    effects.push({ effect: 'advertise', priority: config.priority });
  }
  if (state.conflict !== null && now >= state.conflict.at) {
    effects.push({ effect: 'defend', against: state.conflict.by });
    state = { ...state, conflict: null, defendedAt: now };
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

/** Under another configuration. */
export function reconfigureMaster(
  config: MachineConfig,
  before: MachineConfig,
  state: Master,
  now: Instant,
): Step {
  const { garp } = config;
  const soonest = later(now, centisToMicros(config.advertInterval));
  return stay({
    ...state,
    advertiseAt: Math.min(state.advertiseAt, soonest) as Instant,
    leasedUntil: config.lease === before.lease ? state.leasedUntil : leasedFrom(config, now),
    announce: sameRefresh(config, before) ? state.announce : refreshBurst(config, now),
    extraAt:
      garp.extraInterface === before.garp.extraInterface
        ? state.extraAt
        : garp.extraInterface > 0
          ? later(now, garp.extraInterface)
          : null,
  });
}

const sameRefresh = (a: MachineConfig, b: MachineConfig): boolean =>
  a.garp.refresh === b.garp.refresh && a.garp.refreshRepeat === b.garp.refreshRepeat;
