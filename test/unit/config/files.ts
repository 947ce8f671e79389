import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout, wherever the compiled tests are. */
export const root = upToPackage(path.dirname(fileURLToPath(import.meta.url)));

export const read = (name: string): string => readFileSync(path.join(root, name), 'utf8');

function upToPackage(from: string): string {
  return existsSync(path.join(from, 'package.json')) ? from : upToPackage(path.dirname(from));
}
