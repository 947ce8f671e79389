import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, printNumber } from '../../../bench/bed/numbers.ts';
import { judge, ratioOf, summaryOf } from '../../../bench/report/statistics.ts';
import { MS, RATE, rounds, row, tableOf } from './reports.ts';

test('a median is the middle, or halfway between the two', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.throws(() => median([]));
});

test('numbers have three digits, negative ones too', () => {
  assert.deepEqual([1234.5, -123.4, -12.34, 0.12345, 7].map(printNumber), [
    '1235',
    '-123',
    '-12.3',
    '0.123',
    '7',
  ]);
});

test('a summary is of what is finite', () => {
  assert.deepEqual(summaryOf(rounds(3, Number.NaN, 1, 2)), { median: 2, least: 1, most: 3, rounds: 3 });
  for (const cell of [null, undefined, 'never ended', rounds(), rounds(Number.POSITIVE_INFINITY)])
    assert.equal(summaryOf(cell), null);
});

test('lbd is compared with the first peer that has a figure, and peers with lbd', () => {
  const rows = [
    row('a', 'mute', 'left out'),
    row('a', 'keepalived', rounds(30)),
    row('a', 'lbd', rounds(10)),
    row('b', 'lbd', rounds(10)),
    row('c', 'keepalived', rounds(0)),
    row('c', 'lbd', rounds(10)),
  ];
  const table = tableOf([MS], rows);
  assert.deepEqual(
    rows.map((each) => ratioOf(table, each, 0)),
    [null, { of: 'lbd', times: 3 }, { of: 'keepalived', times: 1 / 3 }, null, null, null],
  );
});

test('a target is a limit, or a limit times the figure of another program', () => {
  const rows = [row('a', 'lbd', rounds(10, 11, 12), rounds(95)), row('a', 'peer', rounds(20), rounds(100))];
  const base = { case: 'a', program: 'lbd', column: 'gap' } as const;
  const judged = (target: Parameters<typeof tableOf>[2], column: number) => {
    const found = judge(tableOf([MS, RATE], rows, target), rows[0] ?? row('', ''), column);
    return found === null ? null : [found.limit, found.isReached];
  };
  assert.deepEqual(judged({ targets: [{ ...base, at: 'most', limit: 11 }] }, 0), [11, true]);
  assert.deepEqual(judged({ targets: [{ ...base, at: 'most', limit: 10.9 }] }, 0), [10.9, false]);
  assert.deepEqual(judged({ targets: [{ ...base, at: 'most', limit: 0.5, of: 'peer' }] }, 0), [10, false]);
  assert.deepEqual(
    judged({ targets: [{ ...base, column: 'rate', at: 'least', limit: 0.9, of: 'peer' }] }, 1),
    [90, true],
  );
  assert.equal(judged({ targets: [{ ...base, at: 'most', limit: 1, of: 'absent' }] }, 0), null);
  assert.equal(judged({ targets: [{ ...base, case: 'b', at: 'most', limit: 1 }] }, 0), null);
});
