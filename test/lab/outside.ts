import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { type Executed, Host } from './host.ts';

/**
 * A host of the lab for programs that enter its network namespace by themselves. Under `ip netns exec` they would have
 * mounts of their own, a BPF file system among them, which end with them.
 */
export class Outside extends Host {
  static of({ name, netns, address, device }: Host): Outside {
    return new Outside(name, netns, address, device);
  }

  override exec(command: string, args: readonly string[] = []): Promise<Executed> {
    return new Promise((resolve) => {
      const child = execFile(command, args, { timeout: 120_000 }, (_, stdout, stderr) =>
        resolve({ code: child.exitCode, stdout, stderr }),
      );
    });
  }

  override spawn(command: string, args: readonly string[] = []): ChildProcess {
    return spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  }
}
