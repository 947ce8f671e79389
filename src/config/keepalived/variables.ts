import { mistake, warning } from '../diagnostic.ts';
import type { ReadContext } from '../files.ts';
import { nearest } from '../nearest.ts';
import { type Line, replaceIn, spanOf } from './lines.ts';
import { type FileReport, type FileSpan, isSecretive, type Word } from './statement.ts';

/** How often a line may be replaced in before a variable is taken to contain itself. */
const MOST_REPLACEMENTS = 200;
/** In characters, where something is replaced; keepalived 2.2.7 has room for 1023. */
const LONGEST_LINE = 65_536;

/** What a name stands for: one line, or those of a definition whose lines end in a backslash. */
export interface Definition {
  readonly lines: readonly string[];
  readonly isMultiline: boolean;
}

/** What references are looked up in. */
export interface Scope {
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly context: ReadContext;
  /** `${_INSTANCE}` */
  readonly id: string;
  readonly report: FileReport;
}

export interface Following {
  readonly name: string;
  readonly lines: readonly string[];
  readonly at: FileSpan;
}

export interface Expansion {
  readonly line: Line;
  /** The further lines of multi-line definitions, to be read after this one in this order. */
  readonly following: readonly Following[];
  readonly replaced: number;
  /** The name that seems to contain itself. */
  readonly endless: string | null;
}

/** `$NAME=text`, with what follows the sign. */
export function definitionAt(text: string, at: number): { name: string; value: string } | null {
  DEFINITION.lastIndex = at;
  const [whole, name] = DEFINITION.exec(text) ?? [];
  return whole === undefined || name === undefined ? null : { name, value: text.slice(at + whole.length) };
}
const DEFINITION = /\$([A-Za-z_]\w*)=[ \t]*/y;

/**
 * Replaces the references of a line from left to right, and those in what came in. Like keepalived 2.2.7, leaves a
 * name without braces alone unless a blank, `,`, `)` or the end follows, a multi-line one unless it ends the line, and
 * all that follows a value which begins with `~`.
 */
export function expand(line: Line, at: number, alreadyReplaced: number, scope: Scope): Expansion {
  let current = line;
  let following: readonly Following[] = [];
  let replaced = alreadyReplaced;
  let endless: string | null = null;
  let i = line.text.indexOf('$', at);
  while (i !== -1) {
    const found = referenceAt(current, i, scope);
    if (found === null) {
      i = current.text.indexOf('$', i + 1);
      continue;
    }
    const place = spanOf(current, i, found.end);
    const [first = '', ...rest] = found.lines;
    if (replaced >= MOST_REPLACEMENTS) {
      const message = `a line has at most ${MOST_REPLACEMENTS} variables; does this one contain itself?`;
      scope.report(place, mistake('too_deep', message));
      endless = found.name;
      break;
    }
    if (current.text.length + first.length > LONGEST_LINE) {
      const message = `a line with variables has at most ${LONGEST_LINE} characters`;
      scope.report(place, mistake('too_large', message));
      break;
    }
    replaced++;
    current = replaceIn(current, i, found.end, first);
    if (rest.length > 0) following = [{ name: found.name, lines: rest, at: place }, ...following];
    if (/^[ \t]*~/.test(first)) break;
    i = current.text.indexOf('$', i);
  }
  return { line: current, following, replaced, endless };
}

/** A blank ends a built-in's name and begins its parameters. */
const REFERENCE = /\$(?:\{([A-Za-z_]\w*)(?: ([^{}$]*))?\}|([A-Za-z_]\w*)(?=[ \t,)]|$))/y;

function referenceAt(
  line: Line,
  at: number,
  scope: Scope,
): { name: string; lines: readonly string[]; end: number } | null {
  REFERENCE.lastIndex = at;
  const found = REFERENCE.exec(line.text);
  if (found === null) return null;
  const [whole, braced, parameters, bare] = found;
  const name = braced ?? bare ?? '';
  const end = at + whole.length;
  const definition = parameters === undefined ? scope.definitions.get(name) : undefined;
  if (definition === undefined) {
    const value = builtIn(name, parameters?.trim().split(/ +/) ?? [], line.file, scope);
    return value === null ? null : { name, lines: [value], end };
  }
  return definition.isMultiline && end < line.text.length ? null : { name, lines: definition.lines, end };
}

const BUILT_INS = ['_PWD', '_INSTANCE', '_RANDOM', '_ENV', '_HASH', '_BANG'];
const LARGEST_RANDOM = 32_767;

function builtIn(name: string, parameters: readonly string[], file: string, scope: Scope): string | null {
  const [first = '', second = ''] = parameters;
  switch (name) {
    case '_PWD':
      return directoryOf(file);
    case '_INSTANCE':
      return scope.id;
    case '_HASH':
      return '#';
    case '_BANG':
      return '!';
    case '_ENV':
      return scope.context.env(first) ?? null;
    case '_RANDOM': {
      if (!parameters.every((number) => /^\d{1,9}$/.test(number)) || parameters.length > 2) return null;
      const least = Number(first);
      const most = second === '' ? LARGEST_RANDOM : Number(second);
      return String(least + Math.floor(scope.context.random() * Math.max(1, most - least + 1)));
    }
    default:
      return null;
  }
}

/** Without a slash at its end; `.` for a name without one. */
export function directoryOf(file: string): string {
  const slash = file.lastIndexOf('/');
  return slash === -1 ? '.' : slash === 0 ? '/' : file.slice(0, slash);
}

/** A reader who mistyped one name is helped; a hundred of them are a text of another kind. */
const MOST_SUGGESTIONS = 100;

/** Reports, once per name, what looks like a reference in a word and is none. */
export function reportUndefined(words: readonly Word[], reported: Set<string>, scope: Scope): void {
  for (const word of words) {
    if (!word.text.includes('$')) continue;
    const isSecret = isSecretive(words[0]?.text ?? '') && word !== words[0];
    for (const found of word.text.matchAll(/\$(?:\{([A-Za-z_]\w*)[^{}$]*\}|([A-Za-z_]\w*))/g)) {
      const [whole, braced, bare] = found;
      const name = braced ?? bare ?? '';
      const isKnown = scope.definitions.has(name);
      if (reported.has(name) || (isSecret && whole !== word.text && !isKnown)) continue;
      const after = word.text[found.index + whole.length] ?? ' ';
      if (isKnown ? bare === undefined : bare !== undefined && !/[ \t,)]/.test(after)) continue;
      reported.add(name);
      scope.report(
        word,
        isKnown
          ? misplaced(name, scope)
          : unknown(isSecret ? 'this variable' : whole, name, scope, reported.size),
      );
    }
  }
}

function misplaced(name: string, scope: Scope) {
  if (scope.definitions.get(name)?.isMultiline === true) {
    return warning(
      'undefined_variable',
      `$${name} has several lines and is replaced only at the end of a line`,
    );
  }
  const message = `$${name} is replaced only before a blank, a comma or the end of the line`;
  return warning('undefined_variable', message, { suggestion: `\${${name}}` });
}

function unknown(what: string, name: string, scope: Scope, count: number) {
  const names = count > MOST_SUGGESTIONS ? [] : [...scope.definitions.keys(), ...BUILT_INS];
  const near = nearest(name, names.slice(-1000));
  const suggestion = near === null ? null : `\${${near}}`;
  return warning('undefined_variable', `${what} is not defined and stays as it is`, { suggestion });
}
