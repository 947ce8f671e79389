import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countTap } from '../../stages/tap.ts';

const totals = (pass: number, fail: number, cancelled: number, skipped: number) =>
  `# tests 9\n# suites 0\n# pass ${pass}\n# fail ${fail}\n# cancelled ${cancelled}\n# skipped ${skipped}\n# todo 0\n`;

test('countTap counts cancelled tests as failed and says why tests were skipped', () => {
  const text = `TAP version 13\n    ok 2 - captures decode # SKIP no tshark\nok 1 - a\n1..1\n${totals(3, 1, 2, 1)}`;
  assert.deepEqual(countTap(text), {
    passed: 3,
    failed: 3,
    skipped: 1,
    notes: ['skip: captures decode: no tshark'],
  });
});

test('countTap gives null for a report that was cut off', () => {
  assert.equal(countTap('TAP version 13\nok 1 - a\n'), null);
});
