import type { Instant } from '../../src/base/units.ts';
import type { Clock } from './clock.ts';
import type { Random } from './random.ts';

/** µs: the kernel looks for lifetimes that have ended once a second (Linux 6.18, 10–990 ms late). */
export const KERNEL_SLACK = 1_000_000;

/** The addresses of one virtual router on one node. Moments are of the simulation. */
interface Held {
  /** The link is answered for them. */
  readonly isLoud: boolean;
  readonly setAt: number;
  /** The configuration wants them to vanish. */
  readonly isLeased: boolean;
  /** When they vanish; null for never. */
  readonly endsAt: number | null;
}

/** What one node's kernel holds: it outlives the process, until its lifetime is over. */
export class Kernel {
  /** The longest lifetime that was ever given, µs; 0 for none. */
  longest = 0;
  private readonly held = new Map<number, Held>();
  private readonly timed = new Map<number, number>();
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly wakeAt: (router: number, at: number) => void;

  constructor(clock: Clock, random: Random, wakeAt: (router: number, at: number) => void) {
    this.clock = clock;
    this.random = random;
    this.wakeAt = wakeAt;
  }

  isLoud(router: number): boolean {
    return this.held.get(router)?.isLoud === true;
  }

  isQuiet(router: number): boolean {
    return this.held.get(router)?.isLoud === false;
  }

  isLeased(router: number): boolean {
    return this.held.get(router)?.isLeased === true;
  }

  /** How long ago the addresses were set; null for none that vanish. */
  leaseAge(router: number, at: number): number | null {
    const held = this.held.get(router);
    return held === undefined || held.endsAt === null || !held.isLoud ? null : at - held.setAt;
  }

  /** Adds them, or sets their lifetime anew; `lease` in µs of its clock, null for ever; `isLeased`: they are to vanish. */
  set(router: number, lease: number | null, at: number, isLeased: boolean): void {
    let endsAt: number | null = null;
    if (lease !== null) {
      const end = this.clock.when((this.clock.now(at) + lease) as Instant);
      endsAt = end + this.random.below(KERNEL_SLACK + 1);
      this.longest = Math.max(this.longest, lease);
    }
    this.held.set(router, { isLoud: true, setAt: at, isLeased, endsAt });
    const timed = this.timed.get(router);
    if (endsAt !== null && (timed === undefined || endsAt < timed)) this.time(router, endsAt);
  }

  quieten(router: number, at: number): void {
    this.held.set(router, { isLoud: false, setAt: at, isLeased: false, endsAt: null });
  }

  remove(router: number): void {
    this.held.delete(router);
  }

  /** The moment of `wakeAt`: whether they have vanished. */
  expire(router: number, at: number): boolean {
    if (this.timed.get(router) !== at) return false;
    this.timed.delete(router);
    const endsAt = this.held.get(router)?.endsAt ?? null;
    if (endsAt === null) return false;
    if (endsAt > at) {
      this.time(router, endsAt);
      return false;
    }
    this.held.delete(router);
    return true;
  }

  private time(router: number, at: number): void {
    this.timed.set(router, at);
    this.wakeAt(router, at);
  }
}
