import { writeFileSync } from 'node:fs';
import { printReference } from '../src/config/reference.ts';
import { jsonSchema } from '../src/config/schema/json-schema.ts';
import { printLayout } from '../src/wire/xdp/print-layout.ts';

/** Writes what is generated into conf/ and native/bpf/: `npm run gen`. */
export const GENERATED: Readonly<Record<string, () => string>> = {
  'conf/reference.md': printReference,
  'conf/lbd.schema.json': () => `${JSON.stringify(jsonSchema(), null, 2)}\n`,
  'native/bpf/layout.h': printLayout,
};

if (process.argv[1] === import.meta.filename) {
  for (const [file, print] of Object.entries(GENERATED)) writeFileSync(file, print());
}
