import { type Instant, instant, type WallTime, wallTime } from '../../src/base/units.ts';

/** The clocks of one node: a monotonic one that drifts, and a wall clock that people set. */
export class Clock {
  private readonly rate: number;
  private readonly origin: number;
  private wallOffset = 0;

  constructor(ppm: number, node: number) {
    this.rate = 1 + ppm / 1e6;
    this.origin = 1_000_000_000 * (node + 1);
  }

  now(at: number): Instant {
    return instant(Math.floor(this.origin + at * this.rate));
  }

  /** When, by the time of the simulation, this clock will have come to a moment. */
  when(moment: Instant): number {
    const at = Math.ceil((moment - this.origin) / this.rate);
    return this.now(at) >= moment ? at : at + 1;
  }

  wall(at: number): WallTime {
    return wallTime(1_800_000_000_000 + at / 1000 + this.wallOffset);
  }

  setWall(by: number): void {
    this.wallOffset += by;
  }
}
