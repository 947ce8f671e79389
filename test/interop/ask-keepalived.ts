import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../support/root.ts';
import type { CorpusEntry } from './corpus/entry.ts';

const SCRIPT = path.join(root, 'test/interop/ask-keepalived.sh');
const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
/** Emulated, keepalived takes seconds. */
const LIMIT = 60_000;

/** keepalived 2.2.7 on the files of one entry, in a directory that is its own. */
export class Asked {
  readonly file: string;
  private readonly directory: string;
  private readonly entry: CorpusEntry;

  constructor(entry: CorpusEntry, directory: string) {
    this.entry = entry;
    this.directory = directory;
    this.file = path.join(directory, 'keepalived.conf');
    for (const [name, text] of Object.entries(entry.files)) {
      const file = path.join(directory, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }

  /** The exit code of `keepalived -t`, and what it complains of. */
  async verdict(): Promise<{ code: number; said: readonly string[] }> {
    await this.run('verdict', '');
    return { code: Number(this.lines('code')[0]), said: this.lines('verdict') };
  }

  /** What the VRRP part dumps at its start, without the time; it says why where it ends by itself. */
  async instances(): Promise<readonly string[]> {
    await this.run('-P', '< Interfaces >');
    return this.dump();
  }

  /** What the checkers dump, and `ipvsadm -Sn` then. Needs a kernel with IPVS. */
  async checkers(): Promise<{ dump: readonly string[]; table: readonly string[] }> {
    await this.run('-C', 'Activating BFD healthchecker');
    return { dump: this.dump(), table: this.lines('table') };
  }

  private run(what: string, last: string): Promise<void> {
    const argv = [...NAMESPACES, 'sh', SCRIPT, this.directory, what, last];
    const options = { env: { ...process.env, ...this.entry.environment }, timeout: LIMIT };
    return new Promise((resolve, reject) => {
      execFile('unshare', argv, options, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  private dump(): string[] {
    // `Sat Nov 21 06:16:23 2026: `
    return this.lines('dump').map((line) => line.replace(/^\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}: ?/, ''));
  }

  private lines(name: string): string[] {
    return readFileSync(path.join(this.directory, name), 'utf8').split('\n').filter(Boolean);
  }
}

/** Runs `of` over all items, `atOnce` at a time, and gives the results in order. */
export async function eachOf<T, R>(
  items: readonly T[],
  atOnce: number,
  of: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Map<T, R>();
  const waiting = items.values();
  const work = async () => {
    for (const item of waiting) results.set(item, await of(item));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return items.map((item) => results.get(item) as R);
}
