import type { Clock } from '../base/clock.ts';
import { centisToMicros, elapsed, type Instant, later, seconds } from '../base/units.ts';
import type { InstanceConfig } from '../model/config.ts';
import { addressesOf } from '../vrrp/instances.ts';
import { leaseSeconds } from '../vrrp/lease.ts';
import type { VrrpState } from '../vrrp/state.ts';
import type { VrrpBelongings } from './vrrp-belongings.ts';

/**
 * Fast adverts need not set a lifetime each time, which costs more than they do: no more than this part of it is over
 * before it is set anew.
 */
const SPENT = 1 / 4;

/** How long the addresses of one instance live: from advert to advert, or until they are let go. */
export class VrrpLeases {
  private readonly clock: Clock;
  private readonly belongings: Pick<VrrpBelongings, 'renew' | 'hold'>;
  private renewedAt: Instant | null = null;

  constructor(clock: Clock, belongings: VrrpLeases['belongings']) {
    this.clock = clock;
    this.belongings = belongings;
  }

  /** The master has advertised. */
  renew(config: InstanceConfig): void {
    const now = this.clock.now();
    const lease = leaseSeconds(config);
    if (lease === null) return;
    const atNext = later(now, centisToMicros(config.advertInterval));
    if (this.renewedAt !== null && elapsed(this.renewedAt, atNext) <= seconds(lease * SPENT)) return;
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
