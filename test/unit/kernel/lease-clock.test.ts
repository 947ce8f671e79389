import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../../src/base/units.ts';
import { LeaseClock } from '../../../src/kernel/lease-clock.ts';

const SECOND = 1_000_000;

test('age() takes off how far the stamps are behind, once the quickest of them has told', () => {
  const clock = new LeaseClock();
  assert.equal(clock.age(1000, instant(12 * SECOND)), 2 * SECOND);
  // Of something that was stamped long before it was told.
  clock.learn(1000, instant(15 * SECOND));
  clock.learn(1000, instant(10.32 * SECOND));
  clock.learn(1000, instant(10.3 * SECOND));
  clock.learn(1000, instant(10.31 * SECOND));
  assert.equal(clock.age(1000, instant(12 * SECOND)), 1.7 * SECOND);
  assert.equal(clock.age(1000, instant(10.1 * SECOND)), 0);
});

test('age() goes on over the turn of the stamps', () => {
  const turn = 2 ** 32 * 10_000;
  assert.equal(new LeaseClock().age(2 ** 32 - 100, instant(turn + SECOND)), 2 * SECOND);
});
