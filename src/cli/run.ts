import { execFile } from 'node:child_process';
import { err, ok, type Result } from '../base/result.ts';

/** Runs a program to its end: what it printed, or why that failed, in its own words where it said any. */
export type Run = (
  argv: readonly [string, ...string[]],
  input?: string,
) => Promise<Result<string, RunFailure>>;

export interface RunFailure {
  /** `absent`: there is no such program here. */
  readonly code: 'absent' | 'failed';
  readonly because: string;
  /** What it printed before it failed. */
  readonly stdout: string;
}

/** Nothing that lbctl runs has to wait for more than the network next door. */
const LIMIT_MILLIS = 20_000;
const MOST_BYTES = 64 << 20;

export const run: Run = ([program, ...words], input = '') =>
  new Promise((resolve) => {
    const env = { ...process.env, LC_ALL: 'C', PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
    const options = { timeout: LIMIT_MILLIS, maxBuffer: MOST_BYTES, env };
    const child = execFile(program, words, options, (error, stdout, stderr) => {
      if (error === null) return resolve(ok(stdout));
      if (error.code === 'ENOENT') {
        return resolve(err({ code: 'absent', because: `${program} is not installed`, stdout }));
      }
      const said = stderr.trim().split('\n').join('; ');
      const because = error.killed ? `${program} did not end within ${LIMIT_MILLIS / 1000} s` : error.message;
      resolve(err({ code: 'failed', because: said === '' ? because : said, stdout }));
    });
    // Who ends before it has read everything says so by its exit code.
    child.stdin?.on('error', () => child.stdin?.destroy());
    child.stdin?.end(input);
  });
