export interface Column {
  readonly title: string;
  /** To the right: numbers. */
  readonly right?: boolean;
}

/** A table for people: columns two blanks apart and as wide as they need to be. Lines carry no trailing space. */
export function showColumns(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const titles = columns.map(({ title }) => title);
  const widths = columns.map((_, i) =>
    [titles, ...rows].reduce((width, row) => Math.max(width, row[i]?.length ?? 0), 0),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (columns[i]?.right ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return [titles, ...rows].map((row) => `${line(row)}\n`).join('');
}
