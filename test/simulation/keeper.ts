import type { InstanceConfig } from '../../src/model/config.ts';
import type { VrrpState } from '../../src/vrrp/state.ts';
import type { Clock } from './clock.ts';
import type { Kernel } from './kernel.ts';
import type { Leasing, Running } from './running.ts';
import { demand } from './seen.ts';

/** µs: lifetimes are not set anew more often. */
const RENEW_GAP = 100_000;

/** How a process has its kernel keep the addresses, in the manner of the daemon. */
export class Keeper {
  private readonly node: number;
  private readonly kernel: Kernel;
  private readonly clock: Clock;
  private readonly leaseOf: Leasing['leaseOf'];
  private readonly kept: (router: number) => void;
  private readonly setAt = new Map<number, number>();

  constructor(
    node: number,
    kernel: Kernel,
    clock: Clock,
    leaseOf: Leasing['leaseOf'],
    kept: (router: number) => void,
  ) {
    this.node = node;
    this.kernel = kernel;
    this.clock = clock;
    this.leaseOf = leaseOf;
    this.kept = kept;
  }

  add(running: Running, at: number): void {
    this.set(running, this.lifetimeOf(running.config), at);
  }

  renew(running: Running, at: number): void {
    const lifetime = this.lifetimeOf(running.config);
    if (lifetime === null) this.setAt.set(running.router, at);
    else if (this.since(running.router, at) >= RENEW_GAP) this.set(running, lifetime, at);
  }

  /** Nobody renews what is held by one that is master no longer: it gets a lifetime that lasts beyond. */
  hold(running: Running, before: VrrpState, at: number): void {
    const { state, config } = running;
    const lifetime = this.lifetimeOf(config);
    if (before.at !== 'master' || state.at === 'master' || state.holding === null || lifetime === null)
      return;
    const left = Math.ceil((state.holding.until - this.clock.now(at)) / 1_000_000) + 1;
    this.set(running, Math.max(lifetime, left * 1_000_000), at);
  }

  /** Whether the addresses of a virtual router were set so lately that nobody else can have taken over. */
  isFresh({ router, config }: Running, at: number): boolean {
    const isLeased = this.leaseOf(config) !== null;
    const age = isLeased ? this.kernel.leaseAge(router, at) : this.since(router, at);
    return age !== null && age < 3 * config.advertInterval * 10_000;
  }

  /** S5: the kernel of a process that runs has what its virtual routers answer for and serve. */
  check(members: readonly Running[], at: number): void {
    const now = this.clock.now(at);
    for (const { router, state, oracle } of members) {
      if (state.at === 'master' && oracle.hasLapsed(now)) continue;
      const holding = state.at === 'master' ? null : state.holding;
      const answers = state.at === 'master' || (holding !== null && !holding.isQuiet);
      const isLoud = this.kernel.isLoud(router);
      const isQuiet = this.kernel.isQuiet(router);
      const what = `node ${this.node}, ${state.at}, answers: ${isLoud}, serves quietly: ${isQuiet}`;
      // What it holds may vanish earlier: it was leased before.
      demand('S5', isLoud === answers || (holding !== null && !isLoud && !isQuiet), what);
      demand('S5', isQuiet === (holding?.isQuiet === true), what);
    }
  }

  private since(router: number, at: number): number {
    return at - (this.setAt.get(router) ?? Number.NEGATIVE_INFINITY);
  }

  private lifetimeOf(config: InstanceConfig): number | null {
    const lease = this.leaseOf(config);
    return lease === null ? null : lease * 1_000_000;
  }

  private set({ router, config }: Running, lifetime: number | null, at: number): void {
    this.setAt.set(router, at);
    // The owner's addresses are its own (RFC 9568 §1.6).
    const isLeased = config.lease !== 'off' && config.priority < 255;
    this.kernel.set(router, lifetime, at, isLeased);
    this.kept(router);
  }
}
