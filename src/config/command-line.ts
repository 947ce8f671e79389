import { err, ok, type Result } from '../base/result.ts';
import { mistake, type Problem } from './diagnostic.ts';

/** A command: the program, then its arguments. */
export type Argv = readonly [string, ...string[]];

const CONTROLS: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/**
 * The words of a command on one line. Blanks part them; `"…"` and `'…'` keep them together, also within a word; `\` takes
 * the next character as it is, but for `\n`, `\t` and `\r`. It is no line for a shell: nothing else has a meaning.
 */
export function parseCommandLine(text: string): Result<Argv, Problem> {
  // The kernel passes arguments as C strings.
  if (text.includes('\0')) return err(mistake('bad_value', 'a word of a command holds no NUL'));
  const words: string[] = [];
  let word: string | null = null;
  let mark = '';
  for (let i = 0; i < text.length; i++) {
    const sign = text.charAt(i);
    if (sign === '\\' && i + 1 < text.length) {
      const next = text.charAt(++i);
      word = (word ?? '') + (CONTROLS[next] ?? next);
    } else if (sign === mark) mark = '';
    else if (mark === '' && (sign === '"' || sign === "'")) {
      mark = sign;
      word ??= '';
    } else if (mark === '' && /\s/.test(sign)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + sign;
  }
  if (mark !== '') return err(mistake('bad_value', 'a quotation mark in this command has no partner'));
  if (word !== null) words.push(word);
  const [program, ...rest] = words;
  return program === undefined || program === ''
    ? err(mistake('bad_value', 'this command names no program'))
    : ok([program, ...rest]);
}

/** The words on one line, or null where one of them needs more than quotation marks of the single kind. */
export function printCommandLine(argv: Argv): string | null {
  if (argv.some((word) => /['"\\\p{Cc}]/u.test(word))) return null;
  return argv.map((word) => (/^[^\s]+$/.test(word) ? word : `'${word}'`)).join(' ');
}
