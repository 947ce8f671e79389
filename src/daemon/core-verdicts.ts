import type { Result } from '../base/result.ts';
import { type Millis, millis } from '../base/units.ts';
import type { SavedVerdicts } from '../model/saved-verdicts.ts';
import { NO_VERDICTS, type Verdicts } from '../model/verdicts.ts';
import type { NothingLeft } from './core-roles.ts';
import type { Say } from './scripts/say.ts';

/** What outlives the daemon of its verdicts. */
export interface VerdictState {
  /** What a former daemon of this boot and network namespace left behind. */
  readonly left: Result<SavedVerdicts, NothingLeft>;
  /** Replaces what is saved; an error is a sentence. One at a time. */
  save(verdicts: SavedVerdicts): Promise<Result<undefined, string>>;
}

/** Keeps what is known of servers: of the check process, which core does, and of the daemon, which a file does. */
export interface CoreVerdicts {
  start(): void;
  /** What a check process begins with that has applied nothing yet. */
  known(): Verdicts;
  /** What a check process says that has applied a state; what outlives the daemon is saved, which is not waited for. */
  hear(verdicts: Verdicts): void;
  /** Nothing that is heard from now on is saved; resolves when what was heard before is, or takes too long. */
  stop(): Promise<void>;
}

/** A disk that hangs does not keep the daemon from its end. */
const LAST_SAVE: Millis = millis(1000);

/** `saidOf` gives what somebody else has said of the state directory, which is not said again. */
export function createCoreVerdicts(say: Say, state: VerdictState, saidOf: () => string | null): CoreVerdicts {
  let known: Verdicts = state.left.ok ? { ...NO_VERDICTS, down: state.left.value.down } : NO_VERDICTS;
  let wanted: SavedVerdicts | null = null;
  let saved = JSON.stringify(known.down);
  let saving: Promise<void> | null = null;
  let stopping = false;
  /** The last failure that was said. */
  let told: string | null = null;

  const complain = (what: string, { level, because }: NothingLeft) => {
    if (because === told) return;
    told = because;
    if (because === saidOf()) return;
    say(level, 'state_unavailable', `${what}: ${because}`, { reason: because });
  };

  const saveAll = async () => {
    while (wanted !== null) {
      const verdicts: SavedVerdicts = wanted;
      wanted = null;
      const text = JSON.stringify(verdicts.down);
      if (text === saved) continue;
      const outcome = await state.save(verdicts);
      saved = outcome.ok ? text : '';
      if (outcome.ok) told = null;
      else complain('verdicts on servers do not outlive this lbd', { level: 'warn', because: outcome.error });
    }
    saving = null;
  };

  return {
    start() {
      if (!state.left.ok) complain('starts without the verdicts of a former lbd', state.left.error);
    },

    known: () => known,

    hear(verdicts) {
      if (stopping) return;
      known = verdicts;
      wanted = { down: known.down };
      // In a turn of its own: it may have nothing to wait for, and what it ends with has to come after this.
      saving ??= Promise.resolve().then(saveAll);
    },

    async stop() {
      stopping = true;
      let timer: NodeJS.Timeout | undefined;
      const bound = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, LAST_SAVE);
      });
      await Promise.race([saving, bound]);
      clearTimeout(timer);
    },
  };
}
