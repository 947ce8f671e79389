import assert from 'node:assert/strict';
import { test } from 'node:test';
import { micros } from '../../../src/base/units.ts';
import { parseDuration, printDuration } from '../../../src/config/duration.ts';

test('parseDuration reads units, and a bare number as seconds', () => {
  const rows: [string | number, number | string][] = [
    ['500ms', 500_000],
    ['1.5s', 1_500_000],
    ['3 s', 3_000_000],
    ['5m', 300_000_000],
    ['2h', 7_200_000_000],
    ['250us', 250],
    ['0s', 0],
    [1, 1_000_000],
    [0.01, 10_000],
    ['0.1us', 'precision'],
    [1e300, 'precision'],
    ['1', 'syntax'],
    ['-1s', 'syntax'],
    ['1s1s', 'syntax'],
    ['', 'syntax'],
    [-1, 'syntax'],
    [Number.NaN, 'syntax'],
    [Number.POSITIVE_INFINITY, 'precision'],
  ];
  for (const [written, expected] of rows) {
    const result = parseDuration(written);
    assert.equal(result.ok ? result.value : result.error, expected, String(written));
  }
});

test('printDuration uses the largest unit that shows the duration whole', () => {
  const shown = [0, 1500, 1_500_000, 60_000_000, 86_400_000_000].map((n) => printDuration(micros(n)));
  assert.deepEqual(shown, ['0s', '1500us', '1500ms', '1m', '24h']);
});
