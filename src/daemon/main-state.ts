import { readFileSync, readlinkSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Instant } from '../base/units.ts';
import { type StateFile, stateFile } from '../ipc/state-file.ts';
import type { PlacedOrder } from '../model/orders.ts';
import { printSavedOrders, recallOrders } from '../model/saved-orders.ts';
import {
  type Forgotten,
  type Origin,
  printSavedState,
  recallRoles,
  type SavedRole,
  type Whereabouts,
} from '../model/saved-state.ts';
import { printSavedVerdicts, recallVerdicts, type SavedVerdicts } from '../model/saved-verdicts.ts';
import type { CoreState, NothingLeft } from './core-roles.ts';
import type { OrderState } from './core-server-orders.ts';
import type { VerdictState } from './core-verdicts.ts';

const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/** The state directory: what the daemon before this one left there, and where this one leaves its own. */
export async function openState(
  dir: string,
  clock: Clock,
): Promise<{ readonly state: CoreState; readonly verdicts: VerdictState; readonly orders: OrderState }> {
  const here = whereabouts();
  const open = <Left>(
    name: string,
    none: Left,
    recall: Recall<Left>,
    print: (origin: Origin, left: Left) => string,
  ) => openPart(stateFile(dir, name), here, clock, none, recall, print);
  const [state, verdicts, orders] = await Promise.all([
    open<readonly SavedRole[]>('roles.json', [], recallRoles, (origin, roles) =>
      printSavedState({ ...origin, roles }),
    ),
    open<SavedVerdicts>('verdicts.json', { down: {} }, recallVerdicts, printSavedVerdicts),
    open<readonly PlacedOrder[]>('orders.json', [], recallOrders, printSavedOrders),
  ]);
  return { state, verdicts, orders };
}

type Recall<Left> = (text: string, here: Whereabouts, now: Instant) => Result<Left, Forgotten>;

async function openPart<Left>(
  file: StateFile,
  here: Result<Whereabouts, string>,
  clock: Clock,
  none: Left,
  recall: Recall<Left>,
  print: (origin: Origin, left: Left) => string,
) {
  if (!here.ok) {
    return { left: err<NothingLeft>({ level: 'warn', because: here.error }), save: async () => here };
  }
  const read = await file.read();
  return {
    left: read.ok
      ? believe(file.path, read.value === null ? ok(none) : recall(read.value, here.value, clock.now()))
      : err<NothingLeft>({ level: 'warn', because: read.error.because }),
    async save(left: Left): Promise<Result<undefined, string>> {
      const savedAt = { wall: clock.wall(), monotonic: clock.now() };
      const written = await file.write(print({ ...here.value, savedAt }, left));
      return written.ok ? written : err(written.error.because);
    },
  };
}

function believe<Left>(path: string, recalled: Result<Left, Forgotten>): Result<Left, NothingLeft> {
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
