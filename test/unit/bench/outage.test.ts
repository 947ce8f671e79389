import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdingBetween } from '../../../bench/bed/holding.ts';
import { outageBetween } from '../../../bench/bed/outage.ts';

const MS = 1000;
const inMicros = (...values: readonly number[]) => values.map((ms) => ms * MS);

test('outageBetween counts unanswered probes and the longest silence', () => {
  const probes = {
    sent: inMicros(0, 2, 4, 6, 8, 10, 12),
    answered: inMicros(0.1, 2.1, 0, 9, 9.1, 10.1, 0),
    late: inMicros(0, 0, 0.3, 0, 0, 0, 0),
    duplicates: inMicros(9.2),
  };
  assert.deepEqual(outageBetween(probes, 1 * MS, 10.1 * MS), { lost: 1, gap: 6.9, duplicates: 1, late: 0.3 });
  assert.equal(outageBetween(probes, 1 * MS, 30 * MS).gap, 19.9, 'silence at the end lasts to the end');
});

test('outageBetween forgives a pause of the prober, but not a late answer', () => {
  const probes = {
    sent: inMicros(0, 9, 10, 12, 14),
    answered: inMicros(0.5, 9.5, 10.5, 17.5, 17.6),
    late: inMicros(0, 7, 0, 0, 0),
    duplicates: [],
  };
  assert.equal(outageBetween(probes, 1 * MS, 10 * MS).gap, 2);
  assert.equal(outageBetween(probes, 1 * MS, 17 * MS).gap, 7);
});

test('holdingBetween tells nobody from two holders, and counts who newly came to hold', () => {
  const first = [
    { at: 0, count: 1 },
    { at: 10 * MS, count: 0 },
    { at: 40 * MS, count: 1 },
  ];
  const second = [
    { at: 0, count: 0 },
    { at: 15 * MS, count: 1 },
    { at: 42 * MS, count: 0 },
  ];
  assert.deepEqual(holdingBetween([first, second], 5 * MS, 50 * MS), { none: 5, both: 2, moves: 2 });
});
