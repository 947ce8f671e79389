import { execFile } from 'node:child_process';
import { err, ok, type Result } from '../base/result.ts';
import { NO_FIREWALL } from '../vrrp/firewall.ts';

const TIMEOUT_MS = 10_000;

/** Keeps the packet filter of no_accept as it was last asked for. Changes are made one after the other. */
export class Firewall {
  private readonly complain: (because: string) => void;
  /** What is in force; undefined as long as a predecessor may have left something. */
  private current: string | null | undefined;
  private work: Promise<void> = Promise.resolve();

  constructor(complain: (because: string) => void) {
    this.complain = complain;
  }

  /** Replaces all of it; null for none. */
  apply(script: string | null): void {
    this.work = this.work.then(async () => {
      if (script === this.current) return;
      const outcome = await nft(script ?? NO_FIREWALL);
      if (outcome.ok) this.current = script;
      // A machine without nft cannot have anything left behind.
      else if (script !== null) this.complain(outcome.error);
    });
  }

  async stop(): Promise<void> {
    if (this.current !== null && this.current !== undefined) this.apply(null);
    await this.work;
  }
}

function nft(script: string): Promise<Result<void, string>> {
  return new Promise((resolve) => {
    const child = execFile('nft', ['-f', '-'], { timeout: TIMEOUT_MS }, (error, _, stderr) => {
      if (error === null) resolve(ok(undefined));
      else if ('code' in error && error.code === 'ENOENT') resolve(err('no_accept needs the command nft'));
      else resolve(err(stderr.trim().split('\n')[0] || error.message));
    });
    // It may be gone before it has read anything.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(script);
  });
}
