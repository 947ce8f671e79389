/**
 * What one place of a pattern accepts. A unit is a byte, or a code point where the pattern has the flag `u`; the ranges
 * are inclusive.
 */
export interface UnitSet {
  readonly ranges: readonly Range[];
  readonly isNegated: boolean;
  /** Without `u` only ASCII has a case: which letter a higher byte is part of is not known. */
  readonly ignoresCase: 'no' | 'ascii' | 'unicode';
}

export type Range = readonly [from: number, to: number];

export const LINE_FEED = 0x0a;
export const LAST_CODE_POINT = 0x10ffff;

const DIGIT: Range = [0x30, 0x39];
const UPPER: Range = [0x41, 0x5a];
const LOWER: Range = [0x61, 0x7a];
const SPACE: readonly Range[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
];
export const WORD: readonly Range[] = [DIGIT, UPPER, [0x5f, 0x5f], LOWER];

/** `\d`, `\w` and `\s`: ASCII, with or without the flag `u`, as in PCRE. */
export const ESCAPED: Readonly<Record<string, readonly Range[]>> = { d: [DIGIT], w: WORD, s: SPACE };

/** The names in `[[:name:]]`, ASCII only (POSIX.1-2017 §9.3.5 in the C locale). */
export const POSIX: Readonly<Record<string, readonly Range[]>> = {
  alnum: [DIGIT, UPPER, LOWER],
  alpha: [UPPER, LOWER],
  blank: [
    [0x09, 0x09],
    [0x20, 0x20],
  ],
  cntrl: [
    [0x00, 0x1f],
    [0x7f, 0x7f],
  ],
  digit: [DIGIT],
  graph: [[0x21, 0x7e]],
  lower: [LOWER],
  print: [[0x20, 0x7e]],
  punct: [
    [0x21, 0x2f],
    [0x3a, 0x40],
    [0x5b, 0x60],
    [0x7b, 0x7e],
  ],
  space: SPACE,
  upper: [UPPER],
  word: WORD,
  xdigit: [DIGIT, [0x41, 0x46], [0x61, 0x66]],
};

/** Everything that is in none of `ranges`, up to the last code point. */
export function complement(ranges: readonly Range[]): readonly Range[] {
  const sorted = [...ranges].sort(([a], [b]) => a - b);
  const gaps: Range[] = [];
  let next = 0;
  for (const [from, to] of sorted) {
    if (from > next) gaps.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  if (next <= LAST_CODE_POINT) gaps.push([next, LAST_CODE_POINT]);
  return gaps;
}

export function accepts(set: UnitSet, unit: number): boolean {
  const isIn =
    within(set.ranges, unit) ||
    (set.ignoresCase !== 'no' && otherCases(unit, set.ignoresCase).some((one) => within(set.ranges, one)));
  return isIn !== set.isNegated;
}

export const within = (ranges: readonly Range[], unit: number): boolean =>
  ranges.some(([from, to]) => from <= unit && unit <= to);

function otherCases(unit: number, alphabet: 'ascii' | 'unicode'): readonly number[] {
  if (unit < 0x80) return within([UPPER, LOWER], unit) ? [unit ^ 0x20] : [];
  if (alphabet === 'ascii') return [];
  const text = String.fromCodePoint(unit);
  return [text.toLowerCase(), text.toUpperCase()].flatMap((other) => {
    const point = other.codePointAt(0) ?? unit;
    return String.fromCodePoint(point) === other ? [point] : [];
  });
}
