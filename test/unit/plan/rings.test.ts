import assert from 'node:assert/strict';
import { test } from 'node:test';
import { releaseRing, ringPool, takeRing } from '../../../src/plan/rings.ts';

const region = (offset: number, size: number) => ({ offset, size });

test('a ring is taken from the first gap that it fits into', () => {
  const pool = ringPool(100, [region(0, 10), region(15, 5), region(0, 0)], []);
  const small = takeRing(pool, 5);
  assert.deepEqual(small.ok && small.value.region, region(10, 5));
  const large = takeRing(pool, 6);
  assert.deepEqual(large.ok && large.value.region, region(20, 6));
  assert.deepEqual(takeRing(pool, 81), { ok: false, error: 80 });
  const empty = takeRing(pool, 0);
  assert.deepEqual(empty.ok && empty.value, { pool, region: region(0, 0) });
});

test('the words of a ring that was given back can be taken by the change after the next one', () => {
  const ring = region(0, 60);
  const takes = (pool: ReturnType<typeof ringPool>) => takeRing(pool, 60).ok;
  const first = releaseRing(ringPool(100, [ring], []), ring);
  assert.equal(takes(first), false);
  const second = ringPool(100, [], first.released);
  assert.equal(takes(second), false);
  const third = ringPool(100, [], second.released);
  assert.equal(takes(third), true);
});
