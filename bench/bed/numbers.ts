/** The middle of some values; of an even number of them, what is halfway between the two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  if (upper === undefined) throw new Error('no values');
  const lower = sorted[(sorted.length - 1) >> 1] ?? upper;
  return (lower + upper) / 2;
}

export const worst = (values: readonly number[]): number => Math.max(...values);

/** Three digits, or what is before the point, as no measurement here is more exact; thousandths at least. */
export function printNumber(value: number): string {
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return value.toFixed(size >= 1 ? 2 : 3);
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
