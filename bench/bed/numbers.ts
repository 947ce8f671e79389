/** The middle of some values, the upper one of two. */
export function median(values: readonly number[]): number {
  const middle = [...values].sort((a, b) => a - b)[values.length >> 1];
  if (middle === undefined) throw new Error('no values');
  return middle;
}

export const worst = (values: readonly number[]): number => Math.max(...values);

/** Three digits, or what is before the point, as no measurement here is more exact; thousandths at least. */
export function printNumber(value: number): string {
  if (Number.isInteger(value) || value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value.toFixed(value >= 1 ? 2 : 3);
}

/** Rows of cells, each column as wide as its widest cell; the last cell of a row may be wider. */
export function printTable(rows: readonly (readonly string[])[]): string {
  const width = (column: number) =>
    Math.max(...rows.map((row) => (column < row.length - 1 ? (row[column]?.length ?? 0) : 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(width(i)))
      .join('  ')
      .trimEnd();
  return `${rows.map(line).join('\n')}\n`;
}
