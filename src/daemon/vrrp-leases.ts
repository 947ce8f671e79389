import type { Clock } from '../base/clock.ts';
import { elapsed, type Instant, type Micros, micros } from '../base/units.ts';
import type { InstanceConfig } from '../model/config.ts';
import { addressesOf } from '../vrrp/instances.ts';
import type { VrrpState } from '../vrrp/state.ts';
import type { VrrpBelongings } from './vrrp-belongings.ts';

/** Lifetimes of addresses are whole seconds: fast adverts need not set them each time. */
const RENEW_GAP: Micros = micros(100_000);

/** How long the addresses of one instance live: from advert to advert, or until they are let go. */
export class VrrpLeases {
  private readonly clock: Clock;
  private readonly belongings: VrrpBelongings;
  private renewedAt: Instant | null = null;

  constructor(clock: Clock, belongings: VrrpBelongings) {
    this.clock = clock;
    this.belongings = belongings;
  }

  /** The master has advertised. */
  renew(config: InstanceConfig): void {
    const now = this.clock.now();
    if (this.renewedAt !== null && elapsed(this.renewedAt, now) < RENEW_GAP) return;
    this.renewedAt = now;
    this.belongings.renew(addressesOf(config));
  }

  /** Nobody renews the lease of addresses that are held: it has to last until they are let go. */
  hold(config: InstanceConfig, before: VrrpState, after: VrrpState): void {
    const holding = after.at === 'master' ? null : after.holding;
    const until = before.at === 'master' ? null : (before.holding?.until ?? null);
    if (holding === null || holding.isQuiet || holding.until === until) return;
    const seconds = Math.ceil(elapsed(this.clock.now(), holding.until) / 1_000_000) + 1;
    this.belongings.hold(addressesOf(config), seconds);
  }
}
