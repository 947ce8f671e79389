import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { programFile } from './program-file.ts';

/** MB: V8 would let what lives briefly have 3 × 16 before it collects that. */
const YOUNG = '--max-semi-space-size=2';
/** Only the main thread of vrrp has real-time priority: it must not wait for V8's helpers, which have none. */
const VRRP_FLAGS = ['--single-threaded-gc', YOUNG];

export const forkVrrp = (words: readonly string[] = []): ChildProcess =>
  forkChild('vrrp-main', words, VRRP_FLAGS);

/** What V8's helper threads and large messages leave behind in malloc's arenas was 5 MB of 55. */
const ONE_HEAP = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072' };

/** At 5,000 checks a second `--optimize-for-size` takes away 20 MB of 91; a check takes 37 µs with it, 35 and 43 without. */
export const forkCheck = (): ChildProcess =>
  forkChild('check-main', [], ['--optimize-for-size', YOUNG], ONE_HEAP);

const forkChild = (
  name: 'vrrp-main' | 'check-main',
  words: readonly string[],
  flags: string[],
  more: Readonly<Record<string, string>> = {},
) =>
  fork(fileURLToPath(programFile(name)), words, {
    serialization: 'advanced',
    execArgv: flags,
    env: { ...process.env, ...more },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
