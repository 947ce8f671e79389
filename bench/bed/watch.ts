import type { Host } from '../../test/lab/host.ts';
import type { Held } from './holding.ts';
import { Script } from './script.ts';

/** Microseconds from one look to the next: many addresses take long to look at. */
const pace = (addresses: number) => 2000 * Math.max(1, Math.ceil(addresses / 10));

/** Watches which of some addresses a host holds. */
export class Watch {
  readonly history: Held[] = [];
  private readonly script: Script;

  private constructor(host: Host, addresses: readonly string[]) {
    this.script = new Script(host, 'holders.py', [String(pace(addresses.length)), ...addresses], (line) => {
      const [at, count] = line.split(' ').map(Number);
      if (at === undefined || count === undefined) throw new Error(`not a time and a number: ${line}`);
      this.history.push({ at, count });
    });
  }

  /** Resolves when it has looked once. */
  static async start(host: Host, addresses: readonly string[]): Promise<Watch> {
    const watch = new Watch(host, addresses);
    await watch.script.ready();
    return watch;
  }

  /** How many the host holds now. */
  get count(): number {
    return this.history.at(-1)?.count ?? 0;
  }

  /** The first time from `from` on (microseconds) that it held `count` of them; null for never so far. */
  reached(count: number, from: number): number | null {
    return this.history.find((held) => held.at >= from && held.count === count)?.at ?? null;
  }

  stop(): Promise<void> {
    return this.script.stop();
  }
}
