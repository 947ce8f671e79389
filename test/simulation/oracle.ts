import { compareIp, type Ip } from '../../src/base/ip.ts';
import type { Instant } from '../../src/base/units.ts';
import { type MachineConfig, nextDeadline, type VrrpEffect, type VrrpState } from '../../src/vrrp/state.ts';
import { learned } from './delays.ts';
import { GateOracle } from './oracle-gate.ts';
import { HoldingOracle } from './oracle-holding.ts';
import { RateOracle } from './oracle-rates.ts';
import { demand, handoverTime, type Seen } from './seen.ts';
import type { GateSetup } from './world.ts';

/** µs: more than the rounding of a timer. */
const ROUNDING = 2;

/**
 * What must hold at every single step of a virtual router. It follows the adverts by itself, so that a takeover can be
 * called too early: the timers are computed anew here from RFC 9568 §6.1 and RFC 3768 §6.1.
 */
export class Oracle {
  /** No takeover before. */
  private due = 0;
  private lowerSince: number | null = null;
  private heard: number | null = null;
  private master: { readonly source: Ip; readonly priority: number } | null = null;
  private standsBack = false;
  /** When the timer of one runs out again that waits for its group, or for a verdict. */
  private again: number | null = null;
  /** When the kernel takes its addresses away; null for never. */
  private leasedUntil: number | null = null;
  private readonly gate: GateOracle;
  private readonly holding = new HoldingOracle();
  private readonly rates = new RateOracle();

  constructor(gate: GateSetup | null) {
    this.gate = new GateOracle(gate);
  }

  check(seen: Seen): void {
    const live = this.lapse(seen);
    this.checkRole(live);
    this.checkEffects(live);
    this.rates.check(live);
    this.gate.check(live, this.due, this.active(live.config));
    this.holding.check(live);
    this.checkDeadline(live);
    this.follow(live);
    this.checkDue(live);
  }

  /** Its lease is over, and it has not found that yet. */
  hasLapsed(now: number): boolean {
    return this.leasedUntil !== null && now > this.leasedUntil;
  }

  /** What comes before the event: time may have taken the addresses, or the right to them. */
  private lapse(seen: Seen): Seen {
    const { config, before, effects, event, now } = seen;
    const isTaken = config.gate?.forfeits?.atOnce === true;
    const isLapsed = before.at === 'master' && this.hasLapsed(now);
    if (before.at !== 'master') {
      if (!isTaken || before.holding === null) return seen;
      demand(
        'quorum',
        effects[0]?.effect === 'removeAddresses',
        'holds what its witnesses may grant another',
      );
      return { ...seen, before: { ...before, holding: null }, effects: effects.slice(1) };
    }
    if (!isLapsed && !isTaken) return seen;
    const [first, second] = effects;
    const what = `a master ${isLapsed ? 'whose lease is over' : 'without a majority'} does ${event?.on}`;
    demand('S5', first?.effect === 'removeAddresses', what);
    const resigns = second?.effect === 'advertise' && second.priority === 0;
    demand('quorum', isLapsed || resigns, `${what} and does not resign`);
    const adverts = config.downTimerAdverts * config.advertInterval * 10_000;
    this.begin(now);
    if (!isLapsed) this.due = now + adverts + this.skew(config);
    const lapsed: VrrpState = {
      at: 'backup',
      masterDownAt: this.due as Instant,
      armedAt: now,
      master: null,
      interval: null,
      preemptAt: null,
      willing: false,
      standsBack: false,
      asking: null,
      holding: null,
    };
    return { ...seen, before: lapsed, effects: effects.slice(isLapsed ? 2 : 3) };
  }

  private begin(due: number): void {
    this.due = due;
    this.lowerSince = null;
    this.heard = null;
    this.master = null;
    this.again = null;
  }

  private checkRole({ config, before, after, event, siblingHolds, isTakenAlong, now }: Seen): void {
    const { priority } = config;
    const forfeits = before.at === 'master' && (config.gate?.forfeits ?? null) !== null;
    demand('roles', priority >= 1 && priority <= 255, `the priority ${priority}`);
    if (before.at !== 'master' && after.at === 'master') {
      const isOwner = priority === 255 && !config.isGrouped && event?.on === 'startup';
      if (isOwner || event?.on === 'resume') return;
      demand('roles', before.at === 'backup', `master out of ${before.at}`);
      // A master that says on another path that it cannot serve is not waited for.
      if (event?.on === 'vacant') return;
      const early = this.due - ROUNDING - now;
      demand('roles', early <= 0, `takes over ${early} µs before its time, or from a master that it hears`);
    } else if (before.at === 'master' && after.at === 'backup') {
      const isBeaten = event?.on === 'advert' && beats(event.advert, config);
      const isAsked = event?.on === 'handover' || (event === null && siblingHolds !== null);
      const isForfeit = isTakenAlong || (forfeits && event?.on === 'tick');
      demand('roles', isBeaten || isAsked || isForfeit, 'yields to nobody better');
    } else if (before.at === 'master' && after.at === 'master' && event?.on === 'advert') {
      demand('roles', !beats(event.advert, config), 'stays although a better master advertises');
    } else if (before.at === 'master' && after.at === 'master') {
      demand('roles', event?.on !== 'handover', 'does not hand over');
      demand('isolated', !forfeits || event?.on !== 'tick', 'stays although it is cut off');
    }
  }

  private checkEffects({ config, before, after, effects, event, siblingHolds }: Seen): void {
    if (effects.length === 0 && before.at === after.at) return;
    const at = (name: VrrpEffect['effect']) => effects.findIndex(({ effect }) => effect === name);
    const adverts = effects.flatMap((effect) =>
      effect.effect === 'advertise' || effect.effect === 'claim' ? [effect.priority] : [],
    );
    if (before.at !== 'master' && after.at === 'master') {
      // Who takes them from a master that serves is there before it says so.
      const isServed =
        before.at === 'backup' && this.master !== null && this.isLower(config, this.master.priority);
      const order = isServed
        ? [at('addAddresses'), at('announce'), at('claim')]
        : [at('advertise'), at('addAddresses'), at('announce')];
      demand(
        'S8',
        order.every((place, i) => place > (order[i - 1] ?? -1)) && adverts.length === 1,
        `effects in order ${order}`,
      );
    }
    if (before.at !== 'master' && after.at !== 'master') {
      demand('S8', adverts.length === 0 && at('announce') < 0, 'a backup speaks');
    }
    if (before.at === 'master' && after.at !== 'master') {
      demand('S8', at('removeAddresses') < 0 && after.holding !== null, 'lets its addresses go at once');
      demand('S8', at('announce') < 0, 'announces what it gives up');
      const yields = event?.on === 'advert' || siblingHolds !== null;
      demand('S8', yields !== adverts.includes(0), yields ? 'resigns to a better master' : 'does not resign');
    }
    if (after.at === 'master') {
      demand(
        'S8',
        adverts.every((priority) => priority === config.priority),
        `advertises ${adverts}`,
      );
    }
  }

  private checkDeadline({ config, after, event, now }: Seen): void {
    const deadline = nextDeadline(after);
    const isWaiting = after.at === 'backup' || after.at === 'master' || after.holding !== null;
    demand('S10', isWaiting === (deadline !== null), `${after.at} with the deadline ${deadline}`);
    if (deadline === null) return;
    demand('S10', Number.isSafeInteger(deadline), `the deadline ${deadline}`);
    if (event?.on === 'tick') demand('S10', deadline > now, `due ${now - deadline} µs ago after a tick`);
    if (event?.on !== 'tick') demand('S10', deadline > now - 60_000_000, `due ${now - deadline} µs ago`);
    const longest = 40_950_000 * (config.downTimerAdverts + 2);
    demand('S10', deadline <= now + longest, `due in ${deadline - now} µs`);
  }

  private checkDue({ after, now }: Seen): void {
    if (after.at !== 'backup' || after.willing || after.asking !== null) return;
    const wrong = after.masterDownAt - this.due;
    demand('timers', Math.abs(wrong) <= ROUNDING, `waits ${wrong} µs too long, of ${this.due - now} µs`);
  }

  private follow({ config, before, after, effects, event, now }: Seen): void {
    if (event?.on === 'failback') this.standsBack = false;
    if (event?.on === 'stalled') this.stall(event.by);
    if (event?.on === 'standBack' && after.at === 'backup') this.standsBack = true;
    if (after.at === 'master') {
      this.standsBack = false;
      const speaks = effects.some(({ effect }) => effect === 'advertise' || effect === 'claim');
      const isRenewed = speaks || (event?.on === 'reconfigured' && event.before.lease !== config.lease);
      if (isRenewed) this.leasedUntil = config.lease === null ? null : now + config.lease;
    }
    if (after.at !== 'backup') return;
    if (after.willing && (before.at !== 'backup' || before.masterDownAt !== after.masterDownAt)) {
      this.again = now + config.downTimerAdverts * this.active(config) + this.skew(config);
      if (event?.on === 'vacant') {
        this.due = now;
        // As good as a resignation.
        if (this.master !== null) this.master = { ...this.master, priority: 0 };
      }
    }
    if (after.asking !== null) this.again = after.masterDownAt;
    const isAdvert = event?.on === 'advert' && event.advert.priority > 0;
    if (event?.on === 'advert' && this.master?.source === event.advert.source) this.master = event.advert;
    if (before.at === 'backup' && before.willing && !after.willing && after.asking === null && !isAdvert) {
      // It gives back what it was granted, and asks again.
      this.due = now + this.active(config) + this.skew(config);
      this.again = null;
      return;
    }
    // A member that waits for its group has run out of time already; only a master takes that back.
    if (before.at === 'backup' && before.willing && !isAdvert) return;
    if (before.at !== 'backup') {
      this.begin(now);
      if (event?.on === 'advert') {
        this.heard = event.advert.advertInterval * 10_000;
        this.master = event.advert;
      }
      const listens = config.priority === 255 && (event?.on === 'startup' || event?.on === 'recovered');
      this.due = now + (listens ? 1 : config.downTimerAdverts) * this.active(config) + this.skew(config);
      this.standsBack = event?.on === 'handover';
      // The longest skew time of a successor, and a margin; a stop takes no longer than 3 s.
      if (this.standsBack) this.due = now + handoverTime(config);
    } else if (event?.on === 'advert') this.hear(config, event.advert, now);
    else if (event?.on === 'reconfigured' && after.asking === null) {
      const { before: old } = event;
      const adverts = config.downTimerAdverts * this.active(config);
      const isMoved = adverts === old.downTimerAdverts * this.active(old);
      const skew = this.skew(config);
      this.due = isMoved ? this.due + skew - this.skew(old) : now + adverts + skew;
    }
  }

  private hear(
    config: MachineConfig,
    advert: { readonly source: Ip; readonly priority: number; readonly advertInterval: number },
    now: number,
  ): void {
    const { source, priority, advertInterval } = advert;
    const isOther = this.master !== null && this.master.source !== source;
    if (priority === 0) {
      if (isOther) return;
      this.master = advert;
      this.again = null;
      this.due = now + this.skew(config);
      return;
    }
    this.master = advert;
    this.lowerSince = this.isLower(config, priority) ? (this.lowerSince ?? now) : null;
    if (this.lowerSince !== null && now >= this.lowerSince + config.preemptDelay) return;
    this.heard = advertInterval * 10_000;
    const due = now + config.downTimerAdverts * this.active(config) + this.skew(config);
    this.due = isOther ? Math.max(this.again ?? this.due, due) : due;
    this.again = null;
  }

  // It counts only the time in which it could have heard.
  private stall(by: number): void {
    this.due += by;
    if (this.again !== null) this.again += by;
  }

  private isLower(config: MachineConfig, priority: number): boolean {
    return priority > 0 && config.preempt && !this.standsBack && priority < config.priority;
  }

  private active(config: MachineConfig): number {
    const own = config.advertInterval * 10_000;
    return config.version === 3 && this.heard !== null ? learned(config, this.heard) : own;
  }

  private skew(config: MachineConfig): number {
    return ((256 - config.priority) / 256) * (config.version === 2 ? 1_000_000 : this.active(config));
  }
}

function beats(advert: { readonly priority: number; readonly source: Ip }, config: MachineConfig): boolean {
  if (advert.priority === 0) return false;
  if (advert.priority !== config.priority) return advert.priority > config.priority;
  return compareIp(advert.source, config.localAddress) > 0;
}
