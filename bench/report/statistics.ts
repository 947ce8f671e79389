import { median } from '../bed/numbers.ts';
import type { Figures, Row, Table, Target } from './report.ts';

/** What the rounds of a figure come to, in its unit. */
export interface Summary {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly rounds: number;
}

/** Null for a word, for nothing, and where no round gave a finite number. */
export function summaryOf(cell: Figures | string | null | undefined): Summary | null {
  if (cell === null || cell === undefined || typeof cell === 'string') return null;
  const rounds = cell.rounds.filter(Number.isFinite);
  if (rounds.length === 0) return null;
  return {
    median: median(rounds),
    least: Math.min(...rounds),
    most: Math.max(...rounds),
    rounds: rounds.length,
  };
}

/** The figure of a program in a case and a column of a table, or null. */
export function find(table: Table, name: string, program: string, column: string): Summary | null {
  const row = table.rows.find((each) => each.case === name && each.program === program);
  return summaryOf(row?.cells[table.columns.findIndex((each) => each.name === column)]);
}

/** `value` in `times` that of `of`. */
export interface Ratio {
  readonly of: string;
  readonly times: number;
}

/**
 * How a figure compares with another program's in the same case and column: that of lbd with the first of its peers,
 * and all others with lbd's. Null where there is no such figure, or one of them is 0.
 */
export function ratioOf(table: Table, row: Row, column: number): Ratio | null {
  const same = table.rows.filter((each) => each.case === row.case);
  const other =
    row.program === 'lbd'
      ? same.find(({ program, cells }) => program !== 'lbd' && summaryOf(cells[column]) !== null)
      : same.find(({ program }) => program === 'lbd');
  const [own, its] = [summaryOf(row.cells[column]), summaryOf(other?.cells[column])];
  if (other === undefined || own === null || its === null || own.median * its.median === 0) return null;
  return { of: other.program, times: own.median / its.median };
}

/** A target beside what was measured. */
export interface Judged {
  readonly target: Target;
  /** In the unit of the column. */
  readonly limit: number;
  readonly isReached: boolean;
}

/** The target of a cell, judged by its median; null where it has none, or there is no figure to judge it by. */
export function judge(table: Table, row: Row, column: number): Judged | null {
  const name = table.columns[column]?.name;
  const target = table.targets?.find(
    (each) => each.case === row.case && each.program === row.program && each.column === name,
  );
  const own = summaryOf(row.cells[column]);
  if (target === undefined || own === null) return null;
  const times = target.of === undefined ? 1 : find(table, target.case, target.of, target.column)?.median;
  if (times === undefined) return null;
  const limit = target.limit * times;
  return { target, limit, isReached: target.at === 'most' ? own.median <= limit : own.median >= limit };
}
