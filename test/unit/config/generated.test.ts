import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GENERATED } from '../../../conf/generate.ts';
import { read } from './files.ts';

for (const [file, print] of Object.entries(GENERATED)) {
  test(`${file} is what npm run gen writes`, () => {
    assert.equal(read(file), print());
  });
}
