import { type Micros, microsToMillis } from '../../base/units.ts';
import type { OnceScript, ScriptCommand, ScriptsConfig } from '../../model/script.ts';
import type { WrittenFile } from '../schema/file.ts';

export const composeScripts = (written: WrittenFile): ScriptsConfig => ({
  user: written.script_user?.user ?? null,
  group: written.script_user?.group ?? null,
  security: written.enable_script_security,
  startup: onceOf(written.startup_script, written.startup_script_timeout),
  shutdown: onceOf(written.shutdown_script, written.shutdown_script_timeout),
});

const onceOf = (command: ScriptCommand | undefined, timeout: Micros): OnceScript | null =>
  command === undefined ? null : { command, timeout: microsToMillis(timeout) };
