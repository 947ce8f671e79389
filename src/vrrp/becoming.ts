import { centisToMicros, elapsed, type Instant, later, micros } from '../base/units.ts';
import { PRIORITY_RESIGN } from '../wire/vrrp.ts';
import type { AcceptedAdvert } from './accept.ts';
import { cutShort, handoverBound, holdAgainst, holdUntilHeard, LONGEST } from './holding.ts';
import type { HeardMaster, Holding, MachineConfig, Step, VrrpEffect, VrrpState } from './state.ts';
import { activeInterval, masterDownInterval } from './timers.ts';

export type Backup = Extract<VrrpState, { at: 'backup' }>;
export type Master = Extract<VrrpState, { at: 'master' }>;

export const stay = (state: VrrpState): Step => ({ state, effects: [] });
export const reported = (because: string): VrrpEffect => ({ effect: 'report', because });
export const heard = ({ source, priority }: AcceptedAdvert, at: Instant): HeardMaster => ({
  address: source,
  priority,
  at,
});

/** A backup that has heard nothing, with its timer at the start. */
export function freshBackup(config: MachineConfig, now: Instant, holding: Holding | null): Backup {
  return {
    at: 'backup',
    masterDownAt: later(now, masterDownInterval(config, activeInterval(config, null))),
    armedAt: now,
    master: null,
    interval: null,
    preemptAt: null,
    willing: false,
    standsBack: false,
    asking: null,
    holding,
  };
}

/**
 * RFC 9568 §6.4.2: send an ADVERTISEMENT, then gratuitous ARP or ND for each address, then set the Adver_Timer.
 *
 * deviates: who takes the addresses from a master that still serves has them in place and announced before it
 * advertises. That master lets go when it hears the advert, and by then nobody sends to it any more.
 */
export function becomeMaster(config: MachineConfig, before: VrrpState, because: string, now: Instant): Step {
  const { garp, priority } = config;
  const isServed = before.at === 'backup' && isLowerMaster(config, before.master, before.standsBack);
  return {
    state: {
      at: 'master',
      advertisedAt: now,
      leasedUntil: leasedFrom(config, now),
      advertiseAt: later(now, centisToMicros(config.advertInterval)),
      announcedAt: now,
      announce:
        garp.delay > 0 ? { at: later(now, garp.delay), rounds: garp.repeat } : refreshBurst(config, now),
      extraAt: garp.extraInterface > 0 ? later(now, garp.extraInterface) : null,
      conflict: null,
      defendedAt: null,
    },
    effects: [
      ...(isServed
        ? [ADD, { effect: 'announce', rounds: 1 } as const, { effect: 'claim', priority } as const]
        : [{ effect: 'advertise', priority } as const, ADD]),
      { effect: 'announce', rounds: garp.repeat },
      reported(because),
    ],
  };
}

/** When the kernel takes addresses away that are set now; null for never. */
export const leasedFrom = ({ lease }: MachineConfig, now: Instant): Instant | null =>
  lease === null ? null : later(now, lease);

const ADD: VrrpEffect = { effect: 'addAddresses' };

/** Whether the master that a backup heard last is one to pre-empt. */
export function isLowerMaster(
  config: MachineConfig,
  master: HeardMaster | null,
  standsBack: boolean,
): boolean {
  if (master === null || master.priority === PRIORITY_RESIGN || !config.preempt || standsBack) return false;
  return master.priority < config.priority;
}

export function refreshBurst({ garp }: MachineConfig, now: Instant): Master['announce'] {
  return garp.refresh > 0 ? { at: later(now, garp.refresh), rounds: garp.refreshRepeat } : null;
}

/** A master that yields to an advert keeps the addresses until their new owner is certain to have them. */
export function yieldTo(config: MachineConfig, because: string, advert: AcceptedAdvert, now: Instant): Step {
  const interval = centisToMicros(advert.advertInterval);
  const masterDownAt = later(now, masterDownInterval(config, activeInterval(config, interval)));
  // In a group it may have to wait for members that count with the interval of the configuration.
  const fresh = freshBackup(config, now, null);
  const longest = config.isGrouped && fresh.masterDownAt > masterDownAt ? fresh.masterDownAt : masterDownAt;
  const more = micros(Math.max(interval, config.isGrouped ? centisToMicros(config.advertInterval) : 0));
  const holding = holdAgainst(now, later(longest, more));
  return {
    state: { ...fresh, holding, masterDownAt, master: heard(advert, now), interval },
    effects: [reported(because)],
  };
}

/** RFC 9568 §6.4.3: a master that is shut down sends an ADVERTISEMENT with Priority = 0. */
export function resign(config: MachineConfig, state: VrrpState, now: Instant) {
  if (state.at !== 'master') {
    // What a killed predecessor left behind goes also when there is no role to take up.
    const effects: VrrpEffect[] = state.at === 'init' ? [{ effect: 'removeAddresses' }] : [];
    return { holding: state.holding === null ? null : cutShort(state.holding, now), effects };
  }
  return {
    holding: holdUntilHeard(now, config.isGrouped ? LONGEST : handoverBound(config)),
    effects: [{ effect: 'advertise', priority: PRIORITY_RESIGN } as const],
  };
}

/** A master that must not be one any more: as in a handover, but if nobody takes over it lets go all the same. */
export function giveUp(config: MachineConfig, state: Master, because: string, now: Instant): Step {
  const { holding, effects } = resign(config, state, now);
  return { state: freshBackup(config, now, holding), effects: [...effects, reported(because)] };
}

/** Why a backup's time is up, for people. */
export function takeover(config: MachineConfig, state: Backup, now: Instant): string {
  const waited = `${(elapsed(state.armedAt, now) / 1e6).toFixed(3)} s`;
  const downAt = state.asking?.downAt ?? state.masterDownAt;
  const withheld = state.asking?.withheld ?? null;
  const held = (elapsed(downAt, now) / 1e6).toFixed(3);
  const then = withheld === null ? '' : `, then withheld for ${held} s: ${withheld}`;
  // Of a member that waits for its group the limit has passed, and its timer runs again.
  const limit = state.willing ? '' : ` (limit ${(elapsed(state.armedAt, downAt) / 1e6).toFixed(3)} s${then})`;
  const { master } = state;
  if (master === null) {
    const whom = state.standsBack ? 'nobody took over' : 'no advert from anyone';
    return `${whom} for ${waited}${limit}`;
  }
  if (master.priority === PRIORITY_RESIGN) {
    return `${master.address} resigned and nobody took over for ${waited}${limit}`;
  }
  if (isLowerMaster(config, master, state.standsBack)) {
    return `${master.address} advertises a lower priority (${master.priority}, ours ${config.priority})`;
  }
  return `no advert from ${master.address} for ${waited}${limit}`;
}
