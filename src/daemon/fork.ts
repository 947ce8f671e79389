import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { programFile } from './program-file.ts';

/** MB: V8 would let what lives briefly have 3 × 16 before it collects that. */
const YOUNG = '--max-semi-space-size=2';
/** Only the main thread of vrrp has real-time priority: it must not wait for V8's helpers, which have none. */
const VRRP_FLAGS = ['--single-threaded-gc', YOUNG];

export const forkVrrp = (words: readonly string[] = []): ChildProcess =>
  forkChild('vrrp-main', words, VRRP_FLAGS);

/** With 10,000 servers it takes 110 MB otherwise, of which 50 are in use; 75 with these. */
export const forkCheck = (): ChildProcess => forkChild('check-main', [], ['--optimize-for-size', YOUNG]);

const forkChild = (name: 'vrrp-main' | 'check-main', words: readonly string[], flags: string[]) =>
  fork(fileURLToPath(programFile(name)), words, {
    serialization: 'advanced',
    execArgv: flags,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
