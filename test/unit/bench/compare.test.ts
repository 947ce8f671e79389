import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, hasWorsened, printComparison } from '../../../bench/report/compare.ts';
import type { Column, Figures } from '../../../bench/report/report.ts';
import { MS, RATE, reportOf, rounds, row, tableOf } from './reports.ts';

const verdict = (column: Column, before: Figures | string | null, now: Figures | string | null) => {
  const [was, is] = [before, now].map((cell) => reportOf(tableOf([column], [row('a', 'lbd', cell)])));
  assert.ok(was !== undefined && is !== undefined);
  const [compared] = compare(was, is);
  return compared?.verdict;
};

test('a figure is worse when no round reaches what the worst of before did', () => {
  assert.equal(verdict(MS, rounds(10, 11, 12), rounds(12, 13, 14)), 'same');
  assert.equal(verdict(MS, rounds(10, 11, 12), rounds(12.1, 13, 14)), 'worse');
  assert.equal(verdict(MS, rounds(10, 11, 12), rounds(7, 8, 9)), 'better');
  assert.equal(verdict(RATE, rounds(10, 11, 12), rounds(7, 8, 9)), 'worse');
  assert.equal(verdict(RATE, rounds(10, 11, 12), rounds(13, 14, 15)), 'better');
});

test('where rounds are too few to know the spread, a tenth is taken for it; an exact figure has none', () => {
  assert.equal(verdict(MS, rounds(100), rounds(115)), 'same');
  assert.equal(verdict(MS, rounds(100), rounds(125)), 'worse');
  assert.equal(verdict(MS, rounds(0), rounds(1)), 'worse');
  assert.equal(verdict({ ...MS, exact: true }, rounds(100), rounds(101)), 'worse');
});

test('what only describes the run is not judged, and what is no figure any more is gone', () => {
  assert.equal(verdict({ ...MS, better: null }, rounds(1), rounds(1000)), null);
  assert.equal(verdict(MS, rounds(1), 'never ended'), 'gone');
  assert.equal(verdict(MS, rounds(1), null), 'gone');
  assert.equal(verdict(MS, 'never ended', rounds(1)), 'new');
  assert.equal(verdict(MS, 'never ended', 'never ended'), null);
});

test('every figure that either run has is compared once, and one that worsened fails', () => {
  const before = reportOf(
    tableOf([MS, RATE], [row('a', 'lbd', rounds(10), rounds(50)), row('b', 'lbd', rounds(1), null)]),
  );
  const now = reportOf(
    tableOf([MS, RATE], [row('a', 'lbd', rounds(40), rounds(50)), row('c', 'peer', rounds(5), null)]),
  );
  const compared = compare(before, now);
  assert.deepEqual(
    compared.map((each) => [each.case, each.column.name, each.ratio, each.verdict]),
    [
      ['a', 'gap', 4, 'worse'],
      ['a', 'rate', 1, 'same'],
      ['c', 'gap', null, 'new'],
      ['b', 'gap', null, 'gone'],
    ],
  );
  assert.equal(hasWorsened(compared), true);
  assert.equal(hasWorsened(compare(now, now)), false);
  assert.match(printComparison(compared), /a +lbd +gap, ms +10 +40 +×4 +WORSE\n/);
});

test('figures of others that worsened are counted apart', () => {
  const at = (own: number, its: number) =>
    reportOf(tableOf([MS], [row('a', 'lbd', rounds(own)), row('a', 'keepalived', rounds(its))]));
  assert.match(printComparison(compare(at(1, 1), at(9, 9))), /2 worse or gone \(1 of them of other programs/);
  assert.match(printComparison(compare(at(1, 1), at(9, 1))), /1 worse or gone\n/);
});
