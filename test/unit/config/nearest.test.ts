import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editDistance, nearest } from '../../../src/config/nearest.ts';

test('editDistance counts inserting, deleting, replacing and swapping neighbours as one each', () => {
  const rows: [string, string, number][] = [
    ['wlc', 'wlc', 0],
    ['wlcc', 'wlc', 1],
    ['wl', 'wlc', 1],
    ['wlx', 'wlc', 1],
    ['wcl', 'wlc', 1],
    ['', 'wlc', 3],
    ['kitten', 'sitting', 3],
  ];
  for (const [a, b, distance] of rows) {
    assert.equal(editDistance(a, b), distance, `${a} ${b}`);
    assert.equal(editDistance(b, a), distance, `${b} ${a}`);
  }
});

test('nearest finds what was meant and nothing far-fetched', () => {
  const keys = ['interface', 'priority', 'virtual_router_id', 'rr'];
  assert.equal(nearest('prioritiy', keys), 'priority');
  assert.equal(nearest('INTERFACE', keys), 'interface');
  assert.equal(nearest('weight', keys), null);
  assert.equal(nearest('x', ['y']), null, 'one letter replaced by another is a different word');
  assert.equal(nearest('r'.repeat(100_000), keys), null);
});
