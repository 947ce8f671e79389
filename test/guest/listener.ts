import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../lab/host.ts';
import { eventually } from '../support/eventually.ts';

/** An Ethernet frame with an IPv4 packet: MAC addresses, and the packet's source. */
export interface Frame {
  readonly from: string;
  readonly to: string;
  readonly source: string;
}

const LINE = /^(\S+) > (\S+), ethertype IPv4 .*?: (\d+\.\d+\.\d+\.\d+)\.\d+ > /;

/** tcpdump on the eth0 of a host. */
export class Listener {
  private readonly child: ChildProcess;
  private text = '';

  private constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.on('data', (data) => {
      this.text += data;
    });
  }

  /** Resolves when it listens. */
  static async start(host: Host, filter: string): Promise<Listener> {
    const child = host.spawn('tcpdump', ['-l', '-e', '-n', '-t', '-i', 'eth0', filter]);
    let said = '';
    child.stderr?.on('data', (data) => {
      said += data;
    });
    await eventually(`tcpdump listens on ${host.name}`, 60_000, () => said.includes('listening on'));
    return new Listener(child);
  }

  /** Ends it a second after the last frame. */
  async stop(): Promise<Frame[]> {
    for (let seen = -1; seen !== this.text.length; await sleep(1000)) seen = this.text.length;
    const exited = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill('SIGTERM');
    await exited;
    return this.text
      .trimEnd()
      .split('\n')
      .map((line) => {
        const [, from, to, source] = LINE.exec(line) ?? [];
        if (from === undefined || to === undefined || source === undefined)
          throw new Error(`tcpdump: ${line}`);
        return { from, to, source };
      });
  }
}
