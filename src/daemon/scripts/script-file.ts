import { closeSync, lstatSync, openSync, readlinkSync, readSync, type Stats } from 'node:fs';
import path from 'node:path';
import { err, ok, type Result } from '../../base/result.ts';
import { type Identity, isRoot } from './identity.ts';

export interface ScriptFile {
  /** Absolute; symbolic links as written. */
  readonly path: string;
  /** How somebody besides root could change what root would run here, as a sentence; null where nobody could. */
  readonly unsafe: string | null;
}

/** Where programs without a slash are looked for; also the PATH of scripts. */
export const SCRIPT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** linux/namei.h, MAXSYMLINKS */
const MOST_LINKS = 40;
const EXECUTE = 0o1;
const READ = 0o4;
const SET_UID = 0o4000;
const SET_GID = 0o2000;
const STICKY = 0o1000;

/** The file that `program` names, if this identity can run it; else why it cannot, as a sentence. */
export function findScript(program: string, identity: Identity): Result<ScriptFile, string> {
  if (path.isAbsolute(program)) return inspect(program, identity);
  if (program.includes('/')) return err(`${program} is not an absolute path`);
  for (const directory of SCRIPT_PATH.split(':')) {
    const found = inspect(path.join(directory, program), identity);
    if (found.ok) return found;
  }
  return err(`${program} is not a program in ${SCRIPT_PATH}`);
}

/**
 * Walks the path as the kernel would, through every link, so that each directory on the way is seen: whoever can write
 * to one of them chooses what is run.
 */
function inspect(given: string, identity: Identity): Result<ScriptFile, string> {
  try {
    return walk(given, identity);
  } catch (error) {
    // A name too long, a directory that we may not enter, a link that went away while we looked.
    if (error instanceof Error && 'syscall' in error) return err(error.message);
    throw error;
  }
}

function walk(given: string, identity: Identity): Result<ScriptFile, string> {
  const pending = given.split('/');
  let at = '/';
  let links = 0;
  let unsafe: string | null = null;
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    const next = path.join(at, name);
    const stat = lstatSync(next, { throwIfNoEntry: false });
    if (stat === undefined) return err(`${next} does not exist`);
    unsafe ??= weakness(next, stat);
    if (stat.isSymbolicLink()) {
      if (++links > MOST_LINKS) return err(`${given} has too many symbolic links`);
      const target = readlinkSync(next);
      if (path.isAbsolute(target)) at = '/';
      pending.unshift(...target.split('/'));
    } else if (stat.isDirectory()) {
      if (!may(identity, stat, EXECUTE)) return err(`${identity.name} cannot enter ${next}`);
      at = next;
    } else if (pending.length > 0) {
      return err(`${next} is not a directory`);
    } else {
      const obstacle = obstacleOf(next, stat, identity);
      if (obstacle !== null) return err(obstacle);
      return ok({ path: given, unsafe: isRoot(identity) || becomesRoot(stat) ? unsafe : null });
    }
  }
  return err(`${given} is a directory`);
}

function weakness(file: string, stat: Stats): string | null {
  if (stat.uid !== 0) return `${file} belongs to uid ${stat.uid} (chown root ${file})`;
  // The mode of a link means nothing, and in a sticky directory only the owner of an entry can replace it.
  if (stat.isSymbolicLink() || (stat.isDirectory() && (stat.mode & STICKY) !== 0)) return null;
  const mode = (stat.mode & 0o7777).toString(8).padStart(4, '0');
  if ((stat.mode & 0o002) !== 0) return `everybody can write to ${file} (mode ${mode}; chmod go-w ${file})`;
  if ((stat.mode & 0o020) !== 0 && stat.gid !== 0)
    return `group ${stat.gid} can write to ${file} (mode ${mode}; chmod g-w ${file})`;
  return null;
}

function obstacleOf(file: string, stat: Stats, identity: Identity): string | null {
  if (!stat.isFile()) return `${file} is not a regular file`;
  if (!may(identity, stat, EXECUTE)) return `${identity.name} cannot execute ${file}`;
  // An interpreter has to read what the kernel only executes.
  if (!may(identity, stat, READ) && startsWithInterpreter(file))
    return `${identity.name} cannot read ${file}`;
  return null;
}

function startsWithInterpreter(file: string): boolean {
  try {
    const fd = openSync(file, 'r');
    const bytes = new Uint8Array(2);
    const length = readSync(fd, bytes);
    closeSync(fd);
    return length === 2 && bytes[0] === 0x23 && bytes[1] === 0x21;
  } catch {
    // We cannot read it either, so nobody says that it is a script.
    return false;
  }
}

function may({ uid, gid, groups }: Identity, stat: Stats, permission: number): boolean {
  if (uid === 0) return stat.isDirectory() || permission === READ || (stat.mode & 0o111) !== 0;
  if (uid === stat.uid) return (stat.mode & (permission << 6)) !== 0;
  if (gid === stat.gid || groups.includes(stat.gid)) return (stat.mode & (permission << 3)) !== 0;
  return (stat.mode & permission) !== 0;
}

const becomesRoot = (stat: Stats): boolean =>
  ((stat.mode & SET_UID) !== 0 && stat.uid === 0) || ((stat.mode & SET_GID) !== 0 && stat.gid === 0);
