import { err, ok, type Result } from '../result.ts';
import type { Assertion, PatternNode } from './node.ts';
import { complement, ESCAPED, LAST_CODE_POINT, LINE_FEED, POSIX, type Range } from './units.ts';

const MOST_DEPTH = 100;
const MOST_REPEATS = 1000;
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, a: 7, e: 27 };
const ASSERTED: Readonly<Record<string, Assertion>> = {
  b: 'boundary',
  B: 'inside',
  A: 'begin',
  z: 'end',
  Z: 'endish',
};

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

/** Thrown and caught in this file only. */
class Refused extends Error {}

/** Total: the error says for people what is not understood, and where. */
export function parsePatternSyntax(text: string, flags: string): Result<PatternNode, string> {
  const has = (flag: string) => flags.includes(flag);
  const parser = new Parser([...text], has('u'));
  try {
    return ok(parser.whole({ i: has('i'), m: has('m'), s: has('s') }));
  } catch (error) {
    if (error instanceof Refused) return err(error.message);
    throw error;
  }
}

class Parser {
  readonly #text: readonly string[];
  readonly #isUnicode: boolean;
  #at = 0;
  #depth = 0;

  constructor(text: readonly string[], isUnicode: boolean) {
    this.#text = text;
    this.#isUnicode = isUnicode;
  }

  whole(flags: Flags): PatternNode {
    const node = this.#alternatives(flags);
    if (this.#at < this.#text.length) this.#refuse('")" closes nothing');
    return node;
  }

  #alternatives(flags: Flags): PatternNode {
    if (++this.#depth > MOST_DEPTH) this.#refuse(`groups are nested more than ${MOST_DEPTH} deep`);
    const alternatives: PatternNode[] = [];
    let parts: PatternNode[] = [];
    for (;;) {
      const next = this.#peek();
      if (next === undefined || next === ')') break;
      if (this.#takes('|')) {
        alternatives.push({ kind: 'all', parts });
        parts = [];
        continue;
      }
      const inline = this.#inlineFlags();
      if (inline === null) parts.push(this.#repeated(this.#atom(flags)));
      else flags = changed(flags, inline);
    }
    this.#depth--;
    alternatives.push({ kind: 'all', parts });
    const [only] = alternatives;
    return alternatives.length === 1 && only !== undefined ? only : { kind: 'any', parts: alternatives };
  }

  /** `(?i)`: from here to the end of the group. */
  #inlineFlags(): string | null {
    const found = /^\(\?([ims]*(?:-[ims]+)?)\)/.exec(this.#ahead(12));
    if (found === null) return null;
    this.#at += found[0].length;
    return found[1] ?? '';
  }

  #atom(flags: Flags): PatternNode {
    const first = this.#take();
    switch (first) {
      case '(':
        return this.#group(flags);
      case '[':
        return this.#class(flags);
      case '.':
        return this.#set(flags.s ? [] : [[LINE_FEED, LINE_FEED]], flags, true);
      case '^':
        return { kind: 'assert', what: flags.m ? 'lineBegin' : 'begin' };
      case '$':
        return { kind: 'assert', what: flags.m ? 'lineEnd' : 'endish' };
      case '\\':
        return this.#escape(flags);
      case '*':
      case '+':
      case '?':
        return this.#refuse(`"${first}" repeats nothing`, 1);
      default:
        return this.#literal(first, flags);
    }
  }

  #group(flags: Flags): PatternNode {
    const opened = this.#at;
    const found = /^\?(?:([ims]*(?:-[ims]+)?):|P?<[A-Za-z_]\w*>|'[A-Za-z_]\w*')/.exec(this.#ahead(80));
    if (found !== null) this.#at += found[0].length;
    else if (this.#peek() === '?') this.#refuse(unsupportedGroup(this.#ahead(3)));
    else if (this.#peek() === '*') this.#refuse('verbs such as (*UTF8) are not supported');
    const inner = this.#alternatives(changed(flags, found?.[1] ?? ''));
    if (!this.#takes(')')) {
      this.#at = opened;
      this.#refuse('"(" is not closed', 1);
    }
    return inner;
  }

  #repeated(part: PatternNode): PatternNode {
    const bounds = this.#bounds();
    if (bounds === null) return part;
    // Whether as much or as little as possible is taken does not change whether there is a match.
    if (!this.#takes('?') && this.#peek() === '+') this.#refuse('possessive quantifiers are not supported');
    if (/^[*+?]/.test(this.#ahead(1)) || isCounted(this.#ahead(12)))
      this.#refuse(`"${this.#peek()}" repeats nothing`);
    return { kind: 'repeat', part, ...bounds };
  }

  #bounds(): { readonly least: number; readonly most: number | null } | null {
    if (this.#takes('*')) return { least: 0, most: null };
    if (this.#takes('+')) return { least: 1, most: null };
    if (this.#takes('?')) return { least: 0, most: 1 };
    const found = isCounted(this.#ahead(16));
    if (found === null) return null;
    const least = Number(found[1]);
    const most = found[2] === undefined ? least : found[3] === '' ? null : Number(found[3]);
    if (Math.max(least, most ?? 0) > MOST_REPEATS) this.#refuse(`more than ${MOST_REPEATS} repetitions`);
    if (most !== null && most < least) this.#refuse(`${found[0]} is out of order`);
    this.#at += found[0].length;
    return { least, most };
  }

  #escape(flags: Flags): PatternNode {
    const letter = this.#peek();
    const assertion = ASSERTED[letter ?? ''];
    if (assertion !== undefined) {
      this.#at++;
      return { kind: 'assert', what: assertion };
    }
    const ranges = this.#escapedRanges();
    if (ranges !== null) return this.#set(ranges, flags);
    const unit = this.#escapedUnit();
    return this.#set([[unit, unit]], flags);
  }

  #escapedRanges(): readonly Range[] | null {
    const letter = this.#peek() ?? '';
    const ranges = ESCAPED[letter.toLowerCase()];
    if (ranges === undefined) return null;
    this.#at++;
    return letter === letter.toLowerCase() ? ranges : complement(ranges);
  }

  #escapedUnit(): number {
    const letter = this.#peek();
    if (letter === undefined) return this.#refuse('"\\" escapes nothing', 1);
    const control = CONTROLS[letter];
    const hex = /^(?:x([0-9A-Fa-f]{2})|x\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4}))/.exec(this.#ahead(10));
    if (hex !== null) {
      const unit = Number.parseInt(hex[1] ?? hex[2] ?? hex[3] ?? '', 16);
      if (unit > (this.#isUnicode ? LAST_CODE_POINT : 0xff)) {
        this.#refuse(this.#isUnicode ? `\\${hex[0]} is no character` : `\\${hex[0]} needs the flag u`, 1);
      }
      this.#at += hex[0].length;
      return unit;
    }
    if (/^[1-9]|^[kg]/.test(letter)) this.#refuse('references to groups are not supported', 1);
    if (/^0[0-7]/.test(this.#ahead(2))) this.#refuse('octal escapes are not supported, \\xHH is', 1);
    if (control === undefined && /^[A-Za-z]/.test(letter)) this.#refuse(`"\\${letter}" is not supported`, 1);
    this.#at++;
    return control ?? (letter === '0' ? 0 : this.#unit(letter));
  }

  #class(flags: Flags): PatternNode {
    const opened = this.#at;
    const isNegated = this.#takes('^');
    const ranges: Range[] = [];
    for (let isFirst = true; isFirst || this.#peek() !== ']'; isFirst = false) {
      if (this.#peek() === undefined) {
        this.#at = opened;
        this.#refuse('"[" is not closed', 1);
      }
      ranges.push(...this.#classItem());
    }
    this.#at++;
    return this.#set(ranges, flags, isNegated);
  }

  #classItem(): readonly Range[] {
    const named = /^\[:(\^?)([a-z]+):\]/.exec(this.#ahead(12));
    if (named !== null) {
      const ranges = POSIX[named[2] ?? ''] ?? this.#refuse(`${named[0]} is not a known class`);
      this.#at += named[0].length;
      return named[1] === '^' ? complement(ranges) : ranges;
    }
    const from = this.#classUnit();
    if (typeof from !== 'number') return from;
    if (this.#peek() !== '-' || this.#text[this.#at + 1] === ']') return [[from, from]];
    this.#at++;
    const to = this.#classUnit();
    if (typeof to !== 'number') return this.#refuse('a class cannot end a range', 1);
    if (to < from) this.#refuse('a range is out of order', 1);
    return [[from, to]];
  }

  #classUnit(): number | readonly Range[] {
    const first = this.#take();
    if (first !== '\\') return this.#unit(first);
    if (this.#takes('b')) return 8;
    return this.#escapedRanges() ?? this.#escapedUnit();
  }

  #literal(character: string, flags: Flags): PatternNode {
    const point = character.codePointAt(0) ?? 0;
    if (this.#isUnicode || point < 0x80) return this.#set([[point, point]], flags);
    const bytes = new TextEncoder().encode(character);
    return { kind: 'all', parts: [...bytes].map((byte) => this.#set([[byte, byte]], flags)) };
  }

  #unit(character: string): number {
    const point = character.codePointAt(0) ?? 0;
    if (!this.#isUnicode && point >= 0x80) this.#refuse(`"${character}" needs the flag u here`);
    return point;
  }

  #set(ranges: readonly Range[], flags: Flags, isNegated = false): PatternNode {
    const ignoresCase = !flags.i ? 'no' : this.#isUnicode ? 'unicode' : 'ascii';
    return { kind: 'unit', set: { ranges, isNegated, ignoresCase } };
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  #take(): string {
    const next = this.#peek() ?? this.#refuse('it ends too early');
    this.#at++;
    return next;
  }

  #takes(wanted: string): boolean {
    if (this.#peek() !== wanted) return false;
    this.#at++;
    return true;
  }

  #ahead(length: number): string {
    return this.#text.slice(this.#at, this.#at + length).join('');
  }

  #refuse(what: string, back = 0): never {
    throw new Refused(`${what} (at character ${this.#at - back + 1})`);
  }
}

const isCounted = (ahead: string) => /^\{(\d{1,6})(,(\d{0,6}))?\}/.exec(ahead);

function changed(flags: Flags, change: string): Flags {
  const [on = '', off = ''] = change.split('-');
  const after = (flag: keyof Flags) => (flags[flag] || on.includes(flag)) && !off.includes(flag);
  return { i: after('i'), m: after('m'), s: after('s') };
}

function unsupportedGroup(ahead: string): string {
  if (/^\?<?[=!]/.test(ahead)) return 'looking ahead or behind is not supported';
  if (ahead.startsWith('?>')) return 'atomic groups are not supported';
  return `"(${ahead}" is not supported`;
}
