import type { Host } from '../../test/lab/host.ts';
import type { Probes } from './outage.ts';
import { Script } from './script.ts';

/** A client of an address that asks again and again. */
export class Asking {
  private readonly script: Script;
  private probes: Probes | null = null;

  private constructor(host: Host, name: string, args: readonly string[]) {
    this.script = new Script(host, name, args, (line) => {
      if (line !== 'ready') this.probes = JSON.parse(line) as Probes;
    });
  }

  /** For an echo every `pace` microseconds; resolves when it is asking, as the next one does. */
  static echoes(host: Host, address: string, pace: number): Promise<Asking> {
    return new Asking(host, 'prober.py', [address, String(pace)]).ready();
  }

  /** For numbers over one TCP connection, which stream.py gives back at this port. */
  static numbers(host: Host, address: string, port: number, pace: number): Promise<Asking> {
    return new Asking(host, 'stream.py', ['ask', address, String(port), String(pace)]).ready();
  }

  private async ready(): Promise<this> {
    await this.script.ready();
    return this;
  }

  /** Ends it, and gives all that it saw. */
  async stop(): Promise<Probes> {
    await this.script.stop();
    if (this.probes === null) throw new Error('the prober said nothing');
    return this.probes;
  }
}
