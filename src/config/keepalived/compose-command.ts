import { err, ok, type Result } from '../../base/result.ts';
import type { ScriptCommand } from '../../model/script.ts';
import { parseCommandLine } from '../command-line.ts';
import { mistake, type Problem } from '../diagnostic.ts';
import { accountName } from '../schema/commands.ts';
import type { Scope } from './compose-scope.ts';
import { readWord, sayAt, saySurplus, schemed, show } from './compose-values.ts';
import type { Statement, Word } from './statement.ts';

/** `"COMMAND ARGUMENT …" [USER [GROUP]]` behind a keyword, or null after an error. */
export function readCommand(statement: Statement, scope: Scope): ScriptCommand | null {
  const [keyword, line] = statement.words;
  if (line === undefined) {
    sayAt(scope, statement, keyword, mistake('missing_value', `"${keyword.text}" needs a command`));
    return null;
  }
  const argv = readWord(line, statement, scope, ({ text }) => parseCommandLine(text));
  const account = readAccount(statement, 2, scope);
  return argv === null || account === null ? null : { argv: argv.value, ...account };
}

/** Who runs something, or owns it. */
export interface Account {
  readonly user: string | null;
  readonly group: string | null;
}

/** `[USER [GROUP]]` from that word on, or null after an error. */
export function readAccount(statement: Statement, from: number, scope: Scope): Account | null {
  saySurplus(statement, scope, from + 2);
  const [user, group] = [statement.words[from], statement.words[from + 1]].map((word) =>
    word === undefined ? null : (readWord(word, statement, scope, account)?.value ?? undefined),
  );
  return user === undefined || group === undefined ? null : { user, group };
}

const account = schemed(accountName);

/** An absolute path. */
export const path = ({ text }: Word): Result<string, Problem> =>
  /^\/[^\0]{0,4094}$/.test(text)
    ? ok(text)
    : err(mistake('bad_value', `${show({ text } as Word)} is no absolute path`));
