import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namedBy, numberOf, OptionError, wholeNumberOf } from '../../../bench/report/options.ts';

test('a number is one, and large enough', () => {
  assert.deepEqual([numberOf('runs', '5'), numberOf('services', '0', 0)], [5, 0]);
  for (const text of ['x', '', ' ', '0', '-1', 'Infinity'])
    assert.throws(() => numberOf('runs', text), OptionError);
  assert.equal(wholeNumberOf('rounds', '3'), 3);
  for (const text of ['1.5', '0', 'x']) assert.throws(() => wholeNumberOf('rounds', text), OptionError);
});

test('an option that names nothing there is, is refused with what there is', () => {
  const all = ['lbd', 'keepalived'];
  assert.deepEqual(namedBy('program', undefined, all, String), all);
  assert.deepEqual(namedBy('program', 'lbd', all, String), ['lbd']);
  assert.throws(() => namedBy('program', 'ldb', all, String), {
    message: '--program is one of lbd, keepalived, not ldb',
  });
});
