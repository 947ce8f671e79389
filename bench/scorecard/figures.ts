import { median, printNumber, worst } from '../bed/numbers.ts';
import type { Kind } from '../bed/program.ts';
import type { Quantity, Row } from './row.ts';

/** What the runs of a row gave, by program and quantity; or why it could not be measured. */
export type Measured =
  | {
      readonly row: number;
      readonly runs: Readonly<Record<Kind, readonly Readonly<Record<string, number>>[]>>;
    }
  | { readonly row: number; readonly failed: string };

export const HEADING = ['row', 'quantity', 'lbd', 'keepalived', 'target', ''];

/** A line for each quantity of a row: the figures of both, the target, and whether lbd's worst reaches it. */
export function printRow(row: Row, measured: Measured): readonly (readonly string[])[] {
  const title = [String(row.number), row.title];
  if ('failed' in measured) return [[...title, '', '', '', `not measured: ${measured.failed}`]];
  const values = (kind: Kind, key: string) =>
    measured.runs[kind].map((run) => run[key]).filter((value) => value !== undefined);
  return [
    title,
    ...Object.entries(row.quantities).map(([key, quantity]) => [
      '',
      `  ${quantity.name}`,
      printValues(values('lbd', key), quantity),
      printValues(values('keepalived', key), quantity),
      `${printNumber(quantity.target)} ${quantity.unit}`,
      verdict(values('lbd', key), quantity),
    ]),
  ];
}

function verdict(values: readonly number[], { name, target }: Quantity): 'ok' | 'miss' {
  if (values.length === 0) throw new Error(`lbd has no figure for: ${name}`);
  return worst(values) <= target ? 'ok' : 'miss';
}

function printValues(values: readonly number[], { unit, watched, notOfKeepalived }: Quantity): string {
  if (values.length === 0) return notOfKeepalived ?? 'no figure';
  const one = (value: number) =>
    `${watched !== undefined && value >= watched ? '≥ ' : ''}${printNumber(value)}`;
  const middle = median(values);
  return values.length === 1 ? `${one(middle)} ${unit}` : `${one(middle)} / ${one(worst(values))} ${unit}`;
}
