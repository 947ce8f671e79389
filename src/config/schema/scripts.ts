import { z } from 'zod';
import { err, ok, type Result } from '../../base/result.ts';
import { seconds } from '../../base/units.ts';
import { mistake, type Problem } from '../diagnostic.ts';
import { accountName, command } from './commands.ts';
import { duration, MILLISECOND, parsed, SECOND } from './scalars.ts';

export interface Account {
  readonly user: string;
  /** Null for the user's own group. */
  readonly group: string | null;
}

const limit = () => duration({ least: SECOND, most: seconds(1000), step: MILLISECOND }).prefault('10s');

/** What holds for every script, and the scripts of the whole daemon. */
export const SCRIPT_KEYS = {
  script_user: parsed(z.string().meta({ title: 'USER, or USER GROUP' }), accountOf)
    .optional()
    .describe(
      'Who runs scripts that name nobody; keepalived_script where that user exists, else the user of the daemon',
    ),
  enable_script_security: z
    .boolean()
    .prefault(true)
    .describe('Runs no script as root that somebody else could change'),
  startup_script: command.optional().describe('Runs once, before anything else is started'),
  startup_script_timeout: limit().describe('How long it may take before the start goes on without it'),
  shutdown_script: command.optional().describe('Runs once, after everything else has stopped'),
  shutdown_script_timeout: limit().describe('How long it may take'),
};

function accountOf(text: string): Result<Account, Problem> {
  const [user = '', group, ...rest] = text.trim().split(/\s+/);
  const isSound = [user, group ?? user].every((name) => accountName.safeParse(name).success);
  if (!isSound || rest.length > 0)
    return err(mistake('bad_value', `"${text}" is no user, or user and group`));
  return ok({ user, group: group ?? null });
}
