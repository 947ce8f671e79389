// A report as a picture: a bar for each figure, the columns of a table beside each other.

import { drawTable, tableHeight, WIDTH } from './chart-table.ts';
import { wrapped } from './print.ts';
import type { Report } from './report.ts';
import { FAINT, picture, text, widthOf } from './svg.ts';

const MARGIN = 28;
const LINE = 17;

/** `footer`: the machine, when, and which revision; a line each. */
export function drawReport(report: Report, footer: readonly string[]): string {
  const letters = Math.floor(WIDTH / widthOf('n', 12));
  const measures = wrapped(report.measures, letters).split('\n');
  const below = [
    'Bars are medians, whiskers reach from the least to the most of the rounds.',
    ...wrapped(`What limits the figures: ${report.limits}`, letters).split('\n'),
    ...footer.flatMap((line) => wrapped(line, letters).split('\n')),
  ];
  const parts: string[] = [text(MARGIN, 44, report.name, { size: 22, bold: true })];
  let y = 66;
  const write = (line: string) => {
    parts.push(text(MARGIN, y, line, { colour: FAINT }));
    y += LINE;
  };
  for (const line of measures) write(line);
  for (const table of report.tables) {
    parts.push(drawTable(table, MARGIN, y));
    y += tableHeight(table);
  }
  y += 2 * LINE;
  for (const line of below) write(line);
  return picture(WIDTH + 2 * MARGIN, y + MARGIN - LINE, ...parts);
}
