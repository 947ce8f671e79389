import assert from 'node:assert/strict';
import { test } from 'node:test';
import { millis } from '../../../src/base/units.ts';
import { CheckWorld, checkConfig, serverConfig, serviceConfig } from './check-world.ts';

/** Seconds: delay_loop, retry, delay_before_retry, connect_timeout. Defaults, those of tutorials, and odd ones. */
const TIMINGS = [
  [60, 1, 1, 5],
  [6, 3, 3, 3],
  [3, 3, 3, 3],
  [1, 0, 1, 1],
  [10, 2, 10, 4],
] as const;
const ADDRESS = '10.0.0.1';
/** Fine enough that the formulas can be told apart. */
const TICK = 0.25;

/** Runs until the kernel's table has the server, or has it no more; the seconds that took. */
async function until(world: CheckWorld, isThere: boolean): Promise<number> {
  const has = () => Object.values(world.table()).flat().includes(ADDRESS);
  let ticks = 0;
  while (has() !== isThere) {
    await world.run(TICK);
    assert.ok(++ticks * TICK < 300, `the server never ${isThere ? 'came' : 'went'}`);
  }
  return ticks * TICK;
}

test("Check takes a server out and back at the times of keepalived's formulas, refused or silent", async () => {
  for (const [interval, retry, delay, timeout] of TIMINGS) {
    for (const isSilent of [false, true]) {
      const world = new CheckWorld();
      const check = {
        ...checkConfig(ADDRESS),
        ...{ interval: millis(interval * 1000), retry, delayBeforeRetry: millis(delay * 1000) },
        timeout: millis(timeout * 1000),
      };
      const servers = [{ ...serverConfig(ADDRESS), checks: [check] }];
      await world.desire(1, [{ ...serviceConfig('10.0.0.100', []), servers }]);
      // The first probe is after 1 s; then it fails a third of an interval after another one.
      await world.run(1 + interval + interval / 3);
      world.sicken(ADDRESS, isSilent ? 'timeout' : 'refused');
      const lasts = isSilent ? timeout : 0;
      world.latency = lasts * 1000;
      const toProbe = interval - interval / 3;
      const gone = await until(world, false);
      // The first failure, then `retry` more, each the delay after the end of the one before.
      const out = toProbe + retry * delay + (retry + 1) * lasts;
      assert.ok(
        Math.abs(gone - out) <= 2 * TICK,
        `${[interval, retry, delay, timeout]}: ${gone} s, ${out} expected`,
      );
      world.heal(ADDRESS);
      world.latency = 0;
      const back = await until(world, true);
      assert.ok(Math.abs(back - interval) <= 2 * TICK, `${[interval, retry]}: back after ${back} s`);
    }
  }
});
