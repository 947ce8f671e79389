import type { Column, Figures, Report, Row, Table } from '../../../bench/report/report.ts';

export const rounds = (...values: readonly number[]): Figures => ({ rounds: values });

export const MS: Column = { name: 'gap', unit: 'ms', better: 'less' };
export const RATE: Column = { name: 'rate', unit: '1/s', better: 'more' };

export const row = (name: string, program: string, ...cells: Row['cells']): Row => ({
  case: name,
  program,
  cells,
});

export const tableOf = (
  columns: readonly Column[],
  rows: readonly Row[],
  more: Partial<Table> = {},
): Table => ({
  title: 'a table',
  columns,
  rows,
  ...more,
});

export const reportOf = (...tables: readonly Table[]): Report => ({
  name: 'example',
  measures: 'What is measured.',
  limits: 'What limits it.',
  tables,
});
