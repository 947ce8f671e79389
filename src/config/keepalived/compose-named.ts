import { mistake, warning } from '../diagnostic.ts';
import type { Mark } from './compose-marks.ts';
import { fitName } from './compose-name.ts';
import type { Owner } from './compose-notes.ts';
import { enterKnown, leaveAll, type Scope } from './compose-scope.ts';
import { sayAt, saySurplus } from './compose-values.ts';
import type { Statement } from './statement.ts';

/** Blocks of one kind that have names. */
export interface Listed<T> {
  /** The key of YAML that holds them. */
  readonly section: string;
  /** What they are, by what the file calls them; null after an error. */
  readonly found: Map<string, { readonly name: string; readonly value: T | null }>;
  /** What they are called here. */
  readonly taken: Set<string>;
  readonly mark: Mark;
}

export function newList<T>(section: string, root: Mark): Listed<T> {
  const mark = root.with();
  root.inside.set(section, mark);
  return { section, found: new Map(), taken: new Set(), mark };
}

export function sayNameless(statement: Statement, scope: Scope): void {
  const [keyword] = statement.words;
  sayAt(scope, statement, keyword, mistake('missing_value', `"${keyword.text}" needs a name`));
}

/** Says that there is a block of that name before. */
export function skipSecond(statement: Statement, scope: Scope): void {
  const name = statement.words[1] ?? statement.words[0];
  const reason = `the first ${statement.words[0].text} of this name counts, and this one is left out`;
  sayAt(scope, statement, name, warning('entry_skipped', `${reason}, as by keepalived`));
  leaveAll(statement, scope, 'here', reason);
}

/** Reads a block with a name, unless there is one of that name before. */
export function readNamed<T>(
  statement: Statement,
  list: Listed<T>,
  scope: Scope,
  readBlock: (name: string, within: Scope) => { readonly value: T | null; readonly mark: Mark },
): void {
  const word = statement.words[1];
  if (word === undefined) {
    sayNameless(statement, scope);
    return;
  }
  saySurplus(statement, scope, 2);
  if (list.found.has(word.text)) {
    skipSecond(statement, scope);
    return;
  }
  const name = fitName(word, list.taken, statement, scope);
  const of: Owner = { path: [list.section, name] };
  const { value, mark } = readBlock(name, enterKnown(scope, statement, of));
  list.found.set(word.text, { name, value });
  list.mark.inside.set(name, mark);
}

/** What was found, by what it is called here; what is null is left out. */
export const valuesOf = <T>({ found }: Listed<T>): [string, T][] =>
  [...found.values()].flatMap(({ name, value }): [string, T][] => (value === null ? [] : [[name, value]]));

/** What is called how here, by what the file calls it; null for what has errors. */
export const calledIn = (list: Listed<unknown>): ReadonlyMap<string, string | null> =>
  new Map([...list.found].map(([word, { name, value }]) => [word, value === null ? null : name]));
