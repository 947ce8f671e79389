import { readFileSync, writeFileSync } from 'node:fs';
import { err, ok, type Result } from '../base/result.ts';
import { commandOf, type RealServerChange, type RealServerStep } from '../plan/realserver-change.ts';
import type { HeldAddress } from '../plan/realserver-needs.ts';
import { EMPTY_RECORD, type RealServerRecord, recordChange } from '../plan/realserver-record.ts';
import { sysctlFile } from './realserver-facts.ts';
import type { RealServerState } from './realserver-state.ts';
import type { Run } from './run.ts';

/** What became of a step, told as the command that does the same by hand. */
export interface Told {
  readonly outcome: 'done' | 'planned' | 'already' | 'left' | 'failed';
  readonly command: string;
  readonly because: string | null;
}

/** A step as it is told where nothing is performed. */
export function tellPlanned(step: RealServerStep): Told {
  const command = commandOf(step.change).join(' ');
  if (step.verdict === 'leave') return { outcome: 'left', command, because: step.because };
  if (step.verdict === 'so') return { outcome: 'already', command, because: step.because ?? null };
  return { outcome: 'planned', command, because: null };
}

/**
 * Performs steps in their order up to the first that fails. Each is remembered before it is made, so that one that is
 * interrupted can be undone. `wanted` are the addresses to be set up; null where some are taken away.
 */
export async function performSteps(
  steps: readonly RealServerStep[],
  wanted: readonly HeldAddress[] | null,
  state: RealServerState,
  run: Run,
): Promise<readonly Told[]> {
  const told: Told[] = [];
  let record = state.record.ok ? state.record.value : EMPTY_RECORD;
  const remember = async (next: RealServerRecord) => {
    if (next === record) return ok(undefined);
    record = next;
    return state.save(next);
  };
  for (const step of steps) {
    const { change } = step;
    if (step.verdict !== 'do') {
      told.push(tellPlanned(step));
      // What is gone already needs no undoing any more.
      if (step.verdict === 'so' && wanted === null) await remember(recordChange(record, change, null, []));
      continue;
    }
    const former = record;
    const before = valueBefore(change);
    const made = before.ok
      ? await remember(recordChange(record, change, before.value, wanted ?? []))
      : before;
    const performed = made.ok ? await perform(change, run) : made;
    const command = commandOf(change).join(' ');
    if (!performed.ok) {
      told.push({ outcome: 'failed', command, because: performed.error });
      if (made.ok) await remember(former);
      return told;
    }
    told.push({ outcome: 'done', command, because: null });
  }
  return told;
}

/** A device that a module brings has its settings only now. */
function valueBefore(change: RealServerChange): Result<string | null, string> {
  if (change.kind !== 'sysctl') return ok(null);
  try {
    return ok(readFileSync(sysctlFile(change.name), 'utf8').trim());
  } catch (error) {
    return err((error as Error).message);
  }
}

async function perform(change: RealServerChange, run: Run): Promise<Result<undefined, string>> {
  if (change.kind === 'sysctl') {
    try {
      writeFileSync(sysctlFile(change.name), change.value);
      return ok(undefined);
    } catch (error) {
      return err((error as Error).message);
    }
  }
  const done = await run(commandOf(change));
  return done.ok ? ok(undefined) : err(done.error.because);
}
