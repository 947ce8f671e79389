import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SPEECHES } from '../../../bench/bed/conf.ts';
import { DEATHS } from '../../../bench/failover/deaths.ts';
import { floorOf } from '../../../bench/failover/floor.ts';

const floors = (name: string) =>
  SPEECHES.map((speech) => {
    const death = DEATHS.find((each) => each.name === name) ?? assert.fail();
    return floorOf(death, speech)?.waits ?? null;
  });

test('the protocol waits for Master_Down of who is silent, Skew_Time of who says so, and nothing of who hands over', () => {
  // Three intervals and (256 − 200)/256 s, or of an interval with version 3; the last advert is up to an interval ago.
  assert.deepEqual(floors('link cut'), [
    [3218.75, 2218.75],
    [321.875, 221.875],
    [32.188, 22.188],
  ]);
  assert.deepEqual(floors('SIGTERM'), [[218.75], [21.875], [2.188]]);
  assert.deepEqual(floors('planned handover'), [null, null, null]);
});
