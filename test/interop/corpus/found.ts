import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../support/root.ts';
import { type CorpusEntry, entry } from './entry.ts';

const found = (directory: string, pattern: RegExp, prefix: string): readonly CorpusEntry[] =>
  readdirSync(directory)
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) =>
      entry(`${prefix}-${name.replace(pattern, '')}`, readFileSync(path.join(directory, name), 'utf8')),
    );

/** The configurations that Debian's keepalived 2.2.7 brings. */
export const SAMPLES = found('/usr/share/doc/keepalived/samples', /^keepalived\.conf\./, 'sample');

/** The configurations of tutorials. */
export const ARTICLES = found(path.join(root, 'test/articles'), /\.conf$/, 'article');
