import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { wallTime } from '../../../src/base/units.ts';
import { showAge, showIsoTime, showTime } from '../../../src/view/time.ts';

test('showIsoTime agrees with Date over the years that ISO 8601 writes with four digits', () => {
  const from = Date.parse('0000-01-01T00:00:00.000Z');
  const to = Date.parse('9999-12-31T23:59:59.999Z');
  fc.assert(
    fc.property(fc.integer({ min: from, max: to }), (at) => {
      assert.equal(showIsoTime(wallTime(at)), new Date(at).toISOString());
    }),
  );
  assert.equal(showTime(wallTime(Date.parse('2028-02-29T23:59:59.999Z'))), '2028-02-29 23:59:59Z');
});

test('showAge gives the two largest units', () => {
  const ages = [-5_000, 0, 59_999, 723_000, 3_725_000, 273_906_000].map((ms) =>
    showAge(wallTime(0), wallTime(ms)),
  );
  assert.deepEqual(ages, ['0s', '0s', '59s', '12m 3s', '1h 2m', '3d 4h']);
});
