import { type Instant, micros } from '../../src/base/units.ts';
import { Clock } from './clock.ts';
import type { Letter } from './due.ts';
import { Heartbeats } from './heartbeats.ts';
import type { Program, Surroundings } from './surroundings.ts';

/** A machine on the second network that has no virtual router and grants those of the others. */
export class WitnessNode {
  readonly index: number;
  readonly clock: Clock;
  readonly isFrozen = false;
  readonly letters: Letter[] = [];
  isRunning = false;
  /** Counts the processes. */
  life = 0;
  private heartbeats: Heartbeats | null = null;
  private readonly begin: (life: number, now: Instant) => Heartbeats;

  /** `index` comes after those of the `directors`. */
  constructor(
    index: number,
    directors: number,
    { ppm, interval }: { readonly ppm: number; readonly interval: number },
    program: Program,
    around: Surroundings,
  ) {
    this.index = index;
    this.clock = new Clock(ppm, index);
    const peers = Array.from({ length: directors }, (_, peer) => ({ peer, isWitness: false }));
    this.begin = (life, now) =>
      new Heartbeats(
        {
          node: index,
          life,
          interval: micros(interval),
          peers,
          program,
          news: () => [],
          post: (to, bytes) => around.post(index, to, bytes),
        },
        now,
      );
  }

  start(at: number): void {
    if (this.isRunning) return;
    this.isRunning = true;
    this.life++;
    this.heartbeats = this.begin(this.life, this.clock.now(at));
  }

  crash(): void {
    this.isRunning = false;
    this.heartbeats = null;
  }

  deadline(_: number): Instant | null {
    return this.heartbeats?.deadline ?? null;
  }

  judge(at: number): void {
    this.heartbeats?.tick(this.clock.now(at));
  }

  hearLetter(letter: Letter, at: number): void {
    const now = this.clock.now(at);
    const heard = this.heartbeats?.receive(letter, now) ?? null;
    if (heard?.isUrgent === true) this.heartbeats?.answer(letter.from, now);
  }
}
