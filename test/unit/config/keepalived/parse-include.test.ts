import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expandBraces } from '../../../../src/config/keepalived/include.ts';
import { MAIN, parse } from './parse-text.ts';

const FILES = {
  '/etc/lbd/a.conf': 'a $_PWD\n',
  '/etc/lbd/d/b.conf': 'b $_PWD\ninclude c.conf\n',
  '/etc/lbd/d/c.conf': 'c\n',
  '/etc/lbd/open.conf': 'x {\ny\n',
  '/etc/lbd/self.conf': 'x\ninclude self.conf\ny',
  '/opt/z.conf': 'z',
};

/** Seen with `keepalived -t` 2.2.7: conditions and variables apply to an include, whatever its manual says. */
const READ: readonly (readonly [what: string, text: string, read: string])[] = [
  [
    'a file beside this one, and one beside that',
    'include a.conf\ninclude d/b.conf',
    'a /etc/lbd; b /etc/lbd/d; c;',
  ],
  ['a file by its whole name, with a comment behind it', 'includer /opt/z.conf # z', 'z;'],
  ['patterns', 'v {\ninclude d/*.conf\n}', 'v {b /etc/lbd/d; c; c;}'],
  ['choices', 'include {a,d/{c,c}}.conf', 'a /etc/lbd; c; c;'],
  ['a part of a block', 'include open.conf\nz\n}', 'x {y; z;}'],
  [
    'a file on a condition and by a variable',
    '@lb1 include a.conf\n@lb2 include a.conf\n$F=d/c.conf\ninclude $F',
    'a /etc/lbd; c;',
  ],
  ['a definition from another file', '$X=1\ninclude use.conf', 'x 1;'],
  ['a pattern that matches nothing', 'include *.none\nincludem *.none', ''],
];

for (const [what, text, expected] of READ) {
  test(`include reads ${what}`, () => {
    const { text: read, said } = parse(text, { files: { ...FILES, '/etc/lbd/use.conf': 'x $X' } });
    assert.deepEqual([read, said], [expected, []]);
  });
}

test('include takes quotation marks for a part of the name, as keepalived does', () => {
  assert.deepEqual(parse('include "a.conf"', { files: FILES }).said, ['1:9+8 warning unreadable']);
});

const SEVERITY: readonly (readonly [name: string, errors: string])[] = [
  ['none.conf', 'rmwa'],
  ['*.none', 'wa'],
  ['{a,none}.conf', 'ba'],
];

for (const [name, strict] of SEVERITY) {
  test(`include of ${name} is an error in its strict forms only`, () => {
    const errors = ['', ...'rmwba'].filter((form) =>
      parse(`include${form} ${name}`, { files: FILES }).said.some((said) =>
        said.includes('error unreadable'),
      ),
    );
    assert.deepEqual(
      errors,
      [...strict].sort((a, b) => 'rmwba'.indexOf(a) - 'rmwba'.indexOf(b)),
    );
  });
}

test('include places what is wrong in the file that is', () => {
  const { said, sources } = parse('include bad.conf', { files: { '/etc/lbd/bad.conf': 'x\n}' } });
  assert.deepEqual(said, ['/etc/lbd/bad.conf:2:1+1 error stray_brace']);
  assert.deepEqual([...sources.keys()], [MAIN, '/etc/lbd/bad.conf']);
});

test('include does not follow a file into itself', () => {
  const { text, said } = parse('include self.conf', { files: FILES });
  assert.deepEqual([text, said], ['x; y;', ['/etc/lbd/self.conf:2:9+9 error too_deep']]);
});

test('include goes 32 files deep', () => {
  const files = Object.fromEntries(
    Array.from({ length: 50 }, (_, i) => [`/etc/lbd/${i}`, `x${i}\ninclude ${i + 1}`]),
  );
  const { statements, said } = parse('include 0', { files });
  assert.deepEqual([statements.length, said], [31, ['/etc/lbd/30:2:9+2 error too_deep']]);
});

test('expandBraces gives every choice in order, at most some thousand', () => {
  assert.deepEqual(expandBraces('a{b,c{d,e},}f'), ['abf', 'acdf', 'acef', 'af']);
  assert.deepEqual(expandBraces('{x,y}{1,2}'), ['x1', 'x2', 'y1', 'y2']);
  assert.deepEqual(expandBraces('{}a}b{c'), ['{}a}b{c']);
  assert.ok(expandBraces('{a,b}'.repeat(40)).length < 2000);
});
