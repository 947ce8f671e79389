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
  const question = { method: 'POST', target: '/v1/plan', accept: 'application/json', body } as const;
  const answer = await put(terminal, runDir, question, options.output);
  if (typeof answer === 'number') return PLAN_EXIT.failed;
  const plan: Plan = JSON.parse(answer.body);
  if (options.output === 'json') terminal.out(answer.body);
  else {
    for (const warning of plan.warnings) terminal.error(`warning: ${warning}\n`);
    terminal.out(plan.text);
  }
  if (plan.add + plan.change + plan.destroy > 0) return PLAN_EXIT.changes;
  // Who could not look cannot say that there is nothing.
  return plan.services.available ? PLAN_EXIT.none : PLAN_EXIT.failed;
}

interface Plan {
  readonly add: number;
  readonly change: number;
  readonly destroy: number;
  readonly services: { readonly available: boolean };
  readonly warnings: readonly string[];
  readonly text: string;
}

/** Reads the file as the daemon will, to learn which others it includes. */
function bundleOf(file: string) {
  const { files, bundle } = recordFiles(machineFiles);
  readConfig(file, machineContext(files, null), null);
  return bundle(file);
}
