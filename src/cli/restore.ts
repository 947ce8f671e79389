import { machineFiles } from '../ipc/config-files.ts';
import { EXIT, put, refuse, type Terminal } from './command.ts';

/** As of `plan`. */
const DRY_RUN_EXIT = { none: 0, changes: 2 } as const;

export interface RestoreOptions {
  readonly prune?: boolean;
  readonly dryRun?: boolean;
  readonly output: 'text' | 'json';
}

/** Has the daemon bring the kernel's table to what a file has saved of it; tells what was, or would be, changed. */
export async function restoreFile(
  terminal: Terminal,
  runDir: string,
  given: string,
  { prune, dryRun, output }: RestoreOptions,
): Promise<number> {
  const text = machineFiles.read(given === '-' ? '/dev/stdin' : given);
  if (!text.ok) {
    refuse(terminal, output, { code: 'unreadable', message: `cannot read ${given}: ${text.error}` });
    return EXIT.refused;
  }
  const query = new URLSearchParams({ file: given === '-' ? '/dev/stdin' : given });
  if (prune) query.set('prune', '1');
  if (dryRun) query.set('dry-run', '1');
  const target = `/v1/ipvs/restore?${query}`;
  const question = { method: 'POST', target, accept: 'application/json', body: text.value } as const;
  const answer = await put(terminal, runDir, question, output);
  if (typeof answer === 'number') return answer;
  const restored: Restored = JSON.parse(answer.body);
  terminal.out(output === 'json' ? answer.body : restored.text);
  if (!dryRun) return restored.refused.length === 0 ? EXIT.ok : EXIT.problems;
  return restored.add + restored.change + restored.destroy > 0 ? DRY_RUN_EXIT.changes : DRY_RUN_EXIT.none;
}

interface Restored {
  readonly add: number;
  readonly change: number;
  readonly destroy: number;
  readonly refused: readonly string[];
  readonly text: string;
}
