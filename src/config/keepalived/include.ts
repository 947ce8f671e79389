import { mistake, type Problem, warning } from '../diagnostic.ts';
import type { ReadContext } from '../files.ts';
import { directoryOf } from './variables.ts';

/** What may be missing: `include` nothing is asked of; `r`eadable, `m`atch, `w`ildcard match, `b`race match, `a`ll. */
export type Strictness = '' | 'r' | 'm' | 'w' | 'b' | 'a';

/** In characters, as the kernel has it for paths. */
const LONGEST_NAME = 4096;
/** Also bounds what braces may multiply to. */
const MOST_NAMES = 1000;

/** The include at an offset of a line's text. Its name is the rest of the line, with blanks and quotation marks. */
export function includeAt(
  text: string,
  at: number,
): { strictness: Strictness; name: string; from: number } | null {
  INCLUDE.lastIndex = at;
  const found = INCLUDE.exec(text);
  if (found === null) return null;
  const from = at + found[0].length;
  const name = text.slice(from).trimEnd();
  return name === '' ? null : { strictness: (found[1] ?? '') as Strictness, name, from };
}
const INCLUDE = /include([rmwba]?)[ \t]+/y;

export interface Included {
  readonly files: readonly string[];
  readonly problems: readonly Problem[];
  /** Whether a file of these that can't be read is an error. */
  readonly mustRead: boolean;
}

/**
 * The files that a name in a file means, relative to that file's directory. What is an error is what keepalived 2.2.7
 * makes one, but that `includer` also asks for a file that does not exist.
 */
export function filesOf(
  name: string,
  strictness: Strictness,
  within: string,
  context: ReadContext,
): Included {
  const mustRead = strictness !== '' && strictness !== 'b';
  if (name.length > LONGEST_NAME) {
    return { files: [], problems: [mistake('unreadable', 'the name of the file is too long')], mustRead };
  }
  const names = expandBraces(name);
  if (names.length > MOST_NAMES) {
    return {
      files: [],
      problems: [mistake('too_large', `this means more than ${MOST_NAMES} files`)],
      mustRead,
    };
  }
  const directory = directoryOf(within);
  const files: string[] = [];
  const problems: Problem[] = [];
  for (const item of names) {
    const path =
      item.startsWith('/') || !within.includes('/') ? item : `${directory === '/' ? '' : directory}/${item}`;
    const isPattern = /[*?[]/.test(item);
    const matches = isPattern || names.length > 1 ? context.files.match(path) : [path];
    files.push(...matches);
    if (matches.length > 0) continue;
    if (names.length > 1 && (strictness === 'b' || strictness === 'a')) {
      problems.push(mistake('unreadable', `no file is named ${item}`));
    } else if (isPattern && (strictness === 'w' || strictness === 'a')) {
      problems.push(mistake('unreadable', `no file matches ${item}`));
    } else if (!isPattern) problems.push(warning('unreadable', `no file is named ${item}`));
  }
  return { files, problems, mustRead };
}

/** What csh makes of `{a,b}`: every choice, in order; at most one more than is allowed. `{}` and a lone brace stay. */
export function expandBraces(pattern: string): readonly string[] {
  for (let at = pattern.indexOf('{'); at !== -1; at = pattern.indexOf('{', at + 1)) {
    const group = groupAt(pattern, at);
    if (group === null) continue;
    const before = pattern.slice(0, at);
    const tails = expandBraces(pattern.slice(group.end));
    const all: string[] = [];
    for (const choice of group.choices.flatMap((item) => expandBraces(item).slice(0, MOST_NAMES + 1))) {
      for (const tail of tails) {
        if (all.length > MOST_NAMES) return all;
        all.push(before + choice + tail);
      }
    }
    return all;
  }
  return [pattern];
}

function groupAt(pattern: string, open: number): { choices: readonly string[]; end: number } | null {
  const choices: string[] = [];
  let depth = 0;
  let from = open + 1;
  for (let i = open; i < pattern.length; i++) {
    const sign = pattern[i];
    if (sign === '{') depth++;
    if (sign === '}') depth--;
    if (depth === 0 || (depth === 1 && sign === ',')) {
      choices.push(pattern.slice(from, i));
      from = i + 1;
    }
    if (depth === 0) return i === open + 1 ? null : { choices, end: i + 1 };
  }
  return null;
}
