import { styleText } from 'node:util';

const bold = (text: string) => styleText('bold', text);

let startedAt = Date.now();

export function title(text: string): void {
  startedAt = Date.now();
  process.stdout.write(`\n${bold(text)}\n`);
}

export function line(text: string): void {
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1).padStart(5);
  process.stdout.write(`  ${seconds} s  ${text}\n`);
}

/** A block of somebody else's text, indented. */
export function quote(text: string): void {
  process.stdout.write(`${text.trimEnd().replace(/^/gm, '           | ')}\n`);
}

export interface Row {
  readonly act: string;
  readonly what: string;
  readonly measured: string;
  readonly ok: boolean;
}

export function table(rows: readonly Row[]): void {
  const cells = rows.map((row) => [row.act, row.what, row.measured, row.ok ? 'ok' : 'FAILED']);
  const head = ['act', 'what', 'measured', ''];
  const widths = head.map((_, i) => Math.max(...[head, ...cells].map((cell) => (cell[i] ?? '').length)));
  const print = (cell: readonly string[]) =>
    cell
      .map((text, i) => text.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  process.stdout.write(`\n${bold(print(head))}\n${cells.map((cell) => `${print(cell)}\n`).join('')}`);
}
