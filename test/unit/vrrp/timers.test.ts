import assert from 'node:assert/strict';
import { test } from 'node:test';
import { centis, seconds } from '../../../src/base/units.ts';
import { activeInterval, masterDownInterval, skewTime, type TimerConfig } from '../../../src/vrrp/timers.ts';

const timers = (over: Partial<TimerConfig>): TimerConfig => ({
  version: 2,
  priority: 100,
  advertInterval: centis(100),
  downTimerAdverts: 3,
  ...over,
});

const ROWS: readonly (readonly [
  version: 2 | 3,
  priority: number,
  interval: number,
  skew: number,
  down: number,
])[] = [
  [2, 100, 1, 609_375, 3_609_375],
  [2, 255, 1, 3_906, 3_003_906],
  [2, 1, 1, 996_094, 3_996_094],
  [2, 100, 10, 609_375, 30_609_375],
  [3, 100, 1, 609_375, 3_609_375],
  [3, 255, 1, 3_906, 3_003_906],
  [3, 100, 0.01, 6_094, 36_094],
  [3, 101, 0.01, 6_055, 36_055],
  [3, 100, 40.95, 24_953_906, 147_803_906],
];
for (const [version, priority, interval, skew, down] of ROWS) {
  test(`masterDownInterval() of version ${version}, priority ${priority}, ${interval} s is ${down} µs`, () => {
    const config = timers({ version, priority });
    assert.equal(skewTime(config, seconds(interval)), skew);
    assert.equal(masterDownInterval(config, seconds(interval)), down);
  });
}

test('masterDownInterval() counts the adverts of down_timer_adverts', () => {
  assert.equal(masterDownInterval(timers({ downTimerAdverts: 5 }), seconds(1)), 5_609_375);
});

test('activeInterval() is the one that was heard in version 3, and always our own in version 2', () => {
  assert.equal(activeInterval(timers({ version: 3 }), seconds(4)), seconds(4));
  assert.equal(activeInterval(timers({ version: 3 }), null), seconds(1));
  assert.equal(activeInterval(timers({ version: 2 }), seconds(4)), seconds(1));
});

test('activeInterval() is four times our own at most, whatever was heard', () => {
  assert.equal(activeInterval(timers({ version: 3 }), seconds(40.95)), seconds(4));
  assert.equal(activeInterval(timers({ version: 3, advertInterval: centis(10) }), seconds(1)), seconds(0.4));
});

for (const priority of [1, 100, 254]) {
  test(`masterDownInterval() of priority ${priority} outlasts a master that advertises twelve times slower`, () => {
    const config = timers({ version: 3, priority });
    for (const slower of [3, 12]) {
      const heard = seconds(slower);
      assert.ok(masterDownInterval(config, activeInterval(config, heard)) > heard, `${slower} s`);
    }
  });
}
