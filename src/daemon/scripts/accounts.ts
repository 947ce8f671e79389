import { readFileSync } from 'node:fs';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** The users and groups of this machine's files; what only a directory service knows is not among them. */
export interface Accounts {
  user(name: string): Account | null;
  userById(uid: number): Account | null;
  /** Number of the group. */
  group(name: string): number | null;
  /** Groups that name the user as a member, as initgroups(3) finds them, in the order of the file. */
  groupsOf(user: string): readonly number[];
}

/** What /etc/passwd and /etc/group say now. A file that cannot be read is taken for an empty one. */
export const readAccounts = (): Accounts => parseAccounts(read('/etc/passwd'), read('/etc/group'));

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Without the file no name is known, and whoever asks for one is told so.
    return '';
  }
}

/** passwd(5) and group(5). Lines that are neither are skipped, as the C library does. */
export function parseAccounts(passwd: string, group: string): Accounts {
  const users = rows(passwd, 7).flatMap(([name = '', , uid = '', gid = '', , home = '']) =>
    isNumber(uid) && isNumber(gid) ? [{ name, uid: Number(uid), gid: Number(gid), home }] : [],
  );
  const groups = rows(group, 4).flatMap(([name = '', , gid = '', members = '']) =>
    isNumber(gid) ? [{ name, gid: Number(gid), members: members.split(',') }] : [],
  );
  return {
    user: (name) => users.find((user) => user.name === name) ?? null,
    userById: (uid) => users.find((user) => user.uid === uid) ?? null,
    group: (name) => groups.find((one) => one.name === name)?.gid ?? null,
    groupsOf: (user) => groups.flatMap(({ gid, members }) => (members.includes(user) ? [gid] : [])),
  };
}

const rows = (text: string, fields: number): string[][] =>
  text
    .split('\n')
    .map((line) => line.split(':'))
    .filter((row) => row.length === fields);

const isNumber = (text: string): boolean => /^\d+$/.test(text);
