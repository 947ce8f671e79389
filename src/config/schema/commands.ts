import { z } from 'zod';
import { err, ok, type Result } from '../../base/result.ts';
import type { ScriptCommand } from '../../model/script.ts';
import { type Argv, parseCommandLine } from '../command-line.ts';
import { mistake, type Problem } from '../diagnostic.ts';
import { parsed } from './scalars.ts';

/** The kernel passes arguments as C strings. */
const word = z.string().regex(/^[^\0]*$/, 'a word of a command holds no NUL');

const onOneLine = parsed(word, parseCommandLine);
const asList = parsed(
  z.array(word),
  ([program, ...rest]): Result<Argv, Problem> =>
    program === undefined || program === ''
      ? err(mistake('bad_value', 'this command names no program'))
      : ok([program, ...rest]),
);

/** A program and its arguments, as a list or on one line. */
export const commandWords = z
  .union([onOneLine, asList])
  .meta({ title: 'a command: one line of words, or a list of them' });

/** Users and groups go by what passwd(5) can hold. */
export const accountName = z
  .string()
  .regex(/^[^\s:,\p{Cc}]{1,32}$/u, 'a user or group has 1 to 32 characters without blanks, colons and commas')
  .meta({ title: 'the name of a user or group' });

const mapping = z.strictObject({
  command: commandWords.describe('Program and arguments, as one line or as a list of words'),
  user: accountName.optional().describe('Who runs it; script_user unless given'),
  group: accountName.optional().describe("The user's own group unless given"),
});

const asAnyone = (argv: Argv): Result<ScriptCommand, Problem> => ok({ argv, user: null, group: null });

/** A command as one line, a list of words, or a map that says who runs it too. */
export const command = z.union([
  parsed(onOneLine, asAnyone),
  parsed(asList, asAnyone),
  parsed(mapping, ({ command: argv, user, group }): Result<ScriptCommand, Problem> => {
    if (group !== undefined && user === undefined) {
      return err(mistake('missing_key', 'a "group" needs the "user" beside it'));
    }
    return ok({ argv, user: user ?? null, group: group ?? null });
  }),
]);
