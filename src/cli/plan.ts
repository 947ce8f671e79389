import path from 'node:path';
import { readConfig } from '../config/read.ts';
import { machineContext, machineFiles } from '../ipc/config-files.ts';
import { recordFiles } from '../ipc/file-bundle.ts';
import { put, type Terminal } from './command.ts';

/** As `terraform plan -detailed-exitcode`: no changes, changes, or no plan at all. */
export const PLAN_EXIT = { none: 0, failed: 1, changes: 2 } as const;

export interface PlanOptions {
  readonly output: 'text' | 'json';
}

/** Tells what a reload would change, of the daemon's own file or of another one, and changes nothing. */
export async function showPlanOf(
  terminal: Terminal,
  runDir: string,
  file: string | undefined,
  options: PlanOptions,
): Promise<number> {
  const body = file === undefined ? '' : JSON.stringify(bundleOf(path.resolve(file)));
  const answer = await put(terminal, runDir, {
    method: 'POST',
    target: '/v1/plan',
    accept: 'application/json',
    body,
  });
  if (typeof answer === 'number') return PLAN_EXIT.failed;
  const plan: { add: number; change: number; destroy: number; text: string } = JSON.parse(answer.body);
  terminal.out(options.output === 'json' ? answer.body : plan.text);
  return plan.add + plan.change + plan.destroy === 0 ? PLAN_EXIT.none : PLAN_EXIT.changes;
}

/** Reads the file as the daemon will, to learn which others it includes. */
function bundleOf(file: string) {
  const { files, bundle } = recordFiles(machineFiles);
  readConfig(file, machineContext(files, null), null);
  return bundle(file);
}
