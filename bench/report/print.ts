import { printNumber } from '../bed/numbers.ts';
import type { Column, Figures, Report, Row, Table } from './report.ts';
import { judge, ratioOf, type Summary, summaryOf } from './statistics.ts';

/** Median, spread, ratio and target of a figure; a word stands alone. */
type Parts = readonly [string, string, string, string] | readonly [string];

/** A report as text: every figure as its median, the spread of its rounds, its ratio and its target. */
export const printReport = (report: Report): string =>
  [...report.tables.map(printFigures), wrapped(`What limits the figures: ${report.limits}`, 120)].join('\n');

function printFigures(table: Table): string {
  const columns = table.columns.map((column, i) => printColumn(table, column, i));
  const cases = table.rows.map((row, i) => (row.case === table.rows[i - 1]?.case ? '' : row.case));
  const all = [
    padded(['case', ...cases]),
    padded(['program', ...table.rows.map((row) => row.program)]),
    ...columns,
  ];
  const lines = Array.from({ length: table.rows.length + 1 }, (_, i) =>
    all
      .map((column) => column[i] ?? '')
      .join('   ')
      .trimEnd(),
  );
  return `${table.title}\n${lines.join('\n')}\n`;
}

/** The heading and a text for each row, all of one width. */
function printColumn(table: Table, column: Column, i: number): readonly string[] {
  const cells = table.rows.map((row) => partsOf(table, row, i));
  const width = (part: number) =>
    Math.max(0, ...cells.map((parts) => (parts.length === 1 ? 0 : (parts[part] ?? '').length)));
  const widths = [0, 1, 2, 3].map(width);
  const lines = cells.map((parts) => {
    if (parts.length === 1) return parts[0];
    const aligned = parts.map((part, n) =>
      n === 0 ? part.padStart(widths[n] ?? 0) : part.padEnd(widths[n] ?? 0),
    );
    return aligned.filter((_, n) => (widths[n] ?? 0) > 0).join(' ');
  });
  return padded([column.unit === '' ? column.name : `${column.name}, ${column.unit}`, ...lines]);
}

function partsOf(table: Table, row: Row, column: number): Parts {
  const cell: Figures | string | null | undefined = row.cells[column];
  const summary = summaryOf(cell);
  if (summary === null) return [typeof cell === 'string' ? cell : ''];
  const ratio = table.columns[column]?.better === null ? null : ratioOf(table, row, column);
  const judged = judge(table, row, column);
  return [
    printNumber(summary.median),
    printSpread(summary),
    ratio === null ? '' : `×${printNumber(ratio.times)}`,
    judged === null
      ? ''
      : `${judged.target.at === 'most' ? '≤' : '≥'} ${printNumber(judged.limit)} ${judged.isReached ? 'reached' : 'MISSED'}`,
  ];
}

/** From the least to the most of some rounds; nothing where they are one. */
export const printSpread = ({ least, most }: Summary): string =>
  least === most ? '' : `(${printNumber(least)}–${printNumber(most)})`;

function padded(cells: readonly string[]): readonly string[] {
  const width = Math.max(...cells.map((cell) => cell.length));
  return cells.map((cell) => cell.padEnd(width));
}

/** Lines of at most so many letters, unless a word is longer. */
export function wrapped(text: string, width: number): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join('\n');
}
