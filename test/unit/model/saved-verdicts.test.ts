import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { instant, wallTime } from '../../../src/base/units.ts';
import { printSavedVerdicts, recallVerdicts } from '../../../src/model/saved-verdicts.ts';

const ORIGIN = {
  bootId: '5a0e1c1e-3c3c-4b7e-9d43-0c2f5d6f7a80',
  netNamespace: 'net:[4026531840]',
  savedAt: { wall: wallTime(1_795_000_000_000), monotonic: instant(5_000_000) },
};
const DOWN = { 'tcp 10.0.0.1:80': ['10.0.1.1:80', '[2001:db8::1]:81'], 'fwmark 7': ['10.0.1.1:0'] };
const TEXT = printSavedVerdicts(ORIGIN, { down: DOWN });
const recall = (text: string) => recallVerdicts(text, ORIGIN, instant(5_000_000));

test('recallVerdicts reads what printSavedVerdicts writes, of this boot and namespace', () => {
  const over = (part: object) => {
    const recalled = recall(JSON.stringify({ ...JSON.parse(TEXT), ...part }));
    return recalled.ok ? recalled.value.down : recalled.error.code;
  };
  assert.deepEqual(over({}), DOWN);
  assert.equal(over({ bootId: '00000000-0000-0000-0000-000000000000' }), 'other_boot');
  assert.equal(over({ netNamespace: 'net:[4026532281]' }), 'other_namespace');
  for (const down of [null, [], 'x', { a: 'b' }, { a: [1] }]) assert.equal(over({ down }), 'damaged');
});

test('recallVerdicts gives verdicts or a reason for any text', () => {
  const mangled = fc
    .tuple(fc.nat(TEXT.length), fc.nat(20), fc.string())
    .map(([at, cut, put]) => TEXT.slice(0, at) + put + TEXT.slice(at + cut));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), mangled), (text) => {
      const recalled = recall(text);
      if (recalled.ok) assert.deepEqual(recall(printSavedVerdicts(ORIGIN, recalled.value)), recalled);
    }),
  );
});
