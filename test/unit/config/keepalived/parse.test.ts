import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from './parse-text.ts';

/** What keepalived 2.2.7 makes of these was seen with `keepalived -t` and words that it does not know. */
const READ: readonly (readonly [what: string, text: string, read: string])[] = [
  ['white space of every kind', 'a\tb \v c\f\r\n  d', 'a b c; d;'],
  ['comments', '! x\na b # c "d\ne!f#g\n#\n', 'a b; e;'],
  ['a comment glued to a brace', 'a {#b\nc\n}', 'a {c;}'],
  ['signs of comments in quotes and escaped', 'a "b # !c" d\\#e\\!f', 'a "b # !c" d#e!f;'],
  ['a byte order mark and lines that end in CR LF', '\ufeffa b\r\nc {\r\n}\r\n', 'a b; c {}'],
  ['a lone CR as a blank', 'a\rb', 'a b;'],
  [
    'a NUL and characters beyond ASCII as any other',
    'ü\u0000 "日本" 🦀\u00a0x',
    'ü\u0000 日本 🦀\u00a0x;'.replace('🦀\u00a0x', '"🦀\u00a0x"'),
  ],
  ['braces glued to words', 'a{b}c{d e}', 'a {b;} c {d e;}'],
  ['a block on a line', 'v { 10.0.0.1 10.0.0.2 } a { b PASS c 1}', 'v {10.0.0.1 10.0.0.2;} a {b PASS c 1;}'],
  ['a brace on a later line', 'a b\n\n# c\n{\nd }', 'a b {d;}'],
  ['statements that end at a line or a brace', 'a { b c\nd e } f\ng', 'a {b c; d e;} f; g;'],
  ['braces in quotes', 'a "b } {" { c "{" d }', 'a "b } {" {c "{" d;}'],
  ['quotes as words of their own', 'a"b c"d "e"f', 'a "b c" d e f;'],
  ['only the escape of the quotation mark', 'a "b\\"c\\n\\\\" d\\e', 'a "b\\"c\\\\n\\\\\\\\" d\\e;'],
  ["no meaning in '", "a 'b c'", "a 'b c';"],
  [
    'both quotes, adjacency and escapes in scripts',
    `script '/x y' a"b 'c"d 'it"s' \\x41\\101\\t\\cA\\E\\"\\q`,
    `script "/x y" "ab 'cd" "it\\"s" "AA\\t\\u0001\\u001b\\"q";`,
  ],
  ['braces in the quotes of scripts', `notify_master "x {" '}'`, 'notify_master "x {" "}";'],
  ['an empty string', 'a ""', 'a "";'],
];

for (const [what, text, expected] of READ) {
  test(`parseKeepalived reads ${what}`, () => {
    const { text: read, said } = parse(text);
    assert.deepEqual([read, said], [expected, []]);
  });
}

test('parseKeepalived places words in the file, whatever was cut out before them', () => {
  const text = '\ufeff  a\\#b "c d"\r\n  {e}';
  const [statement] = parse(text).statements;
  const words = [...(statement?.words ?? []), ...(statement?.block?.[0]?.words ?? [])];
  assert.deepEqual(
    words.map(({ start, end, quoted }) => [text.slice(start, end), quoted]),
    [
      ['a\\#b', false],
      ['"c d"', true],
      ['e', false],
    ],
  );
});

const WRONG: readonly (readonly [what: string, text: string, read: string, said: readonly string[]])[] = [
  ['a } too many', 'a {\n}}\nb', 'a {} b;', ['2:2+1 error stray_brace']],
  ['a { of nothing, with its partner', 'a { { b } c }\nd', 'a {b; c;} d;', ['1:5+1 error stray_brace']],
  ['a missing }', 'a x {\n  b {\n  c\n}\n', 'a x {b {c;}}', ['1:5+1 error missing_brace']],
  [
    'a quote without partner up to the end of its line',
    'a "b # {\nc',
    'a "b # {"; c;',
    ['1:3+1 error unclosed_quote'],
  ],
  ["a ' without partner in a script", "script 'a # b\nc", 'script a; c;', ['1:8+1 error unclosed_quote']],
  [
    'a line of // as a comment',
    '  // a {\nb { // c }\n}',
    'b {}',
    ['1:3+2 warning slash_comment', '2:5+2 warning slash_comment'],
  ],
  [
    '// behind words as a comment',
    'a 1 // b\nc 1 //d {',
    'a 1; c 1;',
    ['1:5+2 warning slash_comment', '2:5+2 warning slash_comment'],
  ],
  ['a line that goes on, which none does', 'a b \\\nc', 'a b\\; c;', ['1:5+1 warning bad_definition']],
];

for (const [what, text, expected, expectedSaid] of WRONG) {
  test(`parseKeepalived reports ${what}`, () => {
    const { text: read, said } = parse(text);
    assert.deepEqual([read, said], [expected, expectedSaid]);
  });
}

test('parseKeepalived takes no // for a comment where a path may begin with it', () => {
  assert.deepEqual(parse('url http://x/\npath //y\nscript /z a //b').said, []);
});

test('parseKeepalived names the block that has no closing brace', () => {
  assert.match(parse('vrrp_instance VI_1 {\n').problems[0]?.message ?? '', /vrrp_instance VI_1/);
});

test('parseKeepalived gives no statements when the file cannot be read', () => {
  const { statements, said } = parse('', { files: { '/etc/lbd/keepalived.conf': undefined as never } });
  assert.deepEqual([statements, said], [[], ['1:1+1 error unreadable']]);
});

test('parseKeepalived nests blocks 100 deep and says once that it goes no further', () => {
  const { said, text } = parse('a{'.repeat(150) + '}'.repeat(150));
  assert.deepEqual([said, text.split('{').length - 1], [['1:202+1 error too_deep'], 100]);
});

test('parseKeepalived stops at ten thousand mistakes', () => {
  const { problems } = parse('}\n'.repeat(20_000));
  assert.equal(problems.length, 10_001);
  assert.equal(problems.at(-1)?.code, 'too_large');
});

test('parseKeepalived takes time linear to a file: a line of a megabyte, a hundred thousand lines', () => {
  const block =
    'virtual_server 10.0.0.1 80 {\n  lb_algo rr # c\n  real_server 192.168.0.1 80 {\n    weight 1\n  }\n}\n';
  for (const text of [
    block.repeat(17_000),
    block.replace('# c', '').replaceAll('\n', ' ').repeat(17_000),
    'x'.repeat(4_000_000),
    `"${'\\\\'.repeat(2_000_000)}"`,
  ]) {
    const before = process.cpuUsage();
    assert.deepEqual(parse(text).said, []);
    // Its own processor time, which other work does not lengthen: quadratic, each of these took minutes.
    assert.ok(process.cpuUsage(before).user < 10_000_000);
  }
});
