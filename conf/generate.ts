import { writeFileSync } from 'node:fs';
import { printReference } from '../src/config/reference.ts';
import { jsonSchema } from '../src/config/schema/json-schema.ts';

/** Writes what is generated into conf/: `npm run gen`. */
export const GENERATED: Readonly<Record<string, () => string>> = {
  'conf/reference.md': printReference,
  'conf/lbd.schema.json': () => `${JSON.stringify(jsonSchema(), null, 2)}\n`,
};

if (process.argv[1] === import.meta.filename) {
  for (const [file, print] of Object.entries(GENERATED)) writeFileSync(file, print());
}
