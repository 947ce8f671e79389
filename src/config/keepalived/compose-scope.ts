import { mistake, warning } from '../diagnostic.ts';
import type { RouteNames } from '../routes/names.ts';
import { Mark } from './compose-marks.ts';
import type { Notes, Owner } from './compose-notes.ts';
import { sayUnknown } from './compose-unknown.ts';
import { rowOf } from './keywords/index.ts';
import type { Block, Row } from './keywords/row.ts';
import type { Statement, Word } from './statement.ts';

/** The block that is being read. */
export interface Scope {
  readonly notes: Notes;
  readonly block: Block;
  /** The keywords that lead here, with the names of their blocks; empty for the file. */
  readonly path: string;
  readonly of: Owner;
  readonly routeNames: RouteNames;
}

/** Reads a keyword that is applied. */
export type Reader<Target> = (statement: Statement, target: Target, scope: Scope) => void;
export type Readers<Target> = Readonly<Record<string, Reader<Target>>>;

const LONGEST_NAME = 80;

/** What a block of lines counts as: they have no keywords. */
const LINES: Block = { rows: {}, isNamed: false, isSecret: false };

export function pathTo(scope: Scope, keyword: string): string {
  if (scope.block === LINES) return scope.path;
  return scope.path === '' ? keyword : `${scope.path} > ${keyword}`;
}

/** A block within another one. A file has many, and what leads to them is asked of few: it is put together then. */
class Within implements Scope {
  readonly notes: Notes;
  readonly block: Block;
  readonly of: Owner;
  readonly routeNames: RouteNames;
  private readonly around: Scope;
  private readonly words: Statement['words'];
  private readonly isNamed: boolean;

  constructor(around: Scope, { words }: Statement, block: Block, of: Owner, isNamed: boolean) {
    this.notes = around.notes;
    this.block = block;
    this.of = of;
    this.routeNames = around.routeNames;
    this.around = around;
    this.words = words;
    this.isNamed = isNamed;
  }

  get path(): string {
    const shown = this.isNamed ? this.words.map(({ text }) => text).join(' ') : this.words[0].text;
    return pathTo(this.around, shown.slice(0, LONGEST_NAME));
  }
}

/** The scope of the block of a statement. */
export const enter = (scope: Scope, statement: Statement, block: Block, of: Owner = scope.of): Scope =>
  new Within(scope, statement, block, of, block.isNamed);

/** The scope of the keywords in the braces of a statement; its keyword must have some. */
export function enterKnown(scope: Scope, statement: Statement, of?: Owner): Scope {
  const keyword = statement.words[0].text;
  const inside = rowOf(scope.block, keyword)?.inside;
  if (inside === null || inside === undefined || inside === 'lines') {
    throw new Error(`${pathTo(scope, keyword)} holds no keywords`);
  }
  return enter(scope, statement, inside, of);
}

/** The scope of the lines in the braces of a statement. */
export function enterLines(scope: Scope, statement: Statement, isNamed = false): Scope {
  return new Within(scope, statement, LINES, scope.of, isNamed);
}

/** Reads the statements of a block. Every keyword that is applied must have a reader. */
export function readBlock<Target>(
  statements: readonly Statement[],
  scope: Scope,
  readers: Readers<Target>,
  target: Target,
): void {
  const seen = new Map<string, Word>();
  for (const statement of statements) {
    const keyword = statement.words[0];
    const row = rowOf(scope.block, keyword.text);
    if (row === null) skipUnknown(statement, scope);
    else if (row.treatment !== 'applied') {
      // What lbd does anyway is worth no warning.
      if (isUsual(statement, row)) leaveQuietly(statement, row, scope);
      else leaveIdle(statement, row, scope);
    } else if (mayRead(statement, row, scope, seen)) {
      const read = Object.hasOwn(readers, keyword.text) ? readers[keyword.text] : undefined;
      if (read === undefined) throw new Error(`nothing reads ${pathTo(scope, keyword.text)}`);
      read(statement, target, scope);
    }
  }
}

const isUsual = ({ words }: Statement, { usual }: Row): boolean =>
  words.length <= 2 && usual === (words[1]?.text ?? '');

/** `seen`: where each keyword that may stand in this block once was seen last. */
function mayRead(statement: Statement, row: Row, scope: Scope, seen: Map<string, Word>): boolean {
  const keyword = statement.words[0];
  if (!row.repeats) {
    const before = seen.get(keyword.text);
    if (before !== undefined) {
      const text = `"${keyword.text}" is given again below, and the last one counts`;
      scope.notes.say(before, warning('overridden', text), pathTo(scope, keyword.text));
    }
    seen.set(keyword.text, keyword);
  }
  if (row.inside === null) {
    if (statement.block !== null) saySurplusBlock(statement, scope);
    return true;
  }
  if (statement.block !== null) return true;
  const text = `"${keyword.text}" needs a block in braces`;
  scope.notes.say(keyword, mistake('missing_value', text), pathTo(scope, keyword.text));
  return false;
}

function saySurplusBlock(statement: Statement, scope: Scope): void {
  const [keyword] = statement.words;
  const text = `"${keyword.text}" has no block: what is in these braces is skipped`;
  scope.notes.say(keyword, warning('surplus_value', text), pathTo(scope, keyword.text));
  for (const inner of statement.block ?? [])
    leaveAll(inner, scope, 'unknown', 'it stands in a skipped block');
}

/** Notes a statement without effect, and says so; `what` is as much of it as tells what has none. */
export function leaveIdle(
  statement: Statement,
  row: Row,
  scope: Scope,
  what: string = statement.words[0].text,
): void {
  const [keyword] = statement.words;
  scope.notes.idle(keyword, row, `"${what}"`, pathTo(scope, keyword.text));
  leaveQuietly(statement, row, scope);
}

function leaveQuietly(statement: Statement, row: Row, scope: Scope): void {
  const { block } = statement;
  const why = row.treatment === 'here' ? 'here' : 'yet';
  const reason = row.reason ?? row.doc;
  leaveOne(statement, scope, why, reason);
  if (row.inside === null) {
    if (block !== null) saySurplusBlock(statement, scope);
  } else if (row.inside === 'lines') {
    const within = enterLines(scope, statement);
    for (const line of block ?? []) leaveAll(line, within, why, reason);
  } else {
    const within = enter(scope, statement, row.inside);
    for (const inner of block ?? []) leaveWithin(inner, within);
  }
}

function leaveWithin(statement: Statement, scope: Scope): void {
  const row = rowOf(scope.block, statement.words[0].text);
  if (row !== null) leaveQuietly(statement, row, scope);
  else skipUnknown(statement, scope);
}

function skipUnknown(statement: Statement, scope: Scope): void {
  const reason = sayUnknown(statement, scope);
  leaveAll(statement, scope, 'unknown', reason);
}

/** Notes a statement and all that is in it, for a reason of its own; nothing is said. */
export function leaveAll(
  statement: Statement,
  scope: Scope,
  why: 'here' | 'yet' | 'unknown',
  reason: string,
): void {
  leaveOne(statement, scope, why, reason);
  for (const inner of statement.block ?? []) leaveAll(inner, scope, why, reason);
}

function leaveOne(statement: Statement, scope: Scope, why: 'here' | 'yet' | 'unknown', reason: string) {
  const text = textOf(statement, scope.block);
  scope.notes.leave({ at: statement.words[0], text, of: scope.of, why, reason });
}

/** The words of a statement without what may be a password. */
function textOf({ words }: Statement, block: Block): string {
  const [keyword] = words;
  if (block.isSecret) {
    const shown = rowOf(block, keyword.text) === null ? '…' : keyword.text;
    return words.length === 1 || shown === '…' ? shown : `${shown} …`;
  }
  const secret = words.findIndex(({ text }) => /pass(word|wd|phrase)?$|secret|^key$/i.test(text));
  const shown = secret === -1 ? words : words.slice(0, secret + 1);
  const text = shown.map(quoted).join(' ');
  return shown.length === words.length ? text : `${text} …`;
}

const quoted = ({ text, quoted }: Word): string => (quoted && /\s|^$/.test(text) ? `"${text}"` : text);

/** Where a part of the configuration stands: the word that says it. */
export const markOf = (scope: Scope, { words }: Statement, word: Word = words[1] ?? words[0]): Mark =>
  new Mark(word, scope, scope.block === LINES ? '' : words[0].text);
