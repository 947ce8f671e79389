import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Micros, micros, millis, millisToMicros, seconds } from '../../../src/base/units.ts';
import { nextStep, shareOf, slowShare } from '../../../src/health/slow-start.ts';

/** The weights that a server has, each with the second at which it gets it. */
function rise(weight: number, over: number): [second: number, weight: number][] {
  const steps: [number, number][] = [];
  let since: Micros = micros(0);
  for (;;) {
    const now = shareOf(weight, slowShare(since, millis(over)));
    if (steps.at(-1)?.[1] !== now) steps.push([since / 1e6, now]);
    const next = nextStep(weight, since, millis(over));
    if (next === null) return steps;
    since = micros(since + millisToMicros(next));
  }
}

test('slowShare rises from a tenth of the weight to the whole, in whole weights', () => {
  assert.deepEqual(
    rise(10, 9000),
    Array.from({ length: 10 }, (_, i) => [i, i + 1]),
  );
  assert.deepEqual(rise(1, 60_000), [[0, 1]]);
  assert.deepEqual(rise(0, 60_000), [[0, 0]]);
  assert.deepEqual(rise(2, 9000), [
    [0, 1],
    [9, 2],
  ]);
});

test('nextStep changes a weight once a second at most, until it is whole', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100_000 }),
      fc.integer({ min: 1, max: 100_000 }),
      (weight, over) => {
        const steps = rise(weight, over);
        assert.deepEqual(
          [steps[0]?.[1], steps.at(-1)?.[1]],
          [Math.max(1, Math.floor(weight / 10 + 1e-9)), weight],
        );
        for (const [i, [at, now]] of steps.entries()) {
          const before = steps[i - 1];
          if (before === undefined) continue;
          // In whole microseconds: 2.3 - 1.3 is less than 1.
          assert.ok(Math.round((at - before[0]) * 1e6) >= 1e6 && now > before[1]);
        }
        assert.ok((steps.at(-1)?.[0] ?? 0) * 1000 < over + 1001);
      },
    ),
    { numRuns: 200, examples: [[3, 1590]] },
  );
  assert.equal(nextStep(10, seconds(0), millis(0)), null);
});
