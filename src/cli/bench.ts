import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EXIT, refuse, type Terminal } from './command.ts';

/** Beside the compiled sources, where the whole of lbd was built. */
const PROGRAM = fileURLToPath(new URL('../../bench/main.js', import.meta.url));

/** Runs the measurements on this machine with these words; gives their exit code. */
export async function runBench(terminal: Terminal, words: readonly string[]): Promise<number> {
  if (!existsSync(PROGRAM)) {
    refuse(terminal, 'text', {
      code: 'absent',
      message: `the measurements are not installed: no ${PROGRAM}`,
    });
    return EXIT.refused;
  }
  const child = spawn(process.execPath, [PROGRAM, ...words], { stdio: 'inherit' });
  // The child takes its namespaces down first. From a terminal a signal reaches both, and twice is as good as once.
  process.on('SIGINT', () => child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  return code ?? EXIT.refused;
}
