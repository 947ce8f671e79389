import { type Instant, type Micros, micros } from '../base/units.ts';

/** µs in a hundredth of a second. */
const TICK = 10_000;
/** Stamps are 32 bits wide: 497 days. */
const TURN = 2 ** 32;
/** What is further behind was not set just now. */
const PLAUSIBLE: Micros = micros(1_000_000);

/**
 * Ages of what the kernel stamps in hundredths of a second of its jiffies clock (cstamp_delta in net/core/rtnetlink.c and
 * net/ipv6/addrconf.c), which runs as fast as CLOCK_MONOTONIC and stays behind it by the time that the machine had been
 * starting before its first tick: 0.304–0.308 s on Linux 6.18 in a virtual machine, constant since.
 *
 * How far behind is learned from stamps that were just set. Before the first, ages are that much too long; after it,
 * exact to 0.02 s but for what the quickest of these was late in coming.
 */
export class LeaseClock {
  #lag: Micros | null = null;

  /** A stamp that was set as the kernel told of it, and that was read now. */
  learn(stamp: number, now: Instant): void {
    const behind = since(stamp, now);
    if (behind <= PLAUSIBLE) this.#lag = micros(Math.min(this.#lag ?? behind, behind));
  }

  age(stamp: number, now: Instant): Micros {
    return micros(Math.max(0, since(stamp, now) - (this.#lag ?? 0)));
  }
}

const since = (stamp: number, now: Instant): number => {
  const turn = TURN * TICK;
  return (((now - stamp * TICK) % turn) + turn) % turn;
};
