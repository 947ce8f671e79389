import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nextPlace } from '../../../src/health/stagger.ts';

test('nextPlace gives every part of the interval as many checks as any other, however many there are', () => {
  const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(place, fc.integer({ min: 1, max: 50 }), (first, each) => {
      const parts = Array.from({ length: 100 }, () => 0);
      for (let at = first, i = 0; i < 100 * each; i++, at = nextPlace(at)) {
        const part = Math.floor(at * 100);
        parts[part] = (parts[part] ?? 0) + 1;
      }
      assert.ok(Math.max(...parts) <= each + 3 && Math.min(...parts) >= each - 3, String(parts));
    }),
  );
});
