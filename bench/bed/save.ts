import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../test/support/root.ts';

/** Writes all that was measured as JSON; gives the file. */
export function save(name: string, measured: unknown): string {
  const directory = path.join(root, '.cache/bench');
  mkdirSync(directory, { recursive: true });
  const file = path.join(directory, `${name}.json`);
  writeFileSync(file, `${JSON.stringify({ measuredAt: new Date().toISOString(), measured }, null, 1)}\n`);
  return file;
}
