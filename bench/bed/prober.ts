import type { Host } from '../../test/lab/host.ts';
import type { Probes } from './outage.ts';
import { Script } from './script.ts';

/** Microseconds from one probe to the next. */
export const PACE = 2000;

/** A client of an address that asks for an echo every 2 ms. */
export class Prober {
  private readonly script: Script;
  private probes: Probes | null = null;

  private constructor(host: Host, address: string) {
    this.script = new Script(host, 'prober.py', [address, String(PACE)], (line) => {
      if (line !== 'ready') this.probes = JSON.parse(line) as Probes;
    });
  }

  /** Resolves when it is asking. */
  static async start(host: Host, address: string): Promise<Prober> {
    const prober = new Prober(host, address);
    await prober.script.ready();
    return prober;
  }

  /** Ends it, and gives all that it saw. */
  async stop(): Promise<Probes> {
    await this.script.stop();
    if (this.probes === null) throw new Error('the prober said nothing');
    return this.probes;
  }
}
