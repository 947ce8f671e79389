// What one run of a measurement gave, as it is kept.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../test/support/root.ts';
import { OptionError } from './options.ts';
import type { Machine, Report } from './report.ts';

export interface Result {
  /** When it began, as Date.toISOString gives it. */
  readonly date: string;
  /** How long it took. Seconds. */
  readonly took: number;
  /** The words behind its name on the command line. */
  readonly args: readonly string[];
  /** The git revision that was measured, with a + where files differed from it; null outside a checkout. */
  readonly revision: string | null;
  /** The machine that asked. `report.machine` is the one that measured, where it is another. */
  readonly machine: Machine;
  /** Processes that ran or waited, the mean of a minute. */
  readonly load: { readonly before: number; readonly after: number };
  readonly report: Report;
}

export const RESULTS: string = path.join(root, 'bench/results');

/** Where what was measured at `date` is kept, without an ending: `…/checks-2026-11-22T05-57-12`. */
export const pathOf = (name: string, date: string): string =>
  path.join(RESULTS, `${name}-${date.slice(0, 19).replaceAll(':', '-')}`);

/** Writes anything that was measured as JSON; gives the file. */
export function writeMeasured(name: string, date: string, measured: unknown): string {
  mkdirSync(RESULTS, { recursive: true });
  const file = `${pathOf(name, date)}.json`;
  writeFileSync(file, `${JSON.stringify(measured, null, 1)}\n`);
  return file;
}

/** Throws an OptionError where the file is not that of a result. */
export function readResult(file: string): Result {
  try {
    const read: Partial<Result> | null = JSON.parse(readFileSync(file, 'utf8'));
    const isWhole = typeof read?.report?.name === 'string' && Array.isArray(read.report.tables);
    if (!isWhole || !Array.isArray(read.args) || read.machine?.peers === undefined)
      throw new Error('it has no report');
    return read as Result;
  } catch (error) {
    throw new OptionError(
      `${file} is not the JSON of an earlier run: ${error instanceof Error ? error.message : error}`,
    );
  }
}
