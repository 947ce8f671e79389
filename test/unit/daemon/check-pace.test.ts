import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant, wallTime } from '../../../src/base/units.ts';
import { paced } from '../../../src/daemon/check-pace.ts';

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test('paced runs at once, rests in proportion to what it took, then does all that was asked meanwhile once', async () => {
  let now = 0;
  let runs = 0;
  const pauses: [number, () => void][] = [];
  const ask = paced(
    {
      clock: { now: () => instant(now), wall: () => wallTime(0) },
      after: (delay, run) => {
        pauses.push([delay, run]);
        return () => undefined;
      },
    },
    9,
    async () => {
      runs++;
      await settle();
      now += 20_000;
    },
  );
  ask();
  ask();
  assert.equal(runs, 1);
  await settle();
  ask();
  const [pause, rested] = pauses.shift() ?? assert.fail('it does not rest');
  assert.deepEqual([runs, pause], [1, 180]);
  rested();
  assert.equal(runs, 2);
  await settle();
  pauses.shift()?.[1]();
  assert.equal(runs, 2, 'nobody asked');
  ask();
  assert.equal(runs, 3);
});
