import { constants, existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { err, ok, type Result } from '../base/result.ts';

/** With the files that the vrrp process fills: 128 MiB at most. */
const MOST_FILES = 16;
const OTHERS_MAY_WRITE = 0o022;
const NAME = /^vrrp-(\d{6,})\.jsonl$/;

export interface Recording {
  /** Appends lines; one that begins a file goes into a new one. Answers when they are on their way to the disk. */
  write(lines: readonly string[]): Promise<void>;
  /** Answers when everything is written. */
  close(): Promise<void>;
}

/**
 * A directory of our own (made with mode 0700 where it is missing, never a symbolic link) that holds what the vrrp
 * process records: vrrp-000001.jsonl and so on, mode 0600, the latest 16. `failed` is told of each file that cannot be
 * written; what belongs to it is left out. The error, a sentence, says why the directory is none to write to.
 */
export async function openRecording(
  dir: string,
  failed: (because: string) => void,
): Promise<Result<Recording, string>> {
  const directory = path.resolve(dir);
  const opened = await openDirectory(directory);
  if (!opened.ok) return opened;
  const at = `/proc/self/fd/${opened.value.fd}`;
  let file: FileHandle | null = null;
  let number = Math.max(0, ...(await numbers(at)));
  let work: Promise<void> = Promise.resolve();

  const give = (doing: string, error: unknown) => {
    const words = error instanceof Error ? error.message : String(error);
    failed(`cannot ${doing} the recording in ${directory}: ${words.replaceAll(at, directory)}`);
  };

  const begin = async () => {
    await file?.close();
    file = null;
    number++;
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    file = await open(`${at}/${nameOf(number)}`, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    const old = (await numbers(at)).sort((a, b) => b - a).slice(MOST_FILES);
    await Promise.all(old.map((one) => unlink(`${at}/${nameOf(one)}`)));
  };

  const append = async (lines: readonly string[]) => {
    if (lines.length > 0) await file?.writeFile(lines.map((line) => `${line}\n`).join(''));
  };

  const write = async (lines: readonly string[]) => {
    let rest = lines;
    try {
      for (;;) {
        const next = rest.findIndex(beginsFile);
        await append(next === -1 ? rest : rest.slice(0, next));
        if (next === -1) return;
        await begin();
        await append(rest.slice(next, next + 1));
        rest = rest.slice(next + 1);
      }
    } catch (error) {
      file = null;
      give('write', error);
    }
  };

  return ok({
    write(lines) {
      work = work.then(() => write(lines));
      return work;
    },
    async close() {
      await work;
      await file?.close();
      await opened.value.close();
    },
  });
}

const beginsFile = (line: string): boolean => line.startsWith('{"file":');
const nameOf = (number: number): string => `vrrp-${String(number).padStart(6, '0')}.jsonl`;

async function numbers(directory: string): Promise<number[]> {
  return (await readdir(directory)).flatMap((name) => {
    const digits = NAME.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
}

/** Parents too. Node 20's own recursion never ends where a parent takes no directories, as /proc. */
async function makeDirectory(directory: string): Promise<void> {
  const made = await mkdir(directory, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => error);
  if (made === undefined || made.code === 'EEXIST') return;
  const parent = path.dirname(directory);
  if (made.code !== 'ENOENT' || parent === directory || existsSync(parent)) throw made;
  await makeDirectory(parent);
  await mkdir(directory, { mode: 0o700 });
}

async function openDirectory(directory: string): Promise<Result<FileHandle, string>> {
  try {
    await makeDirectory(directory);
    const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
    const opened = await open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    const { uid, mode } = await opened.stat();
    if ((uid === 0 || uid === process.geteuid?.()) && (mode & OTHERS_MAY_WRITE) === 0) return ok(opened);
    await opened.close();
    return err(`${directory} belongs to another user, or may be written by others`);
  } catch (error) {
    return err(`cannot record to ${directory}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
