import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  lstatSync,
  openSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { err, ok, type Result } from '../../base/result.ts';

/** A named pipe that we write to. */
export interface FifoFile {
  /** False when the pipe is full: nobody reads it. */
  write(line: string): boolean;
  /** Readers get the end of the file; a pipe that we made is removed. */
  close(): void;
}

/** Makes the pipe unless it is there, gives it to its owner alone (mode 0600), and opens it. The error is a sentence. */
export function openFifoFile(
  path: string,
  owner: { readonly uid: number; readonly gid: number },
): Result<FifoFile, string> {
  const isOurs = lstatSync(path, { throwIfNoEntry: false }) === undefined;
  if (isOurs) {
    // Node 20 has no mkfifo(3). Takes 7 ms, at the start and for a new pipe in a reload.
    const made = spawnSync('/usr/bin/mkfifo', ['-m', '600', '--', path], { encoding: 'utf8' });
    if (made.error !== undefined) return err(made.error.message);
    if (made.status !== 0) return err(made.stderr.trim());
  }
  try {
    return open(path, owner, isOurs);
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return err(error.message);
    throw error;
  }
}

function open(
  path: string,
  { uid, gid }: { uid: number; gid: number },
  isOurs: boolean,
): Result<FifoFile, string> {
  // Open for both, it needs no reader to be opened, and no reader's end is an error.
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  if (!fstatSync(fd).isFIFO()) {
    closeSync(fd);
    return err(`${path} is not a named pipe`);
  }
  fchownSync(fd, uid, gid);
  fchmodSync(fd, 0o600);
  return ok({
    write(line) {
      try {
        // Up to PIPE_BUF (4096) bytes are written whole or not at all, pipe(7).
        writeSync(fd, line);
        return true;
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return false;
        throw error;
      }
    },
    close() {
      const { ino, dev } = fstatSync(fd);
      closeSync(fd);
      const now = lstatSync(path, { throwIfNoEntry: false });
      if (isOurs && now?.ino === ino && now.dev === dev) unlinkSync(path);
    },
  });
}
