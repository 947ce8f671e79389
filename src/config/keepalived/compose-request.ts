import { err, ok, type Result } from '../../base/result.ts';
import { mistake, type Problem, warning } from '../diagnostic.ts';
import { parseStatus, type WrittenRequest } from '../schema/checks.ts';
import { type Checking, host, type RequestFields, value } from './compose-check.ts';
import type { Mark } from './compose-marks.ts';
import { enterKnown, markOf, type Reader, type Readers, readBlock, type Scope } from './compose-scope.ts';
import { argument, readWord, sayAt, saySurplus, show, wholeNumber } from './compose-values.ts';
import type { Statement, Word } from './statement.ts';

/** A `url` of a check by HTTP as it is being read. */
interface RequestDraft {
  readonly request: RequestFields;
  readonly mark: Mark;
  pattern?: Word;
  isNegated: boolean;
}

const into =
  <Key extends keyof RequestFields>(
    key: Key & string,
    readValue: (statement: Statement, scope: Scope) => RequestFields[Key] | null,
  ): Reader<RequestDraft> =>
  (statement, { request, mark }, scope) => {
    const found = readValue(statement, scope);
    if (found !== null) request[key] = found;
    mark.inside.set(key, markOf(scope, statement));
  };

const offset = value(wholeNumber(0, 2_147_483_647));

const REQUEST_READERS: Readers<RequestDraft> = {
  path: into('path', value(pathOf)),
  digest: into('digest', value(digestOf)),
  status_code: into('status', readStatus),
  virtualhost: into('host', host),
  regex: (statement, draft, scope) => {
    const word = argument(statement, scope);
    if (word !== null) draft.pattern = word;
    for (const key of ['match', 'no_match']) draft.mark.inside.set(key, markOf(scope, statement));
  },
  regex_no_match: (statement, draft, scope) => {
    saySurplus(statement, scope, 1);
    draft.isNegated = true;
  },
  regex_options: into('match_flags', readOptions),
  regex_min_offset: into('match_from', offset),
  regex_max_offset: into('match_to', offset),
};

/** Reads a `url`; null for one that keepalived leaves out. */
export function readRequest(
  statement: Statement,
  scope: Scope,
): { readonly request: WrittenRequest; readonly mark: Mark } | null {
  saySurplus(statement, scope, 1);
  const mark = markOf(scope, statement, statement.words[0]);
  const draft: RequestDraft = { request: {}, mark, isNegated: false };
  readBlock(statement.block ?? [], enterKnown(scope, statement), REQUEST_READERS, draft);
  const { request, pattern, isNegated } = draft;
  if (!mark.inside.has('path')) {
    const text = 'a url needs a "path": it is left out, as by keepalived';
    scope.notes.say(mark.at, warning('entry_skipped', text), mark.path);
    return null;
  }
  if (pattern !== undefined) request[isNegated ? 'no_match' : 'match'] = pattern.text;
  return { request, mark };
}

function pathOf(word: Word): Result<string, Problem> {
  return /^[/*][^\s\p{Cc}]{0,4095}$/u.test(word.text)
    ? ok(word.text)
    : err(mistake('bad_value', `${show(word)} is no path: it begins with / and has no blanks`));
}

function digestOf(word: Word): Result<string, Problem> {
  return /^[0-9a-fA-F]{32}$/.test(word.text)
    ? ok(word.text)
    : err(mistake('bad_value', `${show(word)} is no MD5 digest of 32 hex digits`));
}

function readStatus(statement: Statement, scope: Scope): WrittenRequest['status'] | null {
  const [keyword, ...words] = statement.words;
  if (words.length === 0) {
    sayAt(scope, statement, keyword, mistake('missing_value', '"status_code" needs a value'));
    return null;
  }
  const ranges = words.map((word) => readWord(word, statement, scope, ({ text }) => parseStatus(text)));
  return ranges.includes(null) ? null : ranges.flatMap((range) => range?.value ?? []);
}

/** Options of PCRE2 with a flag for them, and those that change nothing of what matches. */
const FLAGS: ReadonlyMap<string, string> = new Map([
  ['caseless', 'i'],
  ['multiline', 'm'],
  ['dotall', 's'],
  ['utf', 'u'],
]);
/** What other programs call them. */
const OTHER_WORDS: ReadonlyMap<string, string> = new Map([
  ...['icase', 'ignorecase', 'ignore_case', 'nocase', 'i'].map((word) => [word, 'caseless'] as const),
  ['utf8', 'utf'],
]);
const HARMLESS =
  /^(?:no_(?:auto_capture|auto_possess|dotstar_anchor|start_optimize|utf_check)|never_(?:ucp|utf|backslash_c))$/;

function readOptions(statement: Statement, scope: Scope): string | null {
  const flags = new Set<string>();
  for (const word of statement.words.slice(1)) {
    const name = word.text.toLowerCase().replace(/^pcre2_/, '');
    const known = FLAGS.get(name);
    if (known !== undefined) flags.add(known);
    else if (!HARMLESS.test(name)) {
      const allowed = [...FLAGS.keys()];
      const suggestion = OTHER_WORDS.get(name) ?? scope.notes.suggest(name, allowed);
      const problem =
        suggestion === null
          ? mistake('not_supported', `${show(word)} would change what matches, and lbd has nothing like it`, {
              allowed,
            })
          : mistake('unknown_value', `unknown regex_options ${show(word)}`, { suggestion, allowed });
      sayAt(scope, statement, word, problem);
    }
  }
  return [...flags].join('');
}

/** Reads the `url` of a check, in the order of the file. */
export const requestReader: Reader<Checking & { readonly requests: WrittenRequest[] }> = (
  statement,
  draft,
  scope,
) => {
  const found = readRequest(statement, scope);
  if (found === null) return;
  const list = draft.checkMark.inside.get('urls') ?? draft.checkMark.with();
  draft.checkMark.inside.set('urls', list);
  list.inside.set(draft.requests.length, found.mark);
  draft.requests.push(found.request);
};
