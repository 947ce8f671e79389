import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { printJson } from '../../../src/view/json.ts';

test('printJson writes integers beyond 2^53 with all their digits', () => {
  assert.equal(
    printJson({ in_bytes: 18446744073709551615n, empty: [], none: {}, list: [9007199254740993n, null] }),
    `{
  "in_bytes": 18446744073709551615,
  "empty": [],
  "none": {},
  "list": [
    9007199254740993,
    null
  ]
}`,
  );
});

test('printJson equals JSON.stringify for values without a BigInt', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
      assert.equal(printJson(value as never), JSON.stringify(value, null, 2));
    }),
  );
});

test('printJson throws on a number that JSON has no text for', () => {
  assert.throws(() => printJson({ rate: Number.NaN }), RangeError);
});
