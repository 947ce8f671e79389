import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Track, TrackerHealth, TrackerKind } from '../../../src/model/tracking.ts';
import { mergeTracks, standing, type Trackers } from '../../../src/vrrp/tracking.ts';

const track = (kind: TrackerKind, weight: number, reverse = false, name = 'x'): Track => ({
  kind,
  name,
  weight,
  reverse,
});

/** Trackers that all say the same. */
const saying = (health: TrackerHealth, value = 0): Trackers => ({ health: () => health, value: () => value });

/** The effective priority over a base of 100, or why it is in fault. */
function outcome(tracks: readonly Track[], trackers: Trackers, priority = 100): number | string {
  const stands = standing({ priority }, tracks, trackers);
  return stands.faults.length > 0 ? stands.faults.join('; ') : stands.priority;
}

const WEIGHTS: readonly (readonly [
  weight: number,
  reverse: boolean,
  good: number | string,
  bad: number | string,
])[] = [
  [20, false, 120, 100],
  [-20, false, 100, 80],
  [20, true, 100, 120],
  [-20, true, 80, 100],
  [0, false, 100, 'script x fails'],
  [0, true, 'script x is good (reverse)', 100],
];
for (const [weight, reverse, good, bad] of WEIGHTS) {
  test(`standing() of a script of weight ${weight}${reverse ? ' reverse' : ''}`, () => {
    const tracks = [track('script', weight, reverse)];
    assert.equal(outcome(tracks, saying('good')), good);
    assert.equal(outcome(tracks, saying('bad')), bad);
    assert.equal(outcome(tracks, saying('unusable')), 100, 'what can tell nothing changes nothing');
    const untold = standing({ priority: 100 }, tracks, saying('unknown'));
    assert.deepEqual([untold.priority, untold.faults], [100, []]);
    assert.deepEqual(untold.pending, weight === 0 ? ['script x has no result yet'] : []);
  });
}

const FILES: readonly (readonly [
  weight: number,
  reverse: boolean,
  value: number,
  result: number | string,
])[] = [
  [1, false, 0, 100],
  [1, false, 30, 130],
  [1, false, -30, 70],
  [-2, false, 30, 40],
  [2, true, 30, 40],
  [1, false, -253, 1],
  [1, false, -254, 'file x says -254'],
  [-254, false, 1, 'file x says 1'],
  [1, false, 9999, 254],
  [0, false, 0, 100],
  [0, false, 7, 'file x says 7'],
  [0, true, 0, 'file x says 0'],
  [0, true, 7, 100],
];
for (const [weight, reverse, value, result] of FILES) {
  test(`standing() of a file with ${value} and weight ${weight}${reverse ? ' reverse' : ''} is ${result}`, () => {
    assert.equal(outcome([track('file', weight, reverse)], saying('good', value)), result);
  });
}

test('standing() clamps the sum to 1 and 254, not what leads to it', () => {
  const up = track('script', 250, false, 'up');
  const down = track('process', -250, false, 'down');
  const trackers: Trackers = { health: (_, name) => (name === 'up' ? 'good' : 'bad'), value: () => 0 };
  assert.equal(outcome([up], trackers), 254);
  assert.equal(outcome([down], trackers), 1);
  assert.equal(outcome([up, down], trackers), 100);
});

test('standing() of an owner is 255 whatever its trackers say, but they may be a fault', () => {
  assert.equal(outcome([track('script', -20)], saying('bad'), 255), 255);
  assert.equal(outcome([track('interface', 0)], saying('bad'), 255), 'interface x is down');
});

test('standing() shows what each tracker contributes', () => {
  const tracks = [track('interface', -20), track('bfd', 0), track('file', 2)];
  const { tracks: shown } = standing({ priority: 100 }, tracks, saying('bad', 7));
  assert.deepEqual(
    shown.map(({ contributes }) => contributes),
    [-20, null, 14],
  );
});

test('mergeTracks() counts what an instance and its group follow once, with the weight of the group', () => {
  const own: Track[] = [
    { kind: 'script', name: 'a', weight: 10, reverse: true },
    { kind: 'interface', name: 'a', weight: 5, reverse: false },
  ];
  const group: Track[] = [
    { kind: 'script', name: 'a', weight: 0, reverse: false },
    { kind: 'file', name: 'f', weight: 1, reverse: false },
  ];
  assert.deepEqual(mergeTracks(own, group), [
    { kind: 'script', name: 'a', weight: 0, reverse: true },
    { kind: 'interface', name: 'a', weight: 5, reverse: false },
    { kind: 'file', name: 'f', weight: 1, reverse: false },
  ]);
});
