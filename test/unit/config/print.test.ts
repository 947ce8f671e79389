import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Diagnostic, mistake } from '../../../src/config/diagnostic.ts';
import { printDiagnostic, printDiagnostics } from '../../../src/config/print.ts';
import { readYaml } from '../../../src/config/read-yaml.ts';
import { read } from './files.ts';

const at = (line: number, column: number, length: number): Diagnostic => ({
  ...mistake('bad_value', 'wrong'),
  file: 'f.yaml',
  line,
  column,
  length,
  path: '',
});

test('printDiagnostic shows every mistake of a file with its place, line and suggestion', () => {
  const text = read('test/golden/config/mistakes.yaml');
  const result = readYaml(text, 'mistakes.yaml', { hostname: 'lb01' });
  assert.ok(!result.ok);
  const printed = printDiagnostics(result.error, new Map([['mistakes.yaml', text]]))
    .map((each) => `${each}\n`)
    .join('');
  assert.equal(printed, read('test/golden/config/mistakes.txt'));
});

test('printDiagnostic keeps the caret under its column behind tabs', () => {
  const [, line, caret] = printDiagnostic(at(1, 4, 2), 'a\t b c').split('\n');
  assert.equal(line, '    1 | a\t b c');
  assert.equal(caret, '      |  \t ^^');
});

test('printDiagnostic shows the part of a long line that is meant', () => {
  const text = `${'x'.repeat(500)}HERE${'y'.repeat(500)}`;
  const [, line = '', caret = ''] = printDiagnostic(at(1, 501, 4), text).split('\n');
  assert.ok(line.length < 140, `${line.length} characters`);
  assert.equal(line.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1), 'HERE');
});

test('printDiagnostic lets no control character of the file through', () => {
  const printed = printDiagnostic(at(1, 1, 1), '\u001b[31mred\u0007\u009b0m');
  assert.doesNotMatch(printed, /[^\n\P{Cc}]/u);
});
