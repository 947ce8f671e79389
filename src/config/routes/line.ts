import { err, ok, type Result } from '../../base/result.ts';
import { mistake, type Problem } from '../diagnostic.ts';
import { nearest } from '../nearest.ts';

/** What is wrong with a line of words, and the index of the word that is meant. */
export interface LineFault {
  readonly at: number;
  readonly problem: Problem;
}

export type Parse<T> = (text: string) => Result<T, Problem>;

/** Reads what stands behind a word that was just taken. */
export type Reader<Draft> = (line: Line, draft: Draft) => LineFault | null;

/** What may stand in a line. */
export interface Grammar<Draft> {
  /** What the line says, for messages: `route`. */
  readonly what: string;
  readonly readers: Readonly<Record<string, Reader<Draft>>>;
  /** Other spellings of words in `readers`. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Words that other programs know. */
  readonly unsupported: readonly string[];
  /** Words that start over what may stand once. */
  readonly again: Readonly<Record<string, readonly string[]>>;
  /** Reads a word that is no keyword; undefined where it can mean nothing. */
  readonly other: (word: string, draft: Draft, at: number) => Result<void, Problem> | undefined;
}

/** The words of a line, read from left to right. */
export class Line {
  private readonly words: readonly string[];
  private place = 0;

  constructor(words: readonly string[]) {
    this.words = words;
  }

  /** The index of the word that was taken last; 0 before the first. */
  get at(): number {
    return Math.max(0, this.place - 1);
  }

  get isAtEnd(): boolean {
    return this.place >= this.words.length;
  }

  /** Empty at the end. */
  take(): string {
    return this.words[this.place++] ?? '';
  }

  /** Takes the next word if it is one of these. */
  takeIf<const Word extends string>(...words: readonly Word[]): Word | null {
    const found = words.find((word) => word === this.words[this.place]) ?? null;
    if (found !== null) this.place++;
    return found;
  }

  fault(problem: Problem, at: number = this.at): LineFault {
    return { at, problem };
  }

  /** Takes the value of the word that was taken last. */
  value<T>(parse: Parse<T>, store?: (value: T, at: number) => void): LineFault | null {
    if (this.isAtEnd) {
      return this.fault(mistake('missing_value', `"${this.words[this.at]}" needs a value after it`));
    }
    const value = parse(this.take());
    if (!value.ok) return this.fault(value.error);
    store?.(value.value, this.at);
    return null;
  }
}

/** Reads every word into the draft; the first fault ends it. */
export function readLine<Draft>(line: Line, draft: Draft, grammar: Grammar<Draft>): LineFault | null {
  const seen = new Set<string>();
  while (!line.isAtEnd) {
    const word = line.take();
    const name = Object.hasOwn(grammar.aliases, word) ? (grammar.aliases[word] ?? word) : word;
    const read = Object.hasOwn(grammar.readers, name) ? grammar.readers[name] : undefined;
    if (read === undefined) {
      const outcome = readOther(word, line.at, draft, grammar);
      if (!outcome.ok) return line.fault(outcome.error);
      continue;
    }
    if (seen.has(name)) return line.fault(mistake('bad_value', `"${word}" is here twice`));
    const fault = read(line, draft);
    if (fault !== null) return fault;
    const cleared = Object.hasOwn(grammar.again, name) ? grammar.again[name] : undefined;
    if (cleared === undefined) seen.add(name);
    else for (const each of cleared) seen.delete(each);
  }
  return null;
}

function readOther<Draft>(
  word: string,
  at: number,
  draft: Draft,
  grammar: Grammar<Draft>,
): Result<void, Problem> {
  if (grammar.unsupported.includes(word)) {
    return err(mistake('not_supported', `"${word}" of a ${grammar.what} is not supported`));
  }
  const meant = grammar.other(word, draft, at);
  if (meant !== undefined) return meant;
  const known = [...Object.keys(grammar.readers), ...Object.keys(grammar.aliases)];
  const suggestion = nearest(word, known);
  return err(mistake('unknown_value', `unknown word "${word}" in a ${grammar.what}`, { suggestion }));
}

/** The words of one line of text. */
export const wordsOf = (text: string): readonly string[] => text.trim().split(/\s+/);

export const done: Result<void, never> = ok(undefined);
