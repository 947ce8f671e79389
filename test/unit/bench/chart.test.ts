import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawReport } from '../../../bench/report/chart.ts';
import { escapeXml } from '../../../bench/report/svg.ts';
import { MS, RATE, reportOf, rounds, row, tableOf } from './reports.ts';
import { assertInside, readTags } from './xml.ts';

const COLUMNS = [
  MS,
  RATE,
  { ...MS, name: 'late' },
  { ...MS, name: '<unit> & "more"' },
  { ...MS, name: 'fifth' },
];
const NASTY = reportOf(
  tableOf(
    COLUMNS,
    [
      row(
        'a case <of> "quotes" & signs that is too long for one line, or for two of them',
        'lbd',
        rounds(1, 2, 3),
        rounds(-5, 5),
        'never & <ended>',
        rounds(0),
        null,
      ),
      row(
        'a case <of> "quotes" & signs that is too long for one line, or for two of them',
        'keep<alived',
        rounds(1e6),
        rounds(9),
        rounds(),
        rounds(0, 0),
        rounds(7),
      ),
      row('b', 'lbd', rounds(0), rounds(Number.NaN), null, rounds(1e-9, 1e9), rounds(123_456_789)),
    ],
    {
      targets: [
        { case: 'b', program: 'lbd', column: 'gap', at: 'most', limit: 0 },
        { case: 'b', program: 'lbd', column: 'fifth', at: 'least', limit: 5, of: 'lbd' },
      ],
    },
  ),
  tableOf([MS], []),
);

test('a picture is well-formed and stays within its box, whatever the figures are', () => {
  const tags = readTags(drawReport(NASTY, ['a & b', 'c < d']));
  assert.ok(tags.length > 50);
  assertInside(tags);
});

test('bars are as long as their figures, and those of lbd are told by their colour', () => {
  const table = tableOf([MS], [row('a', 'lbd', rounds(10)), row('a', 'peer', rounds(40))]);
  const bars = readTags(drawReport(reportOf(table), [])).filter(
    ({ name, attributes }) => name === 'rect' && attributes['height'] === '15',
  );
  const [own, its] = bars.map(({ attributes }) => attributes);
  assert.equal(Number(its?.['width']), 4 * Number(own?.['width']));
  assert.notEqual(own?.['fill'], its?.['fill']);
});

test('rounds that differ have a whisker, and a target a mark of whether it is reached', () => {
  const target = { case: 'a', program: 'lbd', column: 'gap', at: 'most' } as const;
  const draw = (limit: number, ...values: readonly number[]) =>
    drawReport(
      reportOf(tableOf([MS], [row('a', 'lbd', rounds(...values))], { targets: [{ ...target, limit }] })),
      [],
    );
  const whiskers = (svg: string) => svg.split('stroke-width="1.2"').length - 1;
  assert.equal(whiskers(draw(5, 4, 4)), 0);
  assert.equal(whiskers(draw(5, 3, 4)), 3);
  assert.match(draw(5, 4), /target, reached/);
  assert.doesNotMatch(draw(5, 4), /target, missed/);
  assert.match(draw(5, 6), /target, missed/);
});

test('what XML does not allow is replaced', () => {
  assert.equal(
    escapeXml('a\u0000\u001b[1m<&>"\ud800 ✓ 😀\n'),
    'a\ufffd\ufffd[1m&lt;&amp;&gt;&quot;\ufffd ✓ 😀\n',
  );
});
