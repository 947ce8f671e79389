import { mistake, type Problem, warning } from '../diagnostic.ts';
import type { ReadContext } from '../files.ts';
import { Blocks } from './blocks.ts';
import { conditionAt } from './conditional.ts';
import { filesOf, includeAt } from './include.ts';
import { isBlank, type Line, lineFor, linesOf, restOf, spanOf } from './lines.ts';
import { sequenceAt } from './sequence.ts';
import type { FileReport, FileSpan, Statement } from './statement.ts';
import {
  type Definition,
  definitionAt,
  expand,
  type Following,
  reportUndefined,
  type Scope,
} from './variables.ts';
import { readSegment, sameTexts } from './words.ts';

/** Of all files together; 100,000 lines have some 3 million. */
const MOST_CHARACTERS = 8 * 1024 * 1024;
const MOST_FILES = 10_000;
/** With those that variables and `~SEQ` make: some 50,000 VRRP instances of a `~SEQ`. */
const MOST_LINES = 1_000_000;
const MOST_WORDS = 2_000_000;
const MOST_REPLACEMENTS = 2_000_000;
/** Of lines with variables: each replacement costs a part of its line. */
const MOST_COPIED = 64 * 1024 * 1024;
/** Of files within files, and of variables and sequences within each other. */
const MOST_LEVELS = 32;
/** Whoever has more reads the wrong file. */
const MOST_PROBLEMS = 10_000;

export interface ParsedFile {
  readonly statements: readonly Statement[];
  /** The text of each file that was read, by the name that spans have for it. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Reads a keepalived.conf and what it includes, as keepalived 2.2.7 does: conditions, definitions, sequences and
 * variables are resolved; blocks are at most 100 deep. Total: what is wrong is reported, at most once per place, and
 * reading goes on behind it. It ends early, with an error, where the text means more than the limits above.
 */
export function parseKeepalived(file: string, context: ReadContext, report: FileReport): ParsedFile {
  const reader = new Reader(context, report);
  return reader.read(file);
}

/** A definition whose lines are still being read. */
interface OpenDefinition {
  readonly name: string;
  readonly at: FileSpan;
  readonly lines: string[];
}

class Reader {
  readonly #context: ReadContext;
  readonly #report: FileReport;
  readonly #scope: Scope;
  readonly #definitions = new Map<string, Definition>();
  readonly #sources = new Map<string, string>();
  readonly #blocks: Blocks;
  readonly #openFiles: string[] = [];
  readonly #undefined = new Set<string>();
  readonly #same = sameTexts();
  #definition: OpenDefinition | null = null;
  #filesLeft = MOST_FILES;
  #charactersLeft = MOST_CHARACTERS;
  #linesLeft = MOST_LINES;
  #wordsLeft = MOST_WORDS;
  #replacementsLeft = MOST_REPLACEMENTS;
  #copiedLeft = MOST_COPIED;
  #problemsLeft = MOST_PROBLEMS;
  #isSpent = false;

  constructor(context: ReadContext, report: FileReport) {
    const said = new Set<string>();
    const once = (at: FileSpan, problem: Problem): void => {
      const key = `${problem.code} ${at.start} ${at.file}`;
      if (said.has(key) || this.#isSpent) return;
      said.add(key);
      report(at, problem);
      if (--this.#problemsLeft === 0) this.#stop(at, `reading ends here, after ${MOST_PROBLEMS} mistakes`);
    };
    this.#context = context;
    this.#report = report;
    const id = context.configId ?? context.hostname.replace(/\..*/s, '');
    this.#scope = { definitions: this.#definitions, context, id, report: once };
    this.#blocks = new Blocks(once);
  }

  read(file: string): ParsedFile {
    this.#readFile(file, { file, start: 0, end: 0 }, true);
    if (!this.#isSpent) this.#blocks.reportOpen();
    return { statements: this.#blocks.statements, sources: this.#sources };
  }

  #readFile(file: string, at: FileSpan, isError: boolean): void {
    if (this.#openFiles.includes(file)) {
      this.#scope.report(at, mistake('too_deep', `${file} includes itself`));
      return;
    }
    if (this.#openFiles.length >= MOST_LEVELS) {
      this.#scope.report(at, mistake('too_deep', `files include each other at most ${MOST_LEVELS} deep`));
      return;
    }
    if (this.#filesLeft-- === 0) this.#stop(at, `a configuration has at most ${MOST_FILES} files`);
    const text = this.#textOf(file);
    if (typeof text !== 'string') {
      const say = isError ? mistake : warning;
      this.#scope.report(at, say('unreadable', `cannot read ${file}: ${text.because}`));
      return;
    }
    this.#charactersLeft -= text.length;
    if (this.#charactersLeft < 0) this.#stop(at, `a configuration has at most ${MOST_CHARACTERS} characters`);
    this.#openFiles.push(file);
    for (const line of linesOf(file, text)) {
      this.#readLine(line, 0);
      if (this.#isSpent) break;
    }
    this.#openFiles.pop();
    if (this.#definition !== null) {
      const message = `the definition of ${this.#definition.name} goes on behind the end of the file`;
      this.#scope.report(this.#definition.at, warning('bad_definition', message));
      this.#endDefinition(this.#definition);
    }
  }

  #textOf(file: string): string | { because: string } {
    const known = this.#sources.get(file);
    if (known !== undefined) return known;
    const read = this.#context.files.read(file);
    if (!read.ok) return { because: read.error };
    this.#sources.set(file, read.value);
    return read.value;
  }

  #readLine(line: Line, level: number): void {
    if (!this.#mayRead(line)) return;
    if (this.#definition !== null) {
      this.#continueDefinition(this.#definition, line.text);
      return;
    }
    let current = line;
    let following: readonly Following[] = [];
    let replaced = 0;
    let at: number | null = 0;
    for (;;) {
      at = this.#readDirectives(current, at, level);
      if (at === null || current.text[at] === '~' || !current.text.includes('$', at)) break;
      const expansion = expand(current, at, replaced, this.#scope);
      if (expansion.endless !== null) this.#forget(expansion.endless);
      if (expansion.replaced === replaced) break;
      if (!this.#mayReplace(expansion.line, expansion.replaced - replaced)) return;
      ({ line: current, replaced } = expansion);
      following = [...expansion.following, ...following];
      if (!/[@$~]/.test(current.text[at] ?? '')) break;
    }
    if (at !== null) this.#readStatements(current, at, level);
    for (const { name, lines, at: place } of following) {
      if (!this.#mayGoDeeper(line, level)) {
        this.#forget(name);
        return;
      }
      for (const text of lines) this.#readLine(lineFor(text, place), level + 1);
    }
  }

  /** What contains itself would multiply until a limit ends the reading. */
  #forget(name: string): void {
    this.#definitions.delete(name);
    this.#undefined.add(name);
  }

  /** Gives the offset of what is left of the line, or null for nothing. */
  #readDirectives(line: Line, from: number, level: number): number | null {
    const { text } = line;
    let at = from;
    while (at < text.length && isBlank(text.charCodeAt(at))) at++;
    const condition = text[at] === '@' ? conditionAt(text, at, this.#scope.id) : null;
    if (condition !== null) {
      if (!condition.holds) return null;
      at = condition.next;
    }
    if (text[at] === '$') {
      const definition = definitionAt(text, at);
      if (definition !== null) {
        this.#define(definition.name, definition.value, spanOf(line, at, text.length));
        return null;
      }
      this.#reportLikeDefinition(line, at);
    }
    const sequence =
      text[at] === '~'
        ? sequenceAt(text, at, (part) => this.#expandText(part, spanOf(line, at, text.length)))
        : null;
    if (sequence === null) return at;
    if (!sequence.ok) {
      const message = `this sequence cannot be read: ${sequence.because}`;
      this.#scope.report(spanOf(line, at, text.length), mistake('bad_definition', message));
    } else if (!this.#mayGoDeeper(line, level)) {
      this.#isSpent = true;
    } else {
      const rest = restOf(line, sequence.next);
      for (const assignment of sequence.rounds) {
        for (const [name, value] of assignment)
          this.#definitions.set(name, { lines: [value], isMultiline: false });
        if (!this.#mayReplace(rest, 1)) break;
        this.#readLine(rest, level + 1);
      }
    }
    return null;
  }

  #expandText(text: string, at: FileSpan): string {
    return expand(lineFor(text, at), 0, 0, this.#scope).line.text;
  }

  /** What stands between and behind braces is read as if it were a line of its own, but its variables are known. */
  #readStatements(line: Line, from: number, level: number): void {
    let at: number | null = from;
    while (at !== null && at < line.text.length && !this.#isSpent) {
      const include = line.text.startsWith('include', at) ? includeAt(line.text, at) : null;
      if (include !== null) {
        this.#include(include, spanOf(line, include.from, include.from + include.name.length));
        return;
      }
      const { words, brace, next } = readSegment(line, at, this.#same, this.#scope.report);
      this.#wordsLeft -= words.length + 1;
      if (this.#wordsLeft < 0)
        this.#stop(spanOf(line, at, next), `a configuration has at most ${MOST_WORDS} words`);
      if (words.length > 0) this.#blocks.add(words);
      reportUndefined(words, this.#undefined, this.#scope);
      if (brace === null) {
        this.#reportContinued(line);
        return;
      }
      if (brace.sign === '{') this.#blocks.open(brace.at);
      else this.#blocks.close(brace.at);
      at = this.#readDirectives(line, next, level);
    }
  }

  #include({ name, strictness }: NonNullable<ReturnType<typeof includeAt>>, at: FileSpan): void {
    const { files, problems, mustRead } = filesOf(name, strictness, at.file, this.#context);
    for (const problem of problems) this.#scope.report(at, problem);
    for (const file of files) this.#readFile(file, at, mustRead);
  }

  #define(name: string, value: string, at: FileSpan): void {
    if (value.endsWith('\\')) {
      const first = value.slice(0, -1).trimEnd();
      this.#definition = { name, at, lines: first === '' ? [] : [first] };
    } else this.#definitions.set(name, { lines: [value], isMultiline: false });
  }

  #continueDefinition(definition: OpenDefinition, text: string): void {
    const goesOn = text.endsWith('\\');
    const value = goesOn ? text.slice(0, -1).trimEnd() : text;
    if (value !== '') definition.lines.push(value);
    if (!goesOn) this.#endDefinition(definition);
  }

  #endDefinition({ name, lines }: OpenDefinition): void {
    this.#definitions.set(name, { lines, isMultiline: lines.length > 0 });
    this.#definition = null;
  }

  #reportLikeDefinition(line: Line, at: number): void {
    const found = /^\$[^\s={}"$]*[ \t]*=/.exec(line.text.slice(at, at + 100));
    if (found === null) return;
    const message = 'a definition is written $NAME=text, without a blank before the =';
    this.#scope.report(spanOf(line, at, at + found[0].length), warning('bad_definition', message));
  }

  #reportContinued(line: Line): void {
    if (!line.text.endsWith('\\')) return;
    const message = 'only a definition $NAME=… goes on in the next line; here the \\ is a part of the word';
    this.#scope.report(
      spanOf(line, line.text.length - 1, line.text.length),
      warning('bad_definition', message),
    );
  }

  #mayGoDeeper(line: Line, level: number): boolean {
    if (level < MOST_LEVELS) return true;
    const message = `variables and sequences contain each other at most ${MOST_LEVELS} deep`;
    this.#scope.report(wholeOf(line), mistake('too_deep', message));
    return false;
  }

  #mayRead(line: Line): boolean {
    if (this.#linesLeft-- <= 0) this.#stop(wholeOf(line), `a configuration has at most ${MOST_LINES} lines`);
    return !this.#isSpent;
  }

  #mayReplace(line: Line, times: number): boolean {
    this.#replacementsLeft -= times;
    this.#copiedLeft -= Math.ceil((line.text.length * (16 + times)) / 16);
    if (this.#replacementsLeft < 0 || this.#copiedLeft < 0) {
      this.#stop(wholeOf(line), 'the variables of this configuration stand for too much text');
    }
    return !this.#isSpent;
  }

  /** Nothing is read and nothing reported after this. */
  #stop(at: FileSpan, message: string): void {
    if (this.#isSpent) return;
    this.#isSpent = true;
    this.#report(at, mistake('too_large', message));
  }
}

const wholeOf = (line: Line): FileSpan => spanOf(line, 0, line.text.length);
