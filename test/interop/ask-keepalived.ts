import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../support/root.ts';
import type { CorpusEntry } from './corpus/entry.ts';

export type Part = 'vrrp' | 'check';

/** What keepalived made of a file. */
export interface Answer {
  /** The exit code of `keepalived -t` and what it complained of. */
  readonly code: number;
  readonly said: readonly string[];
  /** What it dumps when it starts with -d, without the time. */
  readonly dump: readonly string[];
}

const SCRIPT = path.join(root, 'test/interop/ask-keepalived.sh');
const PARTS = {
  vrrp: { option: '-P', last: '< Interfaces >' },
  check: { option: '-C', last: 'Activating BFD healthchecker' },
} as const;
/** Emulated, keepalived takes seconds. */
const LIMIT = 60_000;

/** Writes the files of an entry to a directory, where both programs can read them. */
export function writeEntry(directory: string, { files }: CorpusEntry): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(directory, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

/** What a part of keepalived makes of the keepalived.conf in a directory; it leaves its own files there. */
export async function askKeepalived(
  directory: string,
  environment: CorpusEntry['environment'],
  part: Part,
): Promise<Answer> {
  const { option, last } = PARTS[part];
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const argv = [...namespaces, 'sh', SCRIPT, directory, option, last];
  const options = { env: { ...process.env, ...environment }, timeout: LIMIT };
  await new Promise<void>((resolve, reject) => {
    execFile('unshare', argv, options, (error) => (error === null ? resolve() : reject(error)));
  });
  const lines = (name: string) => readFileSync(path.join(directory, name), 'utf8').split('\n');
  return {
    code: Number(lines('code')[0]),
    said: lines('verdict').filter(Boolean),
    dump: lines('dump').map((line) => line.replace(TIME, '')),
  };
}

/** `Sat Nov 21 06:16:23 2026: ` */
const TIME = /^\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}: ?/;

/** Runs `of` over all items, a few at once, and gives the results in order. */
export async function eachFew<T, R>(
  items: readonly T[],
  atOnce: number,
  of: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const work = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await of(items[at] as T);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}
