import type { Clock } from '../base/clock.ts';
import { elapsed, type Instant, instant, later, micros } from '../base/units.ts';

/** After core was told there is a pause of so many times as long: telling takes a tenth of the time at most. */
const SHARE = 9;

/**
 * Who is told that a state has changed, and when: peers at once, and core too unless that takes long. Hundreds of instances
 * that change one after the other are told together then.
 */
export class VrrpTelling {
  private readonly clock: Clock;
  private readonly tellPeers: () => void;
  private readonly tellCore: () => void;
  private hasChanged = false;
  /** It decides who resumes after a crash. */
  private isUntold = false;
  private coreAt: Instant = instant(0);

  constructor(clock: Clock, tellPeers: () => void, tellCore: () => void) {
    this.clock = clock;
    this.tellPeers = tellPeers;
    this.tellCore = tellCore;
  }

  /** A state has changed that nobody has been told yet. */
  changed(): void {
    this.hasChanged = true;
  }

  get isPending(): boolean {
    return this.hasChanged;
  }

  /** When core wants to be told of something; null for nothing. */
  get deadline(): Instant | null {
    return this.isUntold ? this.coreAt : null;
  }

  /** Tells whom it is time to tell. */
  tell(): void {
    if (this.hasChanged) this.spread();
    if (this.isUntold && this.clock.now() >= this.coreAt) this.report();
  }

  /** Tells everybody of everything now. */
  tellAll(): void {
    this.spread();
    this.report();
  }

  private spread(): void {
    this.hasChanged = false;
    this.isUntold = true;
    this.tellPeers();
  }

  private report(): void {
    const from = this.clock.now();
    this.isUntold = false;
    this.tellCore();
    const now = this.clock.now();
    this.coreAt = later(now, micros(SHARE * elapsed(from, now)));
  }
}
