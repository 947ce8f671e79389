import { availableParallelism } from 'node:os';
import type { Host } from '../../test/lab/host.ts';
import { Script } from './script.ts';

/** A time in which one processor ran nothing, whatever its priority. Microseconds, as `now` gives them. */
export interface Stall {
  readonly from: number;
  readonly to: number;
}

/** Watches whether the machine below keeps the processors from running. */
export class Stalls {
  readonly seen: Stall[] = [];
  private scripts: readonly Script[] = [];

  /** Those of `least` microseconds and more. */
  static async start(host: Host, least: number): Promise<Stalls> {
    const stalls = new Stalls();
    stalls.scripts = Array.from(
      { length: availableParallelism() },
      (_, processor) =>
        new Script(host, 'stalls.py', [String(processor), String(least)], (line) => {
          const [at, late] = line.split(' ').map(Number);
          if (at !== undefined && late !== undefined) stalls.seen.push({ from: at - late, to: at });
        }),
    );
    for (const script of stalls.scripts) await script.ready();
    return stalls;
  }

  async stop(): Promise<void> {
    for (const script of this.scripts) await script.stop();
  }
}
