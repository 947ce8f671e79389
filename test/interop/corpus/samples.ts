import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type CorpusEntry, entry } from './entry.ts';

const DIRECTORY = '/usr/share/doc/keepalived/samples';

/** The configurations that Debian's keepalived 2.2.7 brings. */
export const SAMPLES: readonly CorpusEntry[] = readdirSync(DIRECTORY)
  .filter((name) => name.startsWith('keepalived.conf.'))
  .sort()
  .map((name) =>
    entry(
      `sample-${name.slice('keepalived.conf.'.length)}`,
      readFileSync(path.join(DIRECTORY, name), 'utf8'),
    ),
  );
