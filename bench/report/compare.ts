// What became of the figures of an earlier run in a later one.
import { printNumber, printTable } from '../bed/numbers.ts';
import { printSpread } from './print.ts';
import type { Column, Report, Row, Table } from './report.ts';
import { type Summary, summaryOf } from './statistics.ts';

/** Fewer rounds say nothing of the spread … */
const ENOUGH_ROUNDS = 3;
/** … which is taken to be this share of the figure to both sides, unless the column is exact. */
const UNKNOWN_SPREAD = 0.1;

export type Verdict = 'better' | 'same' | 'worse' | 'gone' | 'new';

/** One figure of two runs. */
export interface Compared {
  readonly table: string;
  readonly case: string;
  readonly program: string;
  readonly column: Column;
  /** The figure, or the word in its place; null where the run had neither. */
  readonly before: Summary | string | null;
  readonly now: Summary | string | null;
  /** Now in terms of before; null without a figure in both, or with 0 before. */
  readonly ratio: number | null;
  /** Null where the figure only describes the run. */
  readonly verdict: Verdict | null;
}

/** All figures that one of the runs has, in the order of the later run; then those that it has no more. */
export function compare(before: Report, now: Report): readonly Compared[] {
  const old = cellsOf(before);
  const fresh = cellsOf(now);
  const both = [...fresh].map(([key, cell]) => compareCell(cell, old.get(key)?.value ?? null, cell.value));
  const gone = [...old]
    .filter(([key]) => !fresh.has(key))
    .map(([, cell]) => compareCell(cell, cell.value, null));
  return [...both, ...gone];
}

interface Cell {
  readonly table: Table;
  readonly row: Row;
  readonly column: Column;
  readonly value: Summary | string;
}

/** A cell by table, case, program and column. */
type CellKey = string;

function cellsOf(report: Report): ReadonlyMap<CellKey, Cell> {
  const cells = report.tables.flatMap((table) =>
    table.rows.flatMap((row) =>
      table.columns.flatMap((column, i): [CellKey, Cell][] => {
        const written = row.cells[i];
        const value = summaryOf(written) ?? (typeof written === 'string' ? written : null);
        const key = JSON.stringify([table.title, row.case, row.program, column.name]);
        return value === null ? [] : [[key, { table, row, column, value }]];
      }),
    ),
  );
  return new Map(cells);
}

function compareCell(
  { table, row, column }: Cell,
  before: Compared['before'],
  now: Compared['now'],
): Compared {
  const figures = isFigure(before) && isFigure(now);
  return {
    table: table.title,
    case: row.case,
    program: row.program,
    column,
    before,
    now,
    ratio: figures && before.median !== 0 ? now.median / before.median : null,
    verdict: verdictOn(column, before, now),
  };
}

const isFigure = (value: Compared['now']): value is Summary => value !== null && typeof value !== 'string';

function verdictOn(column: Column, before: Compared['before'], now: Compared['now']): Verdict | null {
  if (column.better === null) return null;
  if (!isFigure(before)) return isFigure(now) ? 'new' : null;
  if (!isFigure(now)) return 'gone';
  const [was, is] = [rangeOf(column, before), rangeOf(column, now)];
  if (is.least > was.most) return column.better === 'less' ? 'worse' : 'better';
  if (is.most < was.least) return column.better === 'less' ? 'better' : 'worse';
  return 'same';
}

/** Where a figure may have been: what its rounds gave, or more where they are too few. */
function rangeOf(column: Column, { least, most, median, rounds }: Summary): { least: number; most: number } {
  if (column.exact === true || rounds >= ENOUGH_ROUNDS) return { least, most };
  const assumed = Math.abs(median) * UNKNOWN_SPREAD;
  return { least: Math.min(least, median - assumed), most: Math.max(most, median + assumed) };
}

/** Whether the later run fails: a figure is worse beyond the spread of both, or there is none any more. */
export const hasWorsened = (compared: readonly Compared[]): boolean =>
  compared.some(({ verdict }) => verdict === 'worse' || verdict === 'gone');

/** A line for each figure, by tables. */
export function printComparison(compared: readonly Compared[]): string {
  const tables = [...new Set(compared.map(({ table }) => table))];
  const printed = tables.map((table) => {
    const rows = compared
      .filter((each) => each.table === table)
      .map((each) => [
        each.case,
        each.program,
        each.column.unit === '' ? each.column.name : `${each.column.name}, ${each.column.unit}`,
        printValue(each.before),
        printValue(each.now),
        each.ratio === null ? '' : `×${printNumber(each.ratio)}`,
        each.verdict === null || each.verdict === 'same' ? '' : said(each.verdict),
      ]);
    return `${table}\n${printTable([['case', 'program', 'figure', 'before', 'now', 'ratio', ''], ...rows])}`;
  });
  return [...printed, summaryLine(compared)].join('\n');
}

const said = (verdict: Verdict): string =>
  verdict === 'worse' || verdict === 'gone' ? verdict.toUpperCase() : verdict;

function printValue(value: Compared['now']): string {
  if (value === null) return '–';
  if (!isFigure(value)) return value;
  return `${printNumber(value.median)} ${printSpread(value)}`.trim();
}

function summaryLine(compared: readonly Compared[]): string {
  const count = (...verdicts: readonly Verdict[]) =>
    compared.filter(({ verdict }) => verdict !== null && verdicts.includes(verdict));
  const worse = count('worse', 'gone');
  const peers = worse.filter(({ program }) => !program.startsWith('lbd')).length;
  const hint = peers === 0 ? '' : ` (${peers} of them of other programs: then it may be the machine)`;
  return `beyond the spread of both runs: ${count('better').length} better, ${worse.length} worse or gone${hint}\n`;
}
