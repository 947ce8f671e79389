import { wrapped } from './print.ts';
import type { Row, Table } from './report.ts';

/** A line for each row. Pixels, as everything here. */
export const PITCH = 20;
const BETWEEN_CASES = 12;
/** A line of the name of a case. */
export const CASE_LINE = 15;

/** Rows of one case that follow each other. */
export interface Group {
  readonly name: readonly string[];
  readonly rows: readonly Row[];
  /** Below the first one. */
  readonly y: number;
  readonly height: number;
}

/** With names of cases in lines of at most so many letters. */
export function groupsOf(table: Table, letters: number): readonly Group[] {
  const groups: Group[] = [];
  for (const row of table.rows) {
    const last = groups.at(-1);
    const isSame = last !== undefined && last.rows[0]?.case === row.case;
    const rows = isSame ? [...last.rows, row] : [row];
    const name = wrapped(row.case, letters).split('\n');
    const y = isSame ? last.y : last === undefined ? 0 : last.y + last.height + BETWEEN_CASES;
    const group = { name, rows, y, height: Math.max(rows.length * PITCH, name.length * CASE_LINE) };
    if (isSame) groups[groups.length - 1] = group;
    else groups.push(group);
  }
  return groups;
}

export const heightOf = (groups: readonly Group[]): number => {
  const last = groups.at(-1);
  return last === undefined ? 0 : last.y + last.height;
};
