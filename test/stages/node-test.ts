import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingForGuest, runInGuest } from '../guest/boot/guest.ts';
import { root } from '../support/root.ts';
import type { Outcome } from './outcome.ts';
import { countTap } from './tap.ts';

/** Compiled tests lie where this file lies. */
const compiled = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Compiled test files of rooms of test/. Listed by their sources: what remains of a deleted test does not run. */
export function testFiles(...rooms: readonly string[]): string[] {
  const sources = path.join(root, 'test');
  return rooms
    .filter((room) => existsSync(path.join(sources, room)))
    .flatMap((room) =>
      room.endsWith('.ts')
        ? [room]
        : readdirSync(path.join(sources, room), { recursive: true, encoding: 'utf8' }).map((name) =>
            path.join(room, name),
          ),
    )
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => path.join(compiled, name.replace(/\.ts$/, '.js')));
}

/** Runs test files with Node's runner, its report on the terminal and its totals from TAP. */
export async function runTests(
  files: readonly string[],
  limitMs: number,
  { atOnce, inGuest = false }: { readonly atOnce: number; readonly inGuest?: boolean },
): Promise<Outcome> {
  const missing = files.filter((file) => !existsSync(file));
  if (missing.length > 0) return failed(`not compiled: ${missing.join(', ')}`);
  const share = mkdtempSync(path.join(tmpdir(), 'lbd-tests-'));
  const tap = path.join(share, 'tap');
  const argv = [
    process.execPath,
    '--test',
    `--test-concurrency=${atOnce}`,
    ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
    ...['--test-reporter=tap', `--test-reporter-destination=${tap}`],
    ...files,
  ];
  try {
    const code = inGuest ? await boot(argv, share, limitMs) : await runProgram(argv, limitMs);
    const counted = countTap(existsSync(tap) ? readFileSync(tap, 'utf8') : '');
    if (counted === null) return failed(`no totals from node --test (exit ${code})`);
    if (code !== 0 && counted.failed === 0) return failed(`node --test: exit ${code}`);
    return counted;
  } finally {
    rmSync(share, { recursive: true });
  }
}

export const failed = (why: string): Outcome => ({ passed: 0, failed: 1, skipped: 0, notes: [why] });
export const skipped = (why: string): Outcome => ({ passed: 0, failed: 0, skipped: 1, notes: [why] });

async function boot(argv: readonly string[], share: string, timeoutMs: number): Promise<number> {
  return runInGuest(argv, {
    share,
    timeoutMs,
    onUp: (bootMs, release) => console.log(`guest: Linux ${release} up in ${(bootMs / 1000).toFixed(1)} s`),
  });
}

/** Why guest tests cannot run, or null. */
export const guestObstacle = missingForGuest;

/** Runs a program on this terminal; its exit code, 124 when the time ran out. */
export function runProgram(argv: readonly string[], limitMs: number): Promise<number> {
  const [program = '', ...args] = argv;
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env });
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    // Not SIGKILL: labs are taken down on the way out.
    child.kill('SIGTERM');
  }, limitMs);
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.log(error.message);
      clearTimeout(limit);
      resolve(127);
    });
    child.once('exit', (code) => {
      clearTimeout(limit);
      resolve(late ? 124 : (code ?? 1));
    });
  });
}
