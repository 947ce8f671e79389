// One table of a report as bars: a line for each row, a field for each column, a colour for each program.
import { AXIS, type Colours, drawField, drawTarget, HEADING, MISSED, REACHED } from './chart-field.ts';
import { CASE_LINE, groupsOf, heightOf } from './chart-groups.ts';
import type { Table } from './report.ts';
import { judge } from './statistics.ts';
import { element, INK, text, widthOf } from './svg.ts';

/** Of all that is drawn for a table. Pixels, as everything here. */
export const WIDTH = 1340;
const CASES = 240;
const CASE_LETTERS = Math.floor((CASES - 16) / widthOf('n', 12));
/** Fields beside each other. */
const MOST_FIELDS = 5;
const FEWEST_FIELDS = 2;
const GAP = 18;
const TITLE = 58;
const LEGEND = 26;

const OURS = '#0b6fb8';
const OTHERS = ['#e08a1e', '#2a9d78', '#b6539c', '#8a8f98', '#c9b400', '#5e4fa2', '#d1495b', '#3d3d3d'];

/** Columns in which any row says something, by their places. */
const columnsOf = (table: Table): readonly number[] =>
  table.columns.flatMap((_, i) => (table.rows.some(({ cells }) => (cells[i] ?? null) !== null) ? [i] : []));

const stripsOf = (table: Table): number => Math.ceil(columnsOf(table).length / MOST_FIELDS);

/** Columns beside each other; where they need several strips, about as many in each. */
const fieldsOf = (table: Table): number =>
  Math.max(FEWEST_FIELDS, Math.ceil(columnsOf(table).length / Math.max(1, stripsOf(table))));

const stripHeight = (table: Table): number => HEADING + heightOf(groupsOf(table, CASE_LETTERS)) + AXIS;

/** How much room `drawTable` takes. */
export const tableHeight = (table: Table): number => TITLE + LEGEND + stripsOf(table) * stripHeight(table);

/** The table with its upper left corner at `x`, `y`. */
export function drawTable(table: Table, x: number, y: number): string {
  const colours = coloursOf([...new Set(table.rows.map(({ program }) => program))]);
  const groups = groupsOf(table, CASE_LETTERS);
  const parts = [
    element('line', { x1: x, x2: x + WIDTH, y1: y + 20, y2: y + 20, stroke: '#d5d9de' }),
    text(x, y + TITLE - 10, table.title, { size: 16, bold: true }),
    drawLegend(table, colours, x, y + TITLE + 10),
  ];
  const columns = columnsOf(table);
  const fields = fieldsOf(table);
  const width = (WIDTH - CASES) / fields;
  for (let strip = 0; strip < stripsOf(table); strip++) {
    const top = y + TITLE + LEGEND + strip * stripHeight(table) + HEADING;
    for (const group of groups) {
      parts.push(
        ...group.name.map((line, i) =>
          text(
            x,
            top + group.y + (group.height - (group.name.length - 1) * CASE_LINE) / 2 + i * CASE_LINE + 4,
            line,
          ),
        ),
      );
    }
    for (const [n, column] of columns.slice(strip * fields, (strip + 1) * fields).entries())
      parts.push(
        drawField(table, column, groups, colours, { x: x + CASES + n * width, y: top, width: width - GAP }),
      );
  }
  return element('g', {}, ...parts);
}

/** lbd always has the same; if it is there as several, the first of them. */
function coloursOf(programs: readonly string[]): Colours {
  const own =
    programs.find((program) => program === 'lbd') ?? programs.find((program) => program.startsWith('lbd'));
  const others = programs.filter((program) => program !== own);
  return new Map([
    [own ?? 'lbd', OURS],
    ...others.map((program, i) => [program, OTHERS[i % OTHERS.length] ?? INK] as const),
  ]);
}

function drawLegend(table: Table, colours: Colours, x: number, y: number): string {
  const shown = [...new Set(table.rows.map(({ program }) => program))];
  const parts: string[] = [];
  let at = x;
  const entry = (mark: string, words: string) => {
    parts.push(mark, text(at + 18, y, words));
    at += 18 + widthOf(words) + 22;
  };
  for (const program of shown)
    entry(
      element('rect', { x: at, y: y - 10, width: 12, height: 12, fill: colours.get(program) ?? INK }),
      program,
    );
  const judged = table.rows.flatMap((row) =>
    table.columns.map((_, column) => judge(table, row, column)?.isReached),
  );
  if (judged.includes(true)) entry(drawTarget(at + 6, y - 11, 14, REACHED), 'target, reached');
  if (judged.includes(false)) entry(drawTarget(at + 6, y - 11, 14, MISSED), 'target, missed');
  return parts.join('');
}
