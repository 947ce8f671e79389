import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axisOf, printTick } from '../../../bench/report/axis.ts';

test('an axis is logarithmic when figures lie more than two decades apart', () => {
  assert.equal(axisOf([1, 100]).isLogarithmic, false);
  assert.equal(axisOf([1, 101]).isLogarithmic, true);
  assert.equal(axisOf([0, 1, 101]).isLogarithmic, true);
  assert.equal(axisOf([-1, 1, 101]).isLogarithmic, false);
});

test('on a linear axis bars begin at 0', () => {
  const axis = axisOf([10, 40]);
  assert.deepEqual([axis.base, axis.at(0), axis.at(20), axis.at(40), axis.at(99)], [0, 0, 0.5, 1, 1]);
  assert.deepEqual(axis.ticks, [0, 10, 20, 30, 40]);
  assert.equal(axisOf([-10, 10]).base, 0.5);
});

test('on a logarithmic axis every decade is as long, and the least figure has a bar', () => {
  const axis = axisOf([10, 100_000]);
  assert.equal(axis.at(0), 0);
  assert.ok(axis.at(10) > 0);
  assert.equal(axis.at(100_000), 1);
  const decades = [10, 100, 1000].map((value) => axis.at(value * 10) - axis.at(value));
  for (const length of decades) assert.ok(Math.abs(length - (decades[0] ?? 0)) < 1e-9);
});

test('nothing to show is an axis all the same', () => {
  for (const values of [[], [0], [0, 0]]) {
    const axis = axisOf(values);
    assert.deepEqual([axis.isLogarithmic, axis.at(0)], [false, 0]);
    assert.ok(axis.ticks.every(Number.isFinite));
  }
});

test('ticks are short', () => {
  assert.deepEqual([0, 0.05, 1500, 2e6, 3e9, -2000].map(printTick), ['0', '0.05', '1.5k', '2M', '3G', '-2k']);
});
