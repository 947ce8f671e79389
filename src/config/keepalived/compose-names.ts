import { warning } from '../diagnostic.ts';
import { pathTo, type Scope } from './compose-scope.ts';
import type { Statement, Word } from './statement.ts';

/** What may be referred to, by what it is called in messages. */
const KINDS = {
  vrrp_instance: 'vrrp_instance',
  vrrp_script: 'vrrp_script',
  track_file: 'track_file',
  vrrp_track_file: 'track_file',
  vrrp_track_process: 'vrrp_track_process',
  bfd_instance: 'bfd_instance',
} as const;
type Kind = (typeof KINDS)[keyof typeof KINDS];

export type Names = ReadonlyMap<Kind, ReadonlySet<string>>;

export function namesOf(statements: readonly Statement[]): Names {
  const names = new Map<Kind, Set<string>>();
  for (const { words } of statements) {
    const kind = kindOf(words[0].text);
    const name = words[1]?.text;
    if (kind === null || name === undefined) continue;
    const known = names.get(kind) ?? new Set();
    names.set(kind, known.add(name));
  }
  return names;
}

const kindOf = (keyword: string): Kind | null =>
  Object.hasOwn(KINDS, keyword) ? KINDS[keyword as keyof typeof KINDS] : null;

/** Says which names in a block of the file are of nothing, where they have no effect; `scope` is that of the block. */
export function sayUnknownNames(statement: Statement, names: Names, scope: Scope): void {
  const owner = statement.words[0].text;
  const check = (word: Word | undefined, kind: Kind, path: string): void => {
    if (word === undefined || names.get(kind)?.has(word.text)) return;
    const suggestion = scope.notes.suggest(word.text, names.get(kind) ?? []);
    const shown = word.text.slice(0, 60);
    scope.notes.say(word, warning('unknown_name', `there is no ${kind} "${shown}"`, { suggestion }), path);
  };
  for (const { words, block } of statement.block ?? []) {
    const keyword = words[0].text;
    if (keyword === 'group' && owner === 'track_group') {
      const path = pathTo(scope, keyword);
      for (const line of block ?? []) for (const word of line.words) check(word, 'vrrp_instance', path);
    }
  }
}
