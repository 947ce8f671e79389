import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printReport } from '../../../bench/report/print.ts';
import { MS, reportOf, rounds, row, tableOf } from './reports.ts';

test('a figure is printed with the spread of its rounds, its ratio, and its target', () => {
  const rows = [
    row('link cut', 'lbd', rounds(30, 31, 35), rounds(4)),
    row('link cut', 'keepalived', rounds(62), null),
    row('kill -9', 'lbd', 'never ended', rounds(9)),
  ];
  const target = {
    case: 'link cut',
    program: 'lbd',
    column: 'gap',
    at: 'most',
    limit: 0.4,
    of: 'keepalived',
  } as const;
  const about = { name: 'stalls', unit: '', better: null };
  assert.equal(
    printReport(reportOf(tableOf([MS, about], rows, { targets: [target] }))),
    `a table
case       program      gap, ms                           stalls
link cut   lbd          31 (30–35) ×0.500 ≤ 24.8 MISSED   4
           keepalived   62         ×2
kill -9    lbd          never ended                       9

What limits the figures: What limits it.`,
  );
});
