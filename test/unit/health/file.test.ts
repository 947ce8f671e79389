import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeBfd } from '../../../src/health/bfd.ts';
import { judgeFile } from '../../../src/health/file.ts';
import type { TrackerHealth } from '../../../src/model/tracking.ts';

test('judgeFile takes the server out at any number for weight 0, else adds the number times the weight', () => {
  const rows: [weight: number, isReversed: boolean, value: number, adds: number | null][] = [
    [0, false, 0, 0],
    [0, false, 1, null],
    [0, false, -1, null],
    [0, true, 0, null],
    [0, true, 5, 0],
    [2, false, 10, 20],
    [2, true, 10, -20],
    [-3, false, 10, -30],
    [-3, false, 0, 0],
    [2, false, 2_147_483_647, 2_147_483_647],
    [2_147_483_647, true, -2_147_483_647, 2_147_483_647],
    [-1, false, 2_147_483_647, -2_147_483_647],
    [-2, false, 1_073_741_824, null],
    [2_147_483_647, true, 2_147_483_647, null],
  ];
  for (const [weight, isReversed, value, adds] of rows) {
    const { outcome, weight: effect } = judgeFile({ type: 'file', tracker: 'f', weight, isReversed }, value);
    assert.deepEqual(
      [outcome.verdict, effect, outcome.detail],
      [adds === null ? 'fail' : 'pass', { sets: null, adds: adds ?? 0 }, `file f says ${value}`],
      `${value} with weight ${weight}`,
    );
  }
});

test('judgeBfd follows the session, and says nothing while nothing is known of it', () => {
  const said = (['good', 'bad', 'unknown', 'unusable'] as TrackerHealth[]).map((health) => {
    const found = judgeBfd({ type: 'bfd', session: 's' }, health);
    return found === null ? null : `${found.outcome.verdict}: ${found.outcome.detail}`;
  });
  assert.deepEqual(said, ['pass: BFD session s is up', 'fail: BFD session s is down', null, null]);
});
