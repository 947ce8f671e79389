import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Host } from '../../test/lab/host.ts';
import type { Lab } from '../../test/lab/lab.ts';
import { root } from '../../test/support/root.ts';

/** Connections that were begun in 10 ms from a moment on (CLOCK_MONOTONIC, microseconds). */
export interface Arrivals {
  readonly at: number;
  readonly count: number;
}

/** Compiles tcp.c; gives the program. */
export function compileTcp(lab: Lab): string {
  const program = path.join(lab.directory, 'tcp');
  execFileSync('cc', ['-O2', '-o', program, path.join(root, 'bench/bed/tcp.c')]);
  return program;
}

/** tcp.c, running on a host. */
export class Tcp {
  private readonly child: ChildProcess;
  private readonly lines: string[] = [];

  private constructor(child: ChildProcess) {
    this.child = child;
    child.stderr?.pipe(process.stderr);
  }

  /** Resolves when it is ready. */
  static async start(host: Host, program: string, ...args: readonly string[]): Promise<Tcp> {
    const tcp = new Tcp(host.spawn(program, args));
    const { stdout } = tcp.child;
    if (stdout === null) throw new Error('its standard output is not a pipe');
    const lines = createInterface({ input: stdout });
    lines.on('line', (line) => tcp.lines.push(line));
    await once(lines, 'line');
    return tcp;
  }

  /** Ends it; gives what came in the meantime. */
  async stop(): Promise<readonly Arrivals[]> {
    const closed = once(this.child, 'close');
    this.child.kill('SIGTERM');
    await closed;
    return this.lines.slice(1).map((line) => {
      const [at = 0, count = 0] = line.split(' ').map(Number);
      return { at, count };
    });
  }
}
