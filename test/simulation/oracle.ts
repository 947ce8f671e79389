import { compareIp, type Ip } from '../../src/base/ip.ts';
import type { Instant } from '../../src/base/units.ts';
import type { MachineConfig, VrrpEvent, VrrpState } from '../../src/vrrp/state.ts';
import { nextDeadline, type VrrpEffect } from '../../src/vrrp/state.ts';
import { Violation } from './world.ts';

/** One step of one virtual router on one node, as it was seen. */
export interface Seen {
  readonly config: MachineConfig;
  readonly before: VrrpState;
  readonly after: VrrpState;
  readonly effects: readonly VrrpEffect[];
  /** What the member was told; null for one that was taken along by its group. */
  readonly event: VrrpEvent | null;
  /** Another member has yielded in the same moment. */
  readonly siblingYields: boolean;
  readonly now: Instant;
}

/** µs: more than the rounding of a timer. */
const ROUNDING = 2;
const FIVE_SECONDS = 5_000_000;

/**
 * What must hold at every single step of a virtual router. It follows the adverts by itself, so that a takeover can be
 * called too early: the timers are computed anew here from RFC 9568 §6.1 and RFC 3768 §6.1.
 */
export class Oracle {
  /** No takeover before. */
  private due = 0;
  private lowerSince: number | null = null;
  private heard: number | null = null;
  private answers: number[] = [];
  private bursts: number[] = [];
  private resignations: number[] = [];

  check(seen: Seen): void {
    this.checkRole(seen);
    this.checkEffects(seen);
    this.checkRates(seen);
    this.checkDeadline(seen);
    this.follow(seen);
    this.checkDue(seen);
  }

  private checkRole({ config, before, after, event, siblingYields, now }: Seen): void {
    const { priority } = config;
    demand('roles', priority >= 1 && priority <= 255, `the priority ${priority}`);
    if (before.at !== 'master' && after.at === 'master') {
      const isOwner = priority === 255 && !config.isGrouped && event?.on === 'startup';
      if (isOwner || event?.on === 'resume') return;
      demand('roles', before.at === 'backup', `master out of ${before.at}`);
      const early = this.due - ROUNDING - now;
      demand('roles', early <= 0, `takes over ${early} µs before its time, or from a master that it hears`);
    } else if (before.at === 'master' && after.at === 'backup') {
      const isBeaten = event?.on === 'advert' && beats(event.advert, config);
      demand('roles', isBeaten || (event === null && siblingYields), 'yields to nobody better');
    } else if (before.at === 'master' && after.at === 'master' && event?.on === 'advert') {
      demand('roles', !beats(event.advert, config), 'stays although a better master advertises');
    }
  }

  private checkEffects({ config, before, after, effects, event, siblingYields }: Seen): void {
    if (effects.length === 0 && before.at === after.at) return;
    const at = (name: VrrpEffect['effect']) => effects.findIndex(({ effect }) => effect === name);
    const adverts = effects.flatMap((effect) => (effect.effect === 'advertise' ? [effect.priority] : []));
    if (before.at !== 'master' && after.at === 'master') {
      const order = [at('advertise'), at('addAddresses'), at('announce')];
      demand(
        'S8',
        order.every((place, i) => place > (order[i - 1] ?? -1)),
        `effects in order ${order}`,
      );
    }
    if (before.at !== 'master' && after.at !== 'master') {
      demand('S8', adverts.length === 0 && at('announce') < 0, 'a backup speaks');
    }
    if (before.at === 'master' && after.at !== 'master') {
      demand('S8', at('removeAddresses') >= 0, 'keeps its addresses');
      demand('S8', at('announce') < 0, 'announces what it gives up');
      const yields = event?.on === 'advert' || siblingYields;
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

  private checkRates({ config, before, after, effects, event, now }: Seen): void {
    if (event?.on === 'advert' && event.advert.priority === 0) this.resignations.push(now);
    if (before.at !== 'master' || after.at !== 'master') return;
    if (effects.length === 0) return;
    const interval = config.advertInterval * 10_000;
    for (const { effect } of effects) {
      if (effect === 'advertise') this.answers.push(now);
      if (effect === 'announce') this.bursts.push(now);
    }
    const lately = (times: readonly number[], span: number) => times.filter((time) => time > now - span);
    this.answers = lately(this.answers, interval);
    this.resignations = lately(this.resignations, interval);
    this.bursts = lately(this.bursts, FIVE_SECONDS);
    const adverts = this.answers.length - this.resignations.length;
    demand('S9', adverts <= 4, `${adverts} adverts in one interval`);
    const refreshes = config.garp.refresh > 0 ? FIVE_SECONDS / config.garp.refresh : 0;
    demand('S9', this.bursts.length <= 3 + refreshes, `${this.bursts.length} bursts in 5 s`);
  }

  private checkDeadline({ config, after, event, now }: Seen): void {
    const deadline = nextDeadline(after);
    const isRunning = after.at === 'backup' || after.at === 'master';
    demand('S10', isRunning === (deadline !== null), `${after.at} with the deadline ${deadline}`);
    if (deadline === null) return;
    demand('S10', Number.isSafeInteger(deadline), `the deadline ${deadline}`);
    if (event?.on === 'tick') demand('S10', deadline > now, `due ${now - deadline} µs ago after a tick`);
    if (event?.on !== 'tick') demand('S10', deadline > now - 60_000_000, `due ${now - deadline} µs ago`);
    const longest = 40_950_000 * (config.downTimerAdverts + 1);
    demand('S10', deadline <= now + longest, `due in ${deadline - now} µs`);
  }

  private checkDue({ after, now }: Seen): void {
    if (after.at !== 'backup' || after.willing) return;
    const wrong = after.masterDownAt - this.due;
    demand('timers', Math.abs(wrong) <= ROUNDING, `waits ${wrong} µs too long, of ${this.due - now} µs`);
  }

  private follow({ config, before, after, event, now }: Seen): void {
    if (after.at !== 'backup') return;
    const isAdvert = event?.on === 'advert' && event.advert.priority > 0;
    // A member that waits for its group has run out of time already; only a master takes that back.
    if (before.at === 'backup' && before.willing && !isAdvert) return;
    if (before.at !== 'backup') {
      this.lowerSince = null;
      this.heard = event?.on === 'advert' ? event.advert.advertInterval * 10_000 : null;
      const listens = config.priority === 255 && (event?.on === 'startup' || event?.on === 'recovered');
      this.due = now + (listens ? 1 : config.downTimerAdverts) * this.active(config) + this.skew(config);
    } else if (event?.on === 'advert') {
      this.hear(config, event.advert.priority, event.advert.advertInterval * 10_000, now);
    } else if (event?.on === 'reconfigured') {
      const { before: old } = event;
      const adverts = config.downTimerAdverts * this.active(config);
      const isMoved = adverts === old.downTimerAdverts * this.active(old);
      const skew = this.skew(config);
      this.due = isMoved ? this.due + skew - this.skew(old) : now + adverts + skew;
    }
  }

  private hear(config: MachineConfig, priority: number, interval: number, now: number): void {
    if (priority === 0) {
      this.due = now + this.skew(config);
      return;
    }
    const isLower = config.preempt && priority < config.priority;
    this.lowerSince = isLower ? (this.lowerSince ?? now) : null;
    if (this.lowerSince !== null && now >= this.lowerSince + config.preemptDelay) return;
    this.heard = interval;
    this.due = now + config.downTimerAdverts * this.active(config) + this.skew(config);
  }

  private active(config: MachineConfig): number {
    return config.version === 3 && this.heard !== null ? this.heard : config.advertInterval * 10_000;
  }

  private skew(config: MachineConfig): number {
    return ((256 - config.priority) / 256) * (config.version === 2 ? 1_000_000 : this.active(config));
  }
}

function beats(advert: { readonly priority: number; readonly source: Ip }, config: MachineConfig): boolean {
  if (advert.priority !== config.priority) return advert.priority > config.priority;
  return compareIp(advert.source, config.localAddress) > 0;
}

export function demand(invariant: string, holds: boolean, otherwise: string): void {
  if (!holds) throw new Violation(invariant, otherwise);
}
