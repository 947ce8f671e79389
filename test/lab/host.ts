import { type ChildProcess, execFile, spawn } from 'node:child_process';

export interface Executed {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One host of the lab: a network namespace. */
export class Host {
  readonly name: string;
  readonly netns: string;
  /** Its IPv4 address, in a /24. */
  readonly address: string;
  /** Its interface on the segment. */
  readonly device: string;

  constructor(name: string, netns: string, address: string, device: string) {
    this.name = name;
    this.netns = netns;
    this.address = address;
    this.device = device;
  }

  /** Runs a program to its end, at most two minutes. A failure is a code, not an exception. */
  exec(command: string, args: readonly string[] = []): Promise<Executed> {
    return new Promise((resolve) => {
      const options = { timeout: 120_000, maxBuffer: 64 << 20 };
      const child = execFile('ip', this.inside(command, args), options, (_, stdout, stderr) =>
        resolve({ code: child.exitCode, stdout, stderr }),
      );
    });
  }

  /** Starts a program. `ip netns exec` replaces itself with it, so the child's pid is the program's. */
  spawn(command: string, args: readonly string[] = []): ChildProcess {
    return spawn('ip', this.inside(command, args), { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  private inside(command: string, args: readonly string[]): string[] {
    return ['netns', 'exec', this.netns, command, ...args];
  }
}
