import type { z } from 'zod';
import type { Result } from '../../base/result.ts';
import { err, ok } from '../../base/result.ts';
import { type Micros, micros, seconds } from '../../base/units.ts';
import { mistake, type Problem, warning } from '../diagnostic.ts';
import { printDuration } from '../duration.ts';
import { pathTo, type Scope } from './compose-scope.ts';
import type { Statement, Word } from './statement.ts';

/** A value and the word that says it. */
export interface Given<T> {
  readonly value: T;
  readonly word: Word;
}

const LONGEST_QUOTE = 60;
export const show = ({ text }: Word): string =>
  `"${text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text}"`;

export function sayAt(scope: Scope, statement: Statement, word: Word, problem: Problem): void {
  scope.notes.say(word, problem, pathTo(scope, statement.words[0].text));
}

/** Says what is behind the words that count. */
export function saySurplus(statement: Statement, scope: Scope, from: number): void {
  const surplus = statement.words[from];
  if (surplus === undefined) return;
  const text = `${scope.block.isSecret ? 'this word' : show(surplus)} and what follows it is not read`;
  sayAt(scope, statement, surplus, warning('surplus_value', text));
}

/** The one argument of a statement. A missing one is an error: keepalived ends there. */
export function argument(statement: Statement, scope: Scope): Word | null {
  const [keyword, word] = statement.words;
  if (word === undefined) {
    sayAt(scope, statement, keyword, mistake('missing_value', `"${keyword.text}" needs a value`));
    return null;
  }
  saySurplus(statement, scope, 2);
  return word;
}

/** The argument as `parse` reads it; what is wrong with it is an error. */
export function read<T>(
  statement: Statement,
  scope: Scope,
  parse: (word: Word) => Result<T, Problem>,
): Given<T> | null {
  const word = argument(statement, scope);
  return word === null ? null : readWord(word, statement, scope, parse);
}

export function readWord<T>(
  word: Word,
  statement: Statement,
  scope: Scope,
  parse: (word: Word) => Result<T, Problem>,
): Given<T> | null {
  const result = parse(word);
  if (result.ok) return { value: result.value, word };
  sayAt(scope, statement, word, result.error);
  return null;
}

export const wholeNumber =
  (least: number, most: number) =>
  (word: Word): Result<number, Problem> => {
    if (!/^[+-]?\d{1,20}$/.test(word.text)) {
      return err(mistake('bad_value', `${show(word)} is no whole number (${least} to ${most})`));
    }
    const value = Number(word.text);
    return value >= least && value <= most
      ? ok(value)
      : err(mistake('out_of_range', `${word.text} is out of range: ${least} to ${most}`));
  };

/** Seconds, also with a fraction, from `least` to `most`. */
export const duration =
  (least: Micros, most: Micros) =>
  (word: Word): Result<Micros, Problem> => {
    if (!/^\+?\d{1,15}(\.\d{0,15})?$|^\.\d{1,15}$/.test(word.text)) {
      return err(mistake('bad_value', `${show(word)} is no number of seconds`));
    }
    const value = micros(Number(word.text) * 1_000_000);
    return value >= least && value <= most
      ? ok(value)
      : err(
          mistake(
            'out_of_range',
            `${word.text} s is out of range: ${printDuration(least)} to ${printDuration(most)}`,
          ),
        );
  };

export const DAY: Micros = seconds(86_400);

export const oneOf =
  <const T extends string>(allowed: readonly T[], what: string, scope: Scope) =>
  (word: Word): Result<T, Problem> => {
    const found = allowed.find((each) => each === word.text);
    if (found !== undefined) return ok(found);
    const folded = allowed.find((each) => each.toLowerCase() === word.text.toLowerCase());
    const suggestion = folded ?? scope.notes.suggest(word.text, allowed);
    const shown = scope.block.isSecret ? 'this' : show(word);
    return err(mistake('unknown_value', `${shown} is no ${what}`, { suggestion, allowed }));
  };

/** As a key of the YAML configuration would read it. */
export const schemed =
  <Schema extends z.ZodType<unknown, string>>(schema: Schema) =>
  (word: Word): Result<z.output<Schema>, Problem> => {
    const result = schema.safeParse(word.text);
    if (result.success) return ok(result.data);
    const [issue] = result.error.issues;
    const given = issue?.code === 'custom' ? (issue.params?.['problem'] as Problem | undefined) : undefined;
    return err(given ?? mistake('bad_value', `${show(word)}: ${issue?.message ?? 'not understood'}`));
  };
