import { elapsed, type Instant, type Millis, millis, type WallTime, wallTime } from '../base/units.ts';
import { nextStep, shareOf, slowShare } from '../health/slow-start.ts';
import type { SlowStartStatus } from '../model/status.ts';
import type { CheckPorts } from './check-ports.ts';

export interface SlowStartPorts extends Pick<CheckPorts, 'clock' | 'after'> {
  /** The weight that it rises to. */
  full(): number;
  /** The weight is another one. */
  changed(): void;
}

/** The rise of one server's weight after its recovery, a step at a time. */
export class SlowStart {
  readonly #ports: SlowStartPorts;
  #over: Millis = millis(0);
  #begun: { readonly at: Instant; readonly wall: WallTime } | null = null;
  #share = 1;
  #callOff: () => void = () => undefined;

  constructor(ports: SlowStartPorts) {
    this.#ports = ports;
  }

  /** How long it takes by the configuration; 0 for no rise. One that is under way goes on from where it began. */
  apply(over: Millis): void {
    if (over === this.#over) return;
    this.#over = over;
    if (this.#begun !== null) this.#step();
  }

  /** The server has recovered; tells whether its weight rises. */
  begin(): boolean {
    const { clock } = this.#ports;
    this.#begun = { at: clock.now(), wall: clock.wall() };
    this.#step();
    return this.isRising;
  }

  get isRising(): boolean {
    return this.#begun !== null;
  }

  end(): void {
    this.#callOff();
    this.#begun = null;
    this.#share = 1;
  }

  weigh(full: number): number {
    return this.#begun === null ? full : shareOf(full, this.#share);
  }

  show(): SlowStartStatus | null {
    if (this.#begun === null) return null;
    const since = this.#begun.wall;
    return { since, until: wallTime(since + this.#over), full: this.#ports.full() };
  }

  #step(): void {
    this.#callOff();
    if (this.#begun === null) return;
    const { clock, after, full, changed } = this.#ports;
    const since = elapsed(this.#begun.at, clock.now());
    const next = nextStep(full(), since, this.#over);
    if (next === null) {
      this.end();
      return;
    }
    this.#share = slowShare(since, this.#over);
    this.#callOff = after(next, () => {
      this.#step();
      changed();
    });
  }
}
