import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top of the checkout, wherever the compiled test runs from. */
export const root: string = findRoot(path.dirname(fileURLToPath(import.meta.url)));

function findRoot(from: string): string {
  if (existsSync(path.join(from, 'package.json'))) return from;
  const up = path.dirname(from);
  if (up === from) throw new Error('no package.json above the test');
  return findRoot(up);
}
