import type { CST, YAMLError } from 'yaml';
import { mistake, type Problem } from '../diagnostic.ts';
import { linesOf, type Span } from '../source.ts';
import { unclosedIn } from './unclosed.ts';

export interface Fault extends Span {
  readonly problem: Problem;
}

/** Errors of the library that follow from a bracket or quote that is not closed. */
const FOLLOWING: ReadonlySet<string> = new Set([
  ...['BAD_INDENT', 'MISSING_CHAR', 'UNEXPECTED_TOKEN', 'BLOCK_IN_FLOW', 'IMPOSSIBLE'],
  ...['MULTILINE_IMPLICIT_KEY', 'BLOCK_AS_IMPLICIT_KEY', 'KEY_OVER_1024_CHARS'],
]);

/** What is wrong with the YAML of a text, in this project's words, from the library's errors. Empty for none. */
export function faultsOf(
  errors: readonly YAMLError[],
  tokens: readonly CST.Token[],
  text: string,
): readonly Fault[] {
  if (errors.length === 0) return [];
  const lineAt = linesOf(text);
  // One mistake often gives several errors; the first on a line says it.
  const firsts = firstOfEach(errors, ({ pos: [at] }) => lineAt(at).start);
  const unquoted = firsts.flatMap(({ pos: [at] }) => unquotedIn(lineOf(text, lineAt(at).start)) ?? []);
  const told = new Set(unquoted.map(({ start }) => lineAt(start).start));
  const open = unclosedIn(tokens).filter(({ start }) => !told.has(lineAt(start).start));
  const opened = open[0]?.start ?? text.length + 1;
  const own = firsts.filter(({ code, pos: [at] }) => at < opened || !FOLLOWING.has(code));
  const lost = own.find(({ code }) => code === 'UNEXPECTED_TOKEN');
  // After something that belongs nowhere the library makes no sense of the rest.
  const sound = own.filter(({ pos: [at] }) => lost === undefined || at <= lost.pos[0]);
  const explained = sound.map((error) => explain(error, text, lineOf(text, lineAt(error.pos[0]).start)));
  const all = firstOfEach([...unquoted, ...open, ...explained], ({ start }) => lineAt(start).start);
  return all.sort((a, b) => a.start - b.start);
}

function firstOfEach<T>(items: readonly T[], keyOf: (item: T) => number): T[] {
  const first = new Map<number, T>();
  for (const item of items) if (!first.has(keyOf(item))) first.set(keyOf(item), item);
  return [...first.values()];
}

interface Line {
  readonly start: number;
  /** Without its end. */
  readonly text: string;
}

function lineOf(text: string, start: number): Line {
  const end = text.indexOf('\n', start);
  return { start, text: text.slice(start, end === -1 ? text.length : end).replace(/\r$/, '') };
}

/** `[2001:db8::80]:80` is a list with something behind it, `2001:db8::` a key: both need quotes. */
const UNQUOTED =
  /(?:^|[\s,[])(\[[0-9a-f.:]*:[0-9a-f.:]*\]:\d+|(?:[0-9a-f]{1,4}:)*[0-9a-f]{1,4}::)(?=$|[\s,\]}])/i;

function unquotedIn({ start, text }: Line): Fault | null {
  const found = UNQUOTED.exec(text);
  if (found?.[1] === undefined) return null;
  const end = start + found.index + found[0].length;
  const problem = mistake('unquoted', 'YAML gives this another meaning; write it in quotes');
  return { start: end - found[1].length, end, problem };
}

function explain({ code, pos, message }: YAMLError, text: string, line: Line): Fault {
  const [start, end] = pos;
  const syntax = (message: string): Fault => ({ start, end, problem: mistake('yaml_syntax', message) });
  const unquoted = (message: string): Fault => ({ start, end, problem: mistake('unquoted', message) });
  switch (code) {
    case 'TAB_AS_INDENT':
      return syntax('YAML is indented with spaces, this is a tab');
    case 'TAG_RESOLVE_FAILED':
      // The library's own words would repeat the tag, which may be a password.
      return unquoted('unknown YAML tag; a text that begins with ! needs quotes');
    case 'BAD_SCALAR_START':
      return unquoted(`a text that begins with ${text[start]} needs quotes`);
    case 'UNEXPECTED_TOKEN':
      return syntax(
        `this ${/^[\]}]$/.test(text[start] ?? '') ? `${text[start]} closes nothing` : 'belongs to nothing'}`,
      );
    case 'BLOCK_AS_IMPLICIT_KEY':
      return nested(start, text, line);
    case 'MULTILINE_IMPLICIT_KEY':
      return colon(line);
    case 'MISSING_CHAR':
      return message.includes('Implicit map keys') ? colon(line) : syntax(message);
    default:
      return syntax(message);
  }
}

/** A key where a value was, on the same line or indented under it. */
function nested(at: number, text: string, line: Line): Fault {
  const problem = (message: string) => mistake('yaml_syntax', message);
  if (/:\s/.test(line.text.slice(at - line.start))) {
    const message = 'a second key on one line: begin a new line, or write this in quotes';
    return { start: at, end: at + 1, problem: problem(message) };
  }
  const next = line.start + line.text.length;
  const [blank = ''] = /^\s*/.exec(text.slice(next, next + SEEN)) ?? [];
  const start = next + blank.length;
  const [word = ''] = /^\S*/.exec(text.slice(start, start + SEEN)) ?? [];
  const message = 'this is indented deeper than the line above, which has its value already';
  return { start, end: start + Math.max(1, word.length), problem: problem(message) };
}

/** How far the next word is looked for. */
const SEEN = 1000;

/** A key without `: ` behind it. */
function colon({ start: lineStart, text }: Line): Fault {
  const [all = '', before = '', key = ''] = /^(\s*(?:- +)?)([^\s:]*)/.exec(text) ?? [];
  const start = lineStart + before.length;
  const message = text.startsWith(':', all.length)
    ? 'a blank is missing after the colon'
    : 'a colon is missing after this key';
  return { start, end: start + Math.max(1, key.length), problem: mistake('yaml_syntax', message) };
}
