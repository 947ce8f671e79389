import type { Clock } from '../base/clock.ts';
import type { Ip } from '../base/ip.ts';
import type { Result } from '../base/result.ts';
import { elapsed, type Instant, later, micros, seconds } from '../base/units.ts';
import { FamiliarSources } from '../vrrp/familiar.ts';
import type { VrrpFilter } from '../wire/vrrp-filter.ts';

/** More than 255 routers send every 100 ms are a flood. */
const FLOOD = 300;
const WINDOW = micros(100_000);
/** Whether it goes on cannot be seen while the kernel drops it: it is looked at again after this long. */
const GUARD_FOR = seconds(10);
/** How often what gets through is read: a wake-up for each packet costs four times as much as the packet (measured). */
const PACE = micros(40_000);
/** How often the share that is let through follows the flood, and the filter those who have become familiar. */
const REVIEW = micros(250_000);
/** So many packets of strangers are read a second, of which one that means it is found within some of its intervals. */
const READ = 400;
/** The share of the first moment, before anything is known. */
const FIRST_SHARE = 16;
const LEAST_SHARE = 256;

interface Guarding {
  readonly until: Instant;
  readonly reviewAt: Instant;
  /** Before that nothing is read, unless something else wakes the loop. */
  readonly readAt: Instant;
  /** Of strangers' packets one in this many is let through. */
  readonly share: number;
}

/**
 * Leaves a flood of one socket to the kernel. In peace everything is read, so that a wrong VRID or TTL is seen and told.
 * What accepted adverts of familiar sources bring is no flood at any rate.
 */
export class VrrpFlood {
  private readonly clock: Clock;
  private readonly guard: (filter: VrrpFilter | null) => Result<void, string>;
  private readonly filter: (familiar: readonly Ip[], othersOneIn: number) => VrrpFilter;
  private readonly began: (what: string) => void;
  private readonly familiar = new FamiliarSources();
  private count = 0;
  private since: Instant;
  private guarding: Guarding | null = null;

  /** `filter` is for those who have become familiar and a share of all others; `began` is told what is done then. */
  constructor(
    clock: Clock,
    guard: VrrpFlood['guard'],
    filter: VrrpFlood['filter'],
    began: VrrpFlood['began'],
  ) {
    this.clock = clock;
    this.guard = guard;
    this.filter = filter;
    this.began = began;
    this.since = clock.now();
  }

  /** When its socket wants to be drained, and it to be ticked; null for never. */
  get deadline(): Instant | null {
    return this.guarding?.readAt ?? null;
  }

  /** A packet has been read; `accepted` is its source, if it was an advert that was accepted. */
  read(accepted: Ip | null): void {
    if (accepted !== null && this.familiar.note(accepted)) return;
    if (this.count === 0 && this.guarding === null) this.since = this.clock.now();
    this.count++;
    if (this.guarding !== null || this.count < FLOOD) return;
    const now = this.clock.now();
    if (elapsed(this.since, now) < WINDOW) this.begin(now);
    this.restart(now);
  }

  tick(now: Instant): void {
    const { guarding } = this;
    if (guarding === null) return;
    if (guarding.until <= now) {
      this.guarding = null;
      this.guard(null);
      this.restart(now);
    } else if (guarding.reviewAt <= now) this.review(guarding, now);
    else this.guarding = { ...guarding, readAt: later(now, PACE) };
  }

  private begin(now: Instant): void {
    const guarded = this.install(now, later(now, GUARD_FOR), FIRST_SHARE);
    const told = `more than ${10 * FLOOD} packets a second; what cannot be for us is dropped unseen, and most of what strangers send`;
    this.began(guarded.ok ? told : `${told}: that failed: ${guarded.error}`);
  }

  private review({ until, share }: Guarding, now: Instant): void {
    const perSecond = (this.count * share * 1_000_000) / elapsed(this.since, now);
    this.restart(now);
    this.install(now, until, Math.min(LEAST_SHARE, Math.max(1, Math.ceil(perSecond / READ))));
  }

  private install(now: Instant, until: Instant, share: number): Result<void, string> {
    this.guarding = { until, reviewAt: later(now, REVIEW), readAt: later(now, PACE), share };
    return this.guard(this.filter(this.familiar.addresses, share));
  }

  private restart(now: Instant): void {
    this.since = now;
    this.count = 0;
  }
}
