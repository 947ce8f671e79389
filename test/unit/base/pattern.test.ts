import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  matchPattern,
  type Pattern,
  PatternSearch,
  parsePattern,
} from '../../../src/base/pattern/pattern.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

function pattern(text: string, flags = ''): Pattern {
  const parsed = parsePattern(text, flags);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.error);
  return parsed.value;
}

const matches = (text: string, body: string, flags = '') => matchPattern(pattern(text, flags), bytes(body));

test('matchPattern reads what PCRE has and JavaScript has not', () => {
  assert.ok(matches('^OK$', 'OK\n'));
  assert.ok(!matches('^OK\\z', 'OK\n'));
  assert.ok(matches('(?i)status: up', 'Status: UP'));
  assert.ok(matches('(?i:status): up', 'STATUS: up'));
  assert.ok(!matches('(?i:status): up', 'STATUS: UP'));
  assert.ok(matches('^[[:digit:]]+[^[:space:]]$', '12x'));
  assert.ok(matches('(?P<name>a)b', 'ab'));
});

test('matchPattern takes a body as bytes without u and as UTF-8 with it', () => {
  assert.ok(matches('é', 'café'));
  assert.ok(!matches('^caf.$', 'café'));
  assert.ok(matches('^caf.$', 'café', 'u'));
  assert.ok(matches('[à-ÿ]', 'café', 'u'));
  assert.ok(matches('CAFÉ', 'café', 'iu'));
  assert.ok(matchPattern(pattern('^a.b$', 'u'), new Uint8Array([0x61, 0xff, 0x62])));
});

for (const [text, words] of [
  ['(a)\\1', 'references to groups are not supported (at character 4)'],
  ['a(?=b)', 'looking ahead or behind is not supported (at character 3)'],
  ['(?>a)', 'atomic groups are not supported (at character 2)'],
  ['a++', 'possessive quantifiers are not supported (at character 3)'],
  ['(ab', '"(" is not closed (at character 1)'],
  ['[ab', '"[" is not closed (at character 1)'],
  ['ab)', '")" closes nothing (at character 3)'],
  ['*a', '"*" repeats nothing (at character 1)'],
  ['a{3,2}', '{3,2} is out of order (at character 2)'],
  ['a{9999}', 'more than 1000 repetitions (at character 2)'],
  ['[é]', '"é" needs the flag u here (at character 3)'],
  ['(?:a{1000}){1000}', 'its repetitions make it too large'],
  ['('.repeat(500), 'groups are nested more than 100 deep (at character 101)'],
] as const) {
  test(`parsePattern refuses ${text.slice(0, 20)}`, () => {
    assert.deepEqual(parsePattern(text, ''), { ok: false, error: words });
  });
}

test('parsePattern refuses a flag that is none', () => {
  assert.deepEqual(parsePattern('a', 'gi'), { ok: false, error: '"g" is no flag (i, m, s, u are)' });
});

test('parsePattern is done with empty parts that are repeated in repetitions', () => {
  const nested = `${'('.repeat(90)}${'){1000}'.repeat(90)}`;
  assert.ok(matches(nested, ''));
});

// RegExp takes longer than the universe for the first two.
for (const [text, body] of [
  ['^(a+)+$', `${'a'.repeat(1_000_000)}!`],
  ['^(a|aa|a?)*b$', 'a'.repeat(1_000_000)],
  ['(?:x[^y]{0,300}){2}z', 'x'.repeat(50_000)],
] as const) {
  test(`matchPattern ends on ${text} and ${body.length} bytes`, () =>
    assert.equal(matches(text, body), false));
}

test('PatternSearch knows as early as it can', () => {
  const search = new PatternSearch(pattern('up'), 0, 4);
  search.receive(bytes('is u'));
  assert.equal(search.hasMatched, null);
  search.receive(bytes('p, and'));
  assert.equal(search.hasMatched, true);
  const late = new PatternSearch(pattern('up'), 0, 4);
  late.receive(bytes('it is up'));
  assert.equal(late.hasMatched, false);
  assert.equal(late.end(), false);
});
