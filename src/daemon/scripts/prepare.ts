import { err, ok, type Result } from '../../base/result.ts';
import type { ScriptCommand } from '../../model/script.ts';
import { readAccounts } from './accounts.ts';
import { type Identity, identify, type ScriptRules } from './identity.ts';
import { findScript } from './script-file.ts';

/** A command that can be run. */
export interface PreparedScript {
  readonly file: string;
  readonly args: readonly string[];
  readonly identity: Identity;
  /** What script security would have refused, as a sentence; null for nothing. */
  readonly warning: string | null;
}

/**
 * Looks whether `command` can run, and as whom; the error says why not. A program `</PATH` is a question instead: can
 * PATH be opened for reading? A shell asks it, because `/dev/tcp/HOST/PORT` is a path only to bash.
 */
export function prepareScript(command: ScriptCommand, scripts: ScriptRules): Result<PreparedScript, string> {
  const identity = identify(command, scripts, readAccounts(), process.getuid?.() ?? 0);
  if (!identity.ok) return identity;
  const [program, ...args] = asked(command.argv);
  const found = findScript(program, identity.value);
  if (!found.ok) return found;
  const { path: file, unsafe } = found.value;
  if (unsafe !== null && scripts.security) return err(`script security refuses ${file} as root: ${unsafe}`);
  return ok({ file, args, identity: identity.value, warning: unsafe });
}

function asked(argv: ScriptCommand['argv']): ScriptCommand['argv'] {
  const [program] = argv;
  if (!program.startsWith('</')) return argv;
  const target = program.slice(1);
  const shell = /^\/dev\/(tcp|udp)\//.test(target) ? 'bash' : 'sh';
  return [shell, '-c', ': < "$1"', shell, target];
}
