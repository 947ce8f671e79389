import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Host } from '../../test/lab/host.ts';
import { root } from '../../test/support/root.ts';

// The system's own: a version manager's shim takes longer to start than some outages last.
const PYTHON = '/usr/bin/python3';

/** One of the small programs beside this file, running on a host of the lab until its standard input closes. */
export class Script {
  private readonly child: ChildProcess;
  private readonly name: string;
  private readonly ended: Promise<number | null>;
  private readonly began: Promise<void>;

  /** `onLine` is given every line that it says. */
  constructor(host: Host, name: string, args: readonly string[], onLine: (line: string) => void) {
    this.name = name;
    const file = path.join(root, 'bench/bed', name);
    this.child = spawn('ip', ['netns', 'exec', host.netns, PYTHON, '-B', file, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // Ctrl-C is not for it: it ends when its standard input does.
      detached: true,
    });
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
    const { stdout } = this.child;
    if (stdout === null) throw new Error('its standard output is not a pipe');
    const lines = createInterface({ input: stdout });
    this.began = new Promise((resolve) => lines.once('line', () => resolve()));
    lines.on('line', onLine);
  }

  /** Resolves with its first line. */
  async ready(): Promise<void> {
    const early = this.ended.then((code) => {
      throw new Error(`${this.name} ended with ${code} before it said anything`);
    });
    await Promise.race([this.began, early]);
  }

  tell(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /** Resolves when it has ended by itself; throws if it failed. */
  async done(): Promise<void> {
    const code = await this.ended;
    if (code !== 0) throw new Error(`${this.name} ended with ${code}`);
  }

  async stop(): Promise<void> {
    this.child.stdin?.end();
    await this.done();
  }
}
