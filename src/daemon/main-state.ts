import { readFileSync, readlinkSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import { err, ok, type Result } from '../base/result.ts';
import { stateFile } from '../ipc/state-file.ts';
import { printSavedState, recallRoles, type SavedRole, type Whereabouts } from '../model/saved-state.ts';
import type { CoreState, NothingLeft } from './core-roles.ts';

const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/** The state directory: what the daemon before this one left there, and where this one leaves its own. */
export async function openState(dir: string, clock: Clock): Promise<CoreState> {
  const file = stateFile(dir, 'roles.json');
  const here = whereabouts();
  if (!here.ok) {
    return { left: err({ level: 'warn', because: here.error }), save: async () => here };
  }
  const read = await file.read();
  return {
    left: read.ok
      ? recall(file.path, read.value, here.value, clock)
      : err({ level: 'warn', because: read.error.because }),
    async save(roles) {
      const savedAt = { wall: clock.wall(), monotonic: clock.now() };
      const written = await file.write(printSavedState({ ...here.value, savedAt, roles }));
      return written.ok ? written : err(written.error.because);
    },
  };
}

function recall(
  path: string,
  text: string | null,
  here: Whereabouts,
  clock: Clock,
): Result<readonly SavedRole[], NothingLeft> {
  const recalled = text === null ? ok([]) : recallRoles(text, here, clock.now());
  if (recalled.ok) return recalled;
  const { code, because } = recalled.error;
  // Every start of the machine makes the file an old one.
  return err({ level: code === 'other_boot' ? 'info' : 'warn', because: `${path} ${because}` });
}

function whereabouts(): Result<Whereabouts, string> {
  try {
    return ok({
      bootId: readFileSync(BOOT_ID, 'utf8').trim(),
      netNamespace: readlinkSync('/proc/self/ns/net'),
    });
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return err(`cannot tell one boot or network namespace from another: ${words}`);
  }
}
