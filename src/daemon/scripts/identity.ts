import { err, ok, type Result } from '../../base/result.ts';
import type { ScriptCommand, ScriptsConfig } from '../../model/script.ts';
import type { Account, Accounts } from './accounts.ts';

/** What running any one script depends on. */
export type ScriptRules = Pick<ScriptsConfig, 'user' | 'group' | 'security'>;

/** As whom a script runs. */
export interface Identity extends Account {
  /** Supplementary groups, without `gid`. */
  readonly groups: readonly number[];
}

/** Runs scripts that name no user, where it exists. */
const SCRIPT_USER = 'keepalived_script';

/** As whom `command` runs, or why that cannot be, as a sentence. */
export function identify(
  command: Pick<ScriptCommand, 'user' | 'group'>,
  scripts: ScriptRules,
  accounts: Accounts,
  ownUid: number,
): Result<Identity, string> {
  const { user, group } =
    command.user === null ? { ...scripts, group: command.group ?? scripts.group } : command;
  const account = user === null ? defaultAccount(accounts, ownUid) : accounts.user(user);
  if (account === null) return err(`there is no user ${user}`);
  const gid = group === null ? account.gid : accounts.group(group);
  if (gid === null) return err(`there is no group ${group}`);
  if (ownUid !== 0 && account.uid !== ownUid) {
    return err(`only root can run it as ${account.name}, and lbd runs as uid ${ownUid}`);
  }
  const groups = accounts.groupsOf(account.name).filter((one) => one !== gid);
  return ok({ ...account, gid, groups: [...new Set(groups)] });
}

function defaultAccount(accounts: Accounts, ownUid: number): Account {
  const found = accounts.user(SCRIPT_USER);
  if (found !== null && ownUid === 0) return found;
  // An own uid without a name, as in a bare container, is no obstacle.
  return accounts.userById(ownUid) ?? { name: `uid ${ownUid}`, uid: ownUid, gid: ownUid, home: '/' };
}

/** Whether a program with this identity has the powers of root, or of its group. */
export const isRoot = ({ uid, gid, groups }: Identity): boolean =>
  uid === 0 || gid === 0 || groups.includes(0);
