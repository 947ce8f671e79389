import { setMaxListeners } from 'node:events';
import type { Clock } from '../../base/clock.ts';
import type { Millis } from '../../base/units.ts';
import type { ScriptCommand } from '../../model/script.ts';
import type { CommandEnd } from '../../probes/misc.ts';
import type { ScriptRules } from './identity.ts';
import { runScript, showOutcome } from './run-script.ts';

/** Runs the commands of checks. */
export interface CommandRunner {
  run(command: ScriptCommand, scripts: ScriptRules, timeout: Millis): Promise<CommandEnd>;
  /** Ends all that run, and whatever would begin from now on; resolves when they are gone. */
  stop(): Promise<void>;
}

export function createCommandRunner(clock: Clock): CommandRunner {
  const stopped = new AbortController();
  // One for each command that runs.
  setMaxListeners(0, stopped.signal);
  const running = new Set<Promise<CommandEnd>>();

  const end = async (command: ScriptCommand, scripts: ScriptRules, timeout: Millis): Promise<CommandEnd> => {
    const outcome = await runScript(command, { clock, scripts, timeout, stop: stopped.signal });
    const words = showOutcome(outcome);
    return outcome.end === 'exited'
      ? { end: 'exited', status: outcome.status, words }
      : { end: outcome.end, words };
  };

  return {
    run(command, scripts, timeout) {
      const ended = end(command, scripts, timeout);
      running.add(ended);
      return ended.finally(() => running.delete(ended));
    },
    async stop() {
      stopped.abort();
      await Promise.all(running);
    },
  };
}
