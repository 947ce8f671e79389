import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';
import { root } from '../../test/support/root.ts';

/** What a program took from its start to its end. */
export interface Spent {
  /** Milliseconds. */
  readonly time: number;
  /** Of all processors together; milliseconds. */
  readonly processor: number;
  /** Its greatest resident memory; megabytes. */
  readonly memory: number;
}

/** Compiles spent.c into a directory; gives what runs a program with it. It throws where the program fails. */
export function compileSpent(directory: string): (argv: readonly string[]) => Spent {
  const spent = path.join(directory, 'spent');
  execFileSync('cc', ['-O2', '-o', spent, path.join(root, 'bench/config/spent.c')]);
  return (argv) => {
    const { status, stdout } = spawnSync(spent, argv, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}`);
    const [time = 0, processor = 0, memory = 0] = stdout.split(' ').map(Number);
    return { time: time / 1000, processor: processor / 1000, memory: memory / 1000 };
  };
}
