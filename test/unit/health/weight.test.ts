import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effectiveWeight, NO_CHECK_WEIGHT } from '../../../src/health/weight.ts';

test('effectiveWeight is what a check sets, or the configured one, with what files add, within bounds', () => {
  const adds = (n: number) => ({ sets: null, adds: n });
  const sets = (n: number) => ({ sets: n, adds: 0 });
  assert.equal(effectiveWeight(5, []), 5);
  assert.equal(effectiveWeight(5, [NO_CHECK_WEIGHT, adds(3), adds(-1)]), 7);
  assert.equal(effectiveWeight(5, [sets(0), adds(2)]), 2);
  assert.equal(effectiveWeight(5, [sets(9), sets(4)]), 4);
  assert.equal(effectiveWeight(5, [adds(-9)]), 0);
  assert.equal(effectiveWeight(5, [adds(2 ** 31)]), 2_147_483_647);
});
