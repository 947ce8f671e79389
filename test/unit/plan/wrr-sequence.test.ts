import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wrrSequence } from '../../../src/plan/wrr-sequence.ts';

const given = (...weights: number[]) => {
  const sequence = wrrSequence(weights);
  return sequence.ok ? Array.from(sequence.value, (index) => 'ABCDE'[index]).join('') : sequence.error;
};

test('wrrSequence gives connections as ip_vs_wrr does', () => {
  // The example of the LVS project: A, B and C with the weights 4, 3 and 2.
  assert.equal(given(4, 3, 2), 'AABABCABC');
  assert.equal(given(400, 300, 200), 'AABABCABC');
  assert.equal(given(1, 1, 1), 'ABC');
  assert.equal(given(0, 3, 1), 'BBBC');
  assert.equal(given(0, 0), '');
});

test('wrrSequence refuses what is longer than it may be', () => {
  assert.equal(given(65535, 1)?.toString().length, 65536);
  assert.equal(given(65536, 1), 65537);
});
