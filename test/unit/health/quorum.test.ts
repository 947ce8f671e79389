import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveWeight, stepQuorum } from '../../../src/health/quorum.ts';

test('liveWeight counts the weights of servers that are up or unchecked', () => {
  const votes = [
    { health: 'up', weight: 3 },
    { health: 'unchecked', weight: 4 },
    { health: 'down', weight: 10 },
    { health: 'up', weight: 0 },
  ] as const;
  assert.deepEqual([liveWeight(votes), liveWeight([])], [7, 0]);
});

test('stepQuorum gains at quorum + hysteresis, and loses below quorum - hysteresis or with nothing left', () => {
  for (const [quorum, hysteresis, had, live, has, changed] of [
    [1, 0, false, 0, false, null],
    [1, 0, false, 1, true, 'gained'],
    [1, 0, true, 1, true, null],
    [1, 0, true, 0, false, 'lost'],
    [5, 2, false, 6, false, null],
    [5, 2, false, 7, true, 'gained'],
    [5, 2, true, 3, true, null],
    [5, 2, true, 2, false, 'lost'],
    [2, 1, true, 1, true, null],
    [2, 1, true, 0, false, 'lost'],
  ] as const) {
    const line = `quorum ${quorum}, hysteresis ${hysteresis}, ${had}, live weight ${live}`;
    assert.deepEqual(stepQuorum({ quorum, hysteresis }, had, live), { has, changed }, line);
  }
});
