/** The variables to set for a repetition. */
export type Assignment = readonly (readonly [name: string, value: string])[];

export type Sequence =
  | { readonly ok: true; readonly rounds: Iterable<Assignment>; readonly next: number }
  | { readonly ok: false; readonly because: string };

const NAME = /^[A-Za-z_]\w*$/;

/**
 * The `~SEQ(…)`, `~SEQx(…)` or `~LST(…)` at an offset of a line's text: with which variables the text from `next` on
 * is to be read, in order. `expand` replaces the variables in the numbers of a sequence. Null if there is none.
 */
export function sequenceAt(text: string, at: number, expand: (part: string) => string): Sequence | null {
  START.lastIndex = at;
  const found = START.exec(text);
  if (found === null) return null;
  const [whole, kind] = found;
  const from = at + whole.length;
  if (kind === 'LST') return listAt(text, from);
  const end = text.indexOf(')', from);
  if (end === -1) return bad('the closing ) is missing');
  const [name = '', ...numbers] = text.slice(from, end).split(',');
  if (!NAME.test(name.trim())) return bad('it begins with the name of a variable');
  const range = rangeOf(expand(numbers.join(',')).split(',').map(integer));
  if (typeof range === 'string') return bad(range);
  if (kind === 'SEQx' && (range.first < 0 || range.last < 0)) return bad('~SEQx is for positive numbers');
  return {
    ok: true,
    rounds: count(name.trim(), range, kind === 'SEQx' ? 16 : 10),
    next: afterBlanks(text, end + 1),
  };
}
const START = /~(SEQx?|LST)[ \t]*\(/y;

const bad = (because: string): Sequence => ({ ok: false, because });

interface Range {
  readonly first: number;
  readonly step: number;
  readonly last: number;
}

/** keepalived 2.2.7: a single number counts from 1, or from -1 where it is negative; 0 counts 1, 0. */
function rangeOf(numbers: readonly (number | null)[]): Range | string {
  const known = numbers.filter((number) => number !== null);
  if (known.length !== numbers.length) return 'its bounds and its step are whole numbers';
  const [one = 0, two = 0, three = 0] = known;
  if (known.length === 1) return { first: one < 0 ? -1 : 1, step: one < 1 ? -1 : 1, last: one };
  if (known.length === 2) return { first: one, step: one <= two ? 1 : -1, last: two };
  if (known.length !== 3) return 'it has a name and up to three numbers: (NAME, [start, [step,]] end)';
  const leadsThere = two !== 0 && (three === one || three > one === two > 0);
  return leadsThere
    ? { first: one, step: two, last: three }
    : 'its step does not lead from the start to the end';
}

/** C's notation: 0x1f, 017, -5. */
function integer(text: string): number | null {
  const found = /^([+-]?)(0x[0-9a-f]{1,12}|0[0-7]{0,15}|[1-9]\d{0,14})$/i.exec(text.trim());
  if (found === null) return null;
  const [, sign, digits = ''] = found;
  const base = /^0x/i.test(digits) ? 16 : digits.startsWith('0') ? 8 : 10;
  const value = Number.parseInt(digits.replace(/^0x/i, ''), base);
  return sign === '-' ? -value : value;
}

function* count(name: string, { first, step, last }: Range, base: number): Generator<Assignment> {
  for (let number = first; step > 0 ? number <= last : number >= last; number += step) {
    yield [[name, number.toString(base)]];
  }
}

const MOST_VALUES = 100_000;
const TUPLE = /[ \t]*(?:\{([^{}]*)\}|([^ \t,(){}"]*))[ \t]*([,)])/y;

function listAt(text: string, from: number): Sequence {
  const tuples: string[][] = [];
  let at = from;
  for (;;) {
    TUPLE.lastIndex = at;
    const found = TUPLE.exec(text);
    if (found === null) return bad('it is written ~LST(NAME, value, …) or ~LST({NAME, …}, {value, …}, …)');
    const [whole, several, single, sign] = found;
    tuples.push((several ?? single ?? '').split(',').map((value) => value.trim()));
    at += whole.length;
    if (sign === ')') break;
    if (tuples.length > MOST_VALUES) return bad(`it has more than ${MOST_VALUES} values`);
  }
  const [names = [], ...rounds] = tuples;
  if (!names.every((name) => NAME.test(name))) return bad('it begins with the names of variables');
  if (rounds.length === 0) return bad('it has no values');
  if (rounds.some((values) => values.length > names.length)) return bad('it has more values than names');
  const assignments = rounds.map((values) => names.map((name, i) => [name, values[i] ?? ''] as const));
  return { ok: true, rounds: assignments, next: afterBlanks(text, at) };
}

function afterBlanks(text: string, at: number): number {
  let next = at;
  while (text[next] === ' ' || text[next] === '\t') next++;
  return next;
}
