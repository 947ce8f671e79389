import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchPattern, PatternSearch, parsePattern } from '../../src/base/pattern/pattern.ts';

const RUNS = 20_000;

/** A pattern as it is written here and, with the differences between PCRE and JavaScript spelled out, there. */
interface Both {
  readonly ours: string;
  readonly theirs: string;
}

const same = (text: string): Both => ({ ours: text, theirs: text });
const around = (before: string, inner: Both, after: string): Both => ({
  ours: before + inner.ours + after,
  theirs: before + inner.theirs + after,
});
const joined = (parts: readonly Both[], by: string): Both => ({
  ours: parts.map(({ ours }) => ours).join(by),
  theirs: parts.map(({ theirs }) => theirs).join(by),
});

const END = '(?![^])';
const patterns = (flags: string): fc.Arbitrary<Both> => {
  const isMultiline = flags.includes('m');
  const leaf = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom('a', 'b', 'B', '-', '_', '\\.', '\\n', ' ', 'é', '\\x41').map(same),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom('[ab]', '[^a]', '[a-cX]', '[^\\w\\n]', '[-b]', '[\\d-]', '[^\\S]').map(same),
    },
    { weight: 2, arbitrary: fc.constantFrom('.', '\\w', '\\W', '\\d', '\\s', '\\S').map(same) },
    { weight: 2, arbitrary: fc.constantFrom('\\b', '\\B', '').map(same) },
    {
      weight: 2,
      arbitrary: fc.constantFrom<Both>(
        { ours: '^', theirs: isMultiline ? '(?:(?<![^])|(?<=\\n)(?=[^]))' : '^' },
        { ours: '$', theirs: isMultiline ? '$' : `(?=\\n?${END})` },
        { ours: '\\z', theirs: END },
        { ours: '\\Z', theirs: `(?=\\n?${END})` },
        { ours: '\\A', theirs: '(?<![^])' },
      ),
    },
  );
  const quantifiers = fc.constantFrom('*', '+', '?', '*?', '+?', '??', '{2}', '{1,3}', '{0,2}?', '{2,}');
  return fc.letrec<{ node: Both }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.array(tie('node'), { minLength: 1, maxLength: 4 }).map((parts) => joined(parts, '')),
      fc
        .array(tie('node'), { minLength: 2, maxLength: 3 })
        .map((parts) => around('(?:', joined(parts, '|'), ')')),
      fc.tuple(tie('node'), quantifiers).map(([part, quantifier]) => around('(', part, `)${quantifier}`)),
    ),
  })).node;
};

const texts = fc
  .array(fc.constantFrom('a', 'b', 'B', 'A', '-', '_', '.', '\n', ' ', 'é', '7', 'X', '\t'), {
    maxLength: 12,
  })
  .map((parts) => parts.join(''));
const bytesOf = (text: string) => new TextEncoder().encode(text);

const cases = fc
  .constantFrom('u', 'iu', 'mu', 'su', 'imsu')
  .chain((flags) => fc.tuple(fc.constant(flags), patterns(flags), texts, fc.nat(20)));

test(`matchPattern answers as RegExp does, for ${RUNS} patterns, and the same for a text in pieces`, () => {
  let matched = 0;
  fc.assert(
    fc.property(cases, ([flags, { ours, theirs }, text, cut]) => {
      const pattern = parsePattern(ours, flags);
      assert.ok(pattern.ok, `${ours}: ${pattern.ok ? '' : pattern.error}`);
      const expected = new RegExp(theirs, flags).test(text);
      if (expected) matched++;
      const bytes = bytesOf(text);
      assert.equal(
        matchPattern(pattern.value, bytes),
        expected,
        `/${ours}/${flags} on ${JSON.stringify(text)}`,
      );
      const search = new PatternSearch(pattern.value);
      for (const piece of [bytes.subarray(0, cut), bytes.subarray(cut)]) search.receive(piece);
      if (search.hasMatched !== null) assert.equal(search.hasMatched, expected);
      assert.equal(search.end(), expected);
    }),
    { numRuns: RUNS },
  );
  assert.ok(matched > RUNS / 10 && matched < RUNS * 0.95, `${matched} matched`);
});

test('matchPattern finds a match only where it may begin', () => {
  const window = fc.tuple(fc.nat(8), fc.nat(8));
  const ascii = texts.map((text) => text.replaceAll('é', 'e'));
  fc.assert(
    fc.property(patterns(''), ascii, window, ({ ours, theirs }, text, [from, to]) => {
      fc.pre(!ours.includes('é'));
      const pattern = parsePattern(ours, '');
      assert.ok(pattern.ok);
      const sticky = new RegExp(theirs, 'y');
      let expected = false;
      for (let at = from; at <= Math.min(to, text.length); at++) {
        sticky.lastIndex = at;
        expected ||= sticky.test(text);
      }
      assert.equal(matchPattern(pattern.value, bytesOf(text), from, to), expected);
    }),
    { numRuns: RUNS / 4 },
  );
});

test(`parsePattern reads or refuses ${RUNS} random texts, and what it reads can be matched`, () => {
  const pieces = fc.constantFrom(
    ...'()[]{}?*+|^$.\\-,:=!<>aZ09]é\n',
    '(?',
    '(?i)',
    '\\x',
    '{2,',
    '[[:alpha:]]',
    '\\b',
  );
  const random = fc.array(pieces, { maxLength: 20 }).map((parts) => parts.join(''));
  const read = { yes: 0, no: 0 };
  fc.assert(
    fc.property(
      random,
      fc.constantFrom('', 'u', 'ims'),
      fc.uint8Array({ maxLength: 20 }),
      (text, flags, bytes) => {
        const pattern = parsePattern(text, flags);
        read[pattern.ok ? 'yes' : 'no']++;
        if (pattern.ok) assert.equal(typeof matchPattern(pattern.value, bytes), 'boolean');
        else assert.match(pattern.error, /^\S.*\)$|too large/s);
      },
    ),
    { numRuns: RUNS },
  );
  assert.ok(read.yes > 1000 && read.no > 1000, JSON.stringify(read));
});
