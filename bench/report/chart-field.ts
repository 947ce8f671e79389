// One column of a table as bars.
import { printNumber } from '../bed/numbers.ts';
import { type Axis, axisOf, printTick } from './axis.ts';
import { type Group, heightOf, PITCH } from './chart-groups.ts';
import type { Column, Row, Table } from './report.ts';
import { type Judged, judge, summaryOf } from './statistics.ts';
import { element, FAINT, INK, text, widthOf } from './svg.ts';

/** Above the bars, and below them. Pixels, as everything here. */
export const HEADING = 42;
export const AXIS = 26;
/** At the end of a field, for the number behind the longest bar. */
const NUMBER = 62;
const BAR = 15;

export const REACHED = '#12803c';
export const MISSED = '#c4161c';

/** A colour by the name of a program. */
export type Colours = ReadonlyMap<string, string>;

export interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** A column: its name, its axis, and a bar for each row. */
export function drawField(
  table: Table,
  column: number,
  groups: readonly Group[],
  colours: Colours,
  { x, y, width }: Place,
): string {
  const rows = table.rows.map((row) => ({
    row,
    summary: summaryOf(row.cells[column]),
    judged: judge(table, row, column),
  }));
  const axis = axisOf(
    rows.flatMap(({ summary, judged }) => [
      ...(summary === null ? [] : [summary.least, summary.most]),
      ...(judged === null ? [] : [judged.limit]),
    ]),
  );
  const plot = { x, width: width - NUMBER, axis };
  const height = heightOf(groups);
  const parts = [drawHeading(table.columns[column], axis, { x, y: y - HEADING, width })];
  if (rows.some(({ summary }) => summary !== null)) parts.push(drawAxis(plot, y, height));
  for (const group of groups) {
    const top = y + group.y + (group.height - group.rows.length * PITCH) / 2;
    for (const [n, row] of group.rows.entries())
      parts.push(drawCell(table, row, column, plot, top + n * PITCH, colours.get(row.program) ?? INK));
  }
  return parts.join('');
}

function drawHeading(column: Column | undefined, { isLogarithmic }: Axis, { x, y, width }: Place): string {
  if (column === undefined) return '';
  const name = column.unit === '' ? column.name : `${column.name}, ${column.unit}`;
  const remarks = [
    column.better === null ? '' : `${column.better} is better`,
    isLogarithmic ? 'logarithmic' : '',
  ];
  const remark = remarks.filter((each) => each !== '').join(', ');
  return (
    text(x, y + 16, name, { ...fitting(name, width, 13, true), bold: true }) +
    text(x, y + 32, remark, { size: 11, colour: FAINT })
  );
}

/** A size of at most `size` at which words stay in their field. */
const fitting = (words: string, width: number, size: number, bold = false): { readonly size: number } => ({
  size: Math.min(size, (size * width) / widthOf(words, size, bold)),
});

interface Plot {
  readonly x: number;
  readonly width: number;
  readonly axis: Axis;
}

function drawAxis({ x, width, axis }: Plot, y: number, height: number): string {
  const ticks = axis.ticks.map((tick) => {
    const at = x + axis.at(tick) * width;
    const line = element('line', { x1: at, x2: at, y1: y - 2, y2: y + height + 3, stroke: '#e3e6ea' });
    return line + text(at, y + height + 15, printTick(tick), { size: 10, colour: FAINT, anchor: 'middle' });
  });
  const base = x + axis.base * width;
  return [
    ...ticks,
    element('line', { x1: base, x2: base, y1: y - 2, y2: y + height + 3, stroke: '#9aa1a9' }),
  ].join('');
}

function drawCell(table: Table, row: Row, column: number, plot: Plot, y: number, colour: string): string {
  const cell = row.cells[column];
  const summary = summaryOf(cell);
  const middle = y + PITCH / 2;
  if (summary === null)
    return typeof cell === 'string'
      ? text(plot.x + 4, middle + 4, cell, { ...fitting(cell, plot.width + NUMBER, 11), colour: FAINT })
      : '';
  const place = (value: number) => plot.x + plot.axis.at(value) * plot.width;
  const base = plot.x + plot.axis.base * plot.width;
  const end = place(summary.median);
  const parts = [
    element('rect', {
      x: Math.min(base, end),
      y: middle - BAR / 2,
      width: Math.abs(end - base),
      height: BAR,
      fill: colour,
    }),
  ];
  const [least, most] = [place(summary.least), place(summary.most)];
  if (summary.least !== summary.most) parts.push(drawWhisker(least, most, middle));
  const judged = judge(table, row, column);
  if (judged !== null)
    parts.push(drawTarget(place(judged.limit), y + 1, PITCH - 2, judged.isReached ? REACHED : MISSED));
  const last = Math.max(base, end, most, judged === null ? 0 : place(judged.limit) + 4);
  parts.push(text(last + 5, middle + 4, printFigure(summary.median), { size: 11, colour: colourOf(judged) }));
  return parts.join('');
}

/** Large numbers are shortened: the field is narrow, and the table has them in full. */
const printFigure = (value: number): string =>
  Math.abs(value) >= 100_000 ? printTick(value) : printNumber(value);

const colourOf = (judged: Judged | null): string =>
  judged === null ? INK : judged.isReached ? REACHED : MISSED;

function drawWhisker(from: number, to: number, middle: number): string {
  const stroke = { stroke: INK, 'stroke-width': 1.2 };
  const end = (x: number) => element('line', { x1: x, x2: x, y1: middle - 4, y2: middle + 4, ...stroke });
  return element('line', { x1: from, x2: to, y1: middle, y2: middle, ...stroke }) + end(from) + end(to);
}

/** A mark across a bar, with a head so that it is seen beside a whisker. */
export function drawTarget(x: number, y: number, height: number, colour: string): string {
  const head = `${x - 4},${y} ${x + 4},${y} ${x},${y + 5}`;
  return (
    element('line', { x1: x, x2: x, y1: y, y2: y + height, stroke: colour, 'stroke-width': 2 }) +
    element('polygon', { points: head, fill: colour })
  );
}
