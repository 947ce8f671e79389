import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { err, ok, type Result } from '../base/result.ts';

/** Why a state file is out of reach: `because` is a whole sentence without its stop. */
export interface StateError {
  /** `refused`: the file is none that we would have written. */
  readonly code: 'directory' | 'refused' | 'failed';
  readonly because: string;
}

export interface StateFile {
  readonly path: string;
  /** The whole text; null for no such file. */
  read(): Promise<Result<string | null, StateError>>;
  /**
   * Puts a new file of mode 0600 in its place, complete or not at all. Where that fails there is no file at all
   * afterwards, as far as it can be removed: what it said is not so any more. One at a time.
   */
  write(text: string): Promise<Result<undefined, StateError>>;
}

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY, O_DIRECTORY } = constants;

/** Many times what 255 virtual routers on every interface take, and some of what 100,000 servers do that are all down. */
const MOST_BYTES = 16 * 1024 * 1024;
const OTHERS_MAY_WRITE = 0o022;

/**
 * A file in a directory of our own, which is made with mode 0700 where it is missing. Each call looks at the directory
 * anew and stays in the one it has looked at, whatever its name means meanwhile. No symbolic link is followed below
 * the directory that holds it. Nothing here stops the loop for a disk.
 */
export function stateFile(dir: string, name: string): StateFile {
  // A slash at its end would have a symbolic link followed (path_resolution(7)).
  const directory = path.resolve(dir);
  const file = path.join(directory, name);
  return {
    path: file,
    read: () => inDirectory(directory, (at) => readText(`${at}/${name}`, file)),
    write: (text) => inDirectory(directory, (at) => replace(`${at}/${name}`, file, text)),
  };
}

async function inDirectory<T>(
  directory: string,
  act: (at: string) => Promise<Result<T, StateError>>,
): Promise<Result<T, StateError>> {
  const opened = await openDirectory(directory);
  if (!opened.ok) return err({ code: 'directory', because: opened.error });
  try {
    const problem = strangeOwner(await opened.value.stat());
    if (problem !== null) return err({ code: 'directory', because: `${directory} ${problem}` });
    return await act(`/proc/self/fd/${opened.value.fd}`);
  } finally {
    await opened.value.close();
  }
}

async function openDirectory(directory: string): Promise<Result<FileHandle, string>> {
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') return err(`cannot make ${directory}: ${wordsOf(error)}`);
  }
  try {
    return ok(await open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  } catch (error) {
    if (codeOf(error) !== 'ENOTDIR') return err(`cannot open ${directory}: ${wordsOf(error)}`);
    // Linux says ENOTDIR of a symbolic link too, where both O_DIRECTORY and O_NOFOLLOW are given.
    return err(`${directory} is ${(await isLink(directory)) ? 'a symbolic link' : 'no directory'}`);
  }
}

const isLink = (name: string): Promise<boolean> =>
  lstat(name).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );

async function readText(at: string, file: string): Promise<Result<string | null, StateError>> {
  const refused = (because: string) => err({ code: 'refused' as const, because: `${file} ${because}` });
  let opened: FileHandle;
  try {
    // O_NONBLOCK: a FIFO would wait for its writer.
    opened = await open(at, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return ok(null);
    if (codeOf(error) === 'ELOOP') return refused('is a symbolic link');
    return err({ code: 'failed', because: `cannot read ${file}: ${wordsOf(error)}` });
  }
  try {
    const found = await opened.stat();
    if (!found.isFile()) return refused('is no regular file');
    const problem = strangeOwner(found);
    if (problem !== null) return refused(problem);
    if (found.nlink > 1) return refused('is a file that has other names');
    if (found.size > MOST_BYTES) return refused(`has more than ${MOST_BYTES} bytes`);
    return ok(await readBytes(opened, found.size));
  } catch (error) {
    return err({ code: 'failed', because: `cannot read ${file}: ${wordsOf(error)}` });
  } finally {
    await opened.close();
  }
}

async function readBytes(opened: FileHandle, size: number): Promise<string> {
  const bytes = Buffer.alloc(size);
  let total = 0;
  for (;;) {
    const { bytesRead } = await opened.read(bytes, total, size - total, total);
    total += bytesRead;
    if (bytesRead === 0 || total === size) return bytes.toString('utf8', 0, total);
  }
}

async function replace(at: string, file: string, text: string): Promise<Result<undefined, StateError>> {
  const fresh = `${at}.new`;
  try {
    await remove(fresh);
    const opened = await open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      await opened.writeFile(text);
      await opened.sync();
    } finally {
      await opened.close();
    }
    await rename(fresh, at);
    return ok(undefined);
  } catch (error) {
    const left = await Promise.allSettled([remove(fresh), remove(at)]);
    const stays = left.some(({ status }) => status === 'rejected') ? ', and what is there stays' : '';
    return err({ code: 'failed', because: `cannot write ${file}: ${wordsOf(error)}${stays}` });
  }
}

async function remove(at: string): Promise<void> {
  try {
    await unlink(at);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

function strangeOwner({ uid, mode }: Stats): string | null {
  if (uid !== 0 && uid !== process.geteuid?.()) return `belongs to another user (uid ${uid})`;
  return (mode & OTHERS_MAY_WRITE) === 0 ? null : 'may be written by others than its owner';
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Without the path, which is one of /proc/self/fd. */
function wordsOf(error: unknown): string {
  const { errno } = error as NodeJS.ErrnoException;
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno);
  if (known === undefined) throw error;
  return known[1];
}
