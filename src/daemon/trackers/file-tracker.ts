import {
  closeSync,
  constants,
  type FSWatcher,
  fstatSync,
  openSync,
  readSync,
  watch,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import type { TrackFileConfig } from '../../model/tracking.ts';
import type { Say } from '../scripts/say.ts';
import { type FileNumber, parseFileNumber } from './file-number.ts';

export interface FileTracker {
  value(): number;
  stop(): void;
}

/** inotify does not see what other hosts write, nor what a link in another directory leads to. */
const LOOK_ANYWAY_MS = 5000;
/**
 * `echo 5 > file` empties the file first, and editors move it away first: an absence is believed when it lasts. Between
 * the two system calls of a shell lie microseconds; the rest is for a busy machine.
 */
const ABSENCE_MS = 100;
const HEAD = 256;

/**
 * Follows the number in a file. The directory is watched, not the file, so that a new file moved into its place is
 * seen as well as a write. The number is known when this returns.
 */
export function watchFile(config: TrackFileConfig, door: { say: Say; changed: () => void }): FileTracker {
  const { name, path: file } = config;
  const fields = { kind: 'file', name, path: file };
  let watcher: FSWatcher | null = null;
  let absence: NodeJS.Timeout | null = null;
  let complaint: string | null = null;

  const complain = (why: string | null) => {
    if (why !== null && why !== complaint)
      door.say('warn', 'tracker_failed', `file ${name}: ${why}; it counts as 0`, fields);
    complaint = why;
  };

  const believe = (next: FileNumber) => {
    complain(next.complaint);
    if (next.value === current) return;
    const before = current;
    current = next.value;
    door.say('info', 'tracker_changed', `file ${name}: ${before} → ${current}`, {
      ...fields,
      value: current,
    });
    door.changed();
  };

  const look = () => {
    const next = readNumber(file);
    if (!next.absent) {
      if (absence !== null) clearTimeout(absence);
      absence = null;
      believe(next);
    } else if (current !== 0) {
      absence ??= setTimeout(() => {
        absence = null;
        believe(readNumber(file));
      }, ABSENCE_MS);
    }
  };

  const watchDirectory = () => {
    try {
      watcher = watch(path.dirname(file), (_, changed) => {
        if (changed === null || changed === path.basename(file)) look();
      });
      watcher.on('error', unwatch);
    } catch (error) {
      // No such directory yet, or no watches left: the slow look finds the number, and tries again.
      if (!(error instanceof Error)) throw error;
      watcher = null;
    }
  };

  const unwatch = () => {
    watcher?.close();
    watcher = null;
  };

  const refused = initialise(config);
  if (refused !== null)
    door.say('error', 'tracker_failed', `file ${name} cannot be created: ${refused}`, fields);
  const first = readNumber(file);
  let current = first.value;
  complain(first.complaint);
  watchDirectory();
  // A watch dies with its directory, without a word that says so.
  const poll = setInterval(() => {
    unwatch();
    watchDirectory();
    look();
  }, LOOK_ANYWAY_MS);

  return {
    value: () => current,
    stop() {
      clearInterval(poll);
      if (absence !== null) clearTimeout(absence);
      unwatch();
    },
  };
}

/** Null when the file is as the configuration wants it at the start; else why it is not. */
function initialise({ init, path: file }: TrackFileConfig): string | null {
  if (init === null) return null;
  // Through a link somebody else could choose what root overwrites.
  const exclusive = init.overwrite ? constants.O_TRUNC | constants.O_NOFOLLOW : constants.O_EXCL;
  try {
    const fd = openSync(file, constants.O_WRONLY | constants.O_CREAT | exclusive, 0o644);
    writeSync(fd, `${init.value}\n`);
    closeSync(fd);
    return null;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return !init.overwrite && error.code === 'EEXIST' ? null : error.message;
  }
}

function readNumber(file: string): FileNumber {
  try {
    // A pipe or device must not hold us up.
    const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!fstatSync(fd).isFile())
        return { value: 0, absent: false, complaint: `${file} is not a regular file` };
      const head = new Uint8Array(HEAD);
      return parseFileNumber(new TextDecoder().decode(head.subarray(0, readSync(fd, head))));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    const missing = error.code === 'ENOENT' || error.code === 'ENOTDIR';
    return { value: 0, absent: missing, complaint: missing ? null : error.message };
  }
}
