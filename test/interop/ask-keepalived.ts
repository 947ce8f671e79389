import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../support/root.ts';
import type { CorpusEntry } from './corpus/entry.ts';

const SCRIPT = path.join(root, 'test/interop/ask-keepalived.sh');
const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** The last line of what each part dumps at its start. */
const PARTS = {
  '-t': '',
  '-P': '< Interfaces >',
  '-C': 'Activating BFD healthchecker',
} as const;

/** What keepalived 2.2.7 said of an entry; empty where it was not asked for. */
export interface Answer {
  readonly entry: CorpusEntry;
  /** The exit code of `keepalived -t`, and what it complains of. */
  readonly code: number;
  readonly said: readonly string[];
  /** What a part dumps at its start, without the time; where it ends by itself, why. */
  readonly dump: readonly string[];
  /** `ipvsadm -Sn` then. */
  readonly table: readonly string[];
}

/** Writes the files of an entry below `directory`, and gives where reading starts. */
export function writeEntry({ name, files, environment }: CorpusEntry, directory: string): string {
  const variables = Object.entries(environment).map(([key, value]) => `${key}=${value}\n`);
  for (const [file, text] of Object.entries({ ...files, environment: variables.join('') })) {
    const where = path.join(directory, name, file);
    mkdirSync(path.dirname(where), { recursive: true });
    writeFileSync(where, text);
  }
  return path.join(directory, name, 'keepalived.conf');
}

/**
 * Asks keepalived, one entry after the other: `-t` for its verdict, `-P` also for the dump of its VRRP part, `-C` for that
 * of its checkers and the table, for which the kernel needs IPVS.
 */
export async function askKeepalived(
  entries: readonly CorpusEntry[],
  directory: string,
  what: keyof typeof PARTS,
): Promise<readonly Answer[]> {
  const directories = entries.map((entry) => path.dirname(writeEntry(entry, directory)));
  const argv = [...NAMESPACES, 'sh', SCRIPT, what, PARTS[what], ...directories];
  await new Promise<void>((resolve, reject) => {
    execFile('unshare', argv, (error) => (error === null ? resolve() : reject(error)));
  });
  return entries.map((entry, i) => {
    const lines = (name: string) => {
      const file = path.join(directories[i] ?? '', name);
      return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
    };
    // `Sat Nov 21 06:16:23 2026: `
    const dump = lines('dump').map((line) => line.replace(/^\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}: ?/, ''));
    return { entry, code: Number(lines('code')[0]), said: lines('verdict'), dump, table: lines('table') };
  });
}

/** The same by so many at once. */
export async function askSeveral(
  entries: readonly CorpusEntry[],
  directory: string,
  what: keyof typeof PARTS,
  atOnce: number,
): Promise<readonly Answer[]> {
  const shares = Array.from({ length: atOnce }, (_, n) => entries.filter((_, i) => i % atOnce === n));
  const answers = await Promise.all(shares.map((share) => askKeepalived(share, directory, what)));
  return answers.flat();
}
