import type { Span } from '../source.ts';
import type { YamlEntry, YamlList, YamlMap, YamlNode, YamlScalar } from '../yaml/tree.ts';
import type { Word } from './options.ts';

/** A value of the configuration's tree that stands at `at` in the text. */
export const scalar = (value: string | number | boolean, { start, end }: Span): YamlScalar => ({
  kind: 'scalar',
  value,
  source: String(value),
  start,
  end,
});

export const text = (word: Word): YamlScalar => scalar(word.text, word);

/** A number where the word is one, else its text, which the schema refuses. */
export const number = (word: Word): YamlScalar =>
  scalar(/^-?\d{1,15}$/.test(word.text) ? Number(word.text) : word.text, word);

export const list = (items: readonly YamlNode[], { start, end }: Span): YamlList => ({
  kind: 'list',
  items,
  start,
  end,
});

/** A map of the entries that are not null. */
export function map(entries: Readonly<Record<string, YamlNode | null>>, { start, end }: Span): YamlMap {
  const given = new Map<string, YamlEntry>();
  for (const [name, node] of Object.entries(entries)) if (node !== null) given.set(name, { key: node, node });
  return { kind: 'map', entries: given, start, end };
}
