import { warning } from '../diagnostic.ts';
import { objectName } from '../schema/scalars.ts';
import type { Scope } from './compose-scope.ts';
import { sayAt } from './compose-values.ts';
import type { Statement, Word } from './statement.ts';

const LONGEST = 60;

/**
 * The name of an instance, a group or a tracker: its own, or where YAML could not have it the nearest that it could, with a number if that
 * is taken. It is added to `taken`.
 */
export function fitName(word: Word, taken: Set<string>, statement: Statement, scope: Scope): string {
  const wanted = fittingName(word.text);
  let name = wanted;
  for (let i = 2; taken.has(name); i++) name = `${wanted}_${i}`;
  taken.add(name);
  if (name !== word.text) {
    sayAt(scope, statement, word, warning('value_replaced', `this is called "${name}" here`));
  }
  return name;
}

/** The text, or where it could be no name in YAML the nearest that could. */
export const fittingName = (text: string): string =>
  objectName.safeParse(text).success ? text : replaced(text);

function replaced(text: string): string {
  const name = text
    .slice(0, LONGEST)
    .replace(/[^\p{L}\p{N}_.:[\]/+() -]/gu, '_')
    .trim();
  return /^[\p{L}\p{N}_[]/u.test(name) ? name : `_${name}`;
}
