import { err, ok, type Result } from '../result.ts';
import { Automaton, type State } from './automaton.ts';
import { compilePattern } from './program.ts';
import { parsePatternSyntax } from './syntax.ts';
import { LINE_FEED } from './units.ts';

/**
 * A regular expression whose matching takes time linear to the text, whatever the text. It is quicker with every use, so
 * it is to be kept.
 */
export interface Pattern {
  readonly automaton: Automaton;
  readonly isUnicode: boolean;
}

const MOST_CHARACTERS = 4096;
const FLAGS = 'imsu';
/** A text in pieces of this many bytes at most is decoded at once. */
const PIECE = 65536;

/**
 * Reads a pattern in the syntax that PCRE and JavaScript share: literals, `.`, classes with `\d \w \s` and `[:name:]`,
 * `^ $ \A \z \Z \b \B`, groups, alternatives, greedy and lazy quantifiers, `(?i)` and `(?i:…)`. Flags are `i`, `m`, `s` and
 * `u` (the text is UTF-8; without it each byte is a character, and what is not ASCII in the pattern stands for its UTF-8
 * bytes). As in PCRE `$` also holds before a line feed that ends the text, and `.` accepts all but a line feed.
 * What cannot be matched in linear time is refused: references to groups, looking ahead and behind, atomic groups.
 * Total; the error is for people and says where.
 */
export function parsePattern(text: string, flags: string): Result<Pattern, string> {
  const unknown = [...flags].find((flag) => !FLAGS.includes(flag));
  if (unknown !== undefined) return err(`"${unknown}" is no flag (${[...FLAGS].join(', ')} are)`);
  if (text.length > MOST_CHARACTERS) return err(`it is longer than ${MOST_CHARACTERS} characters`);
  const node = parsePatternSyntax(text, flags);
  if (!node.ok) return node;
  const program = compilePattern(node.value);
  return program.ok
    ? ok({ automaton: new Automaton(program.value), isUnicode: flags.includes('u') })
    : program;
}

/**
 * Whether `bytes` hold a match that begins at `from` to `to`, offsets in bytes, inclusive; null for anywhere. What is in
 * front of `from` counts for `^` and `\b`.
 */
export function matchPattern(
  pattern: Pattern,
  bytes: Uint8Array,
  from: number | null = null,
  to: number | null = null,
): boolean {
  const search = new PatternSearch(pattern, from, to);
  search.receive(bytes);
  return search.end();
}

/** `matchPattern` for a text that comes in pieces. It holds none of them. */
export class PatternSearch {
  readonly #automaton: Automaton;
  readonly #decoder: InstanceType<typeof TextDecoder> | null;
  readonly #from: number;
  readonly #to: number;
  #state: State;
  #at = 0;
  /** A line feed waits for what follows it: `$` differs in front of the last one. */
  #isHolding = false;

  constructor(pattern: Pattern, from: number | null = null, to: number | null = null) {
    this.#automaton = pattern.automaton;
    this.#decoder = pattern.isUnicode ? new TextDecoder('utf-8', { ignoreBOM: true }) : null;
    this.#from = from ?? 0;
    this.#to = to ?? Number.POSITIVE_INFINITY;
    this.#state = this.#automaton.start(this.#mayBegin());
  }

  /** Null while that depends on what is still to come. */
  get hasMatched(): boolean | null {
    if (this.#state === this.#automaton.matched) return true;
    return this.#state.places.length === 0 && this.#at > this.#to ? false : null;
  }

  receive(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && this.hasMatched === null; at += PIECE) {
      const piece = bytes.subarray(at, at + PIECE);
      if (this.#decoder !== null) this.#takeText(this.#decoder.decode(piece, { stream: true }));
      else for (let i = 0; i < piece.length; i++) this.#take(piece[i] ?? 0, 1);
    }
  }

  /** The text ends here: whether there is a match. */
  end(): boolean {
    if (this.#decoder !== null) this.#takeText(this.#decoder.decode());
    if (this.#isHolding) {
      this.#at++;
      this.#isHolding = false;
      this.#state = this.#automaton.nextLast(this.#state, this.#mayBegin());
    }
    return this.#automaton.matchesAtEnd(this.#state);
  }

  #takeText(text: string): void {
    for (const character of text) {
      const point = character.codePointAt(0) ?? 0;
      this.#take(point, point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4);
    }
  }

  #take(unit: number, width: number): void {
    if (this.#isHolding) this.#step(LINE_FEED, 1);
    this.#isHolding = unit === LINE_FEED;
    if (!this.#isHolding) this.#step(unit, width);
  }

  #step(unit: number, width: number): void {
    this.#at += width;
    this.#state = this.#automaton.next(this.#state, unit, this.#mayBegin());
  }

  #mayBegin(): boolean {
    return this.#at >= this.#from && this.#at <= this.#to;
  }
}
