import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { wallTime } from '../../../src/base/units.ts';
import { type FlowSyncWindow, MOST_APART, stepWindow } from '../../../src/wire/flow-sync-window.ts';

const NOW = wallTime(1_700_000_000_000);

/** What becomes of datagrams, [epoch, sequence, seconds after NOW that it says, seconds after NOW that it comes]. */
function outcomes(datagrams: readonly (readonly [number, number, number?, number?])[]): readonly unknown[] {
  let window: FlowSyncWindow | null = null;
  return datagrams.map(([epoch, sequence, said = 0, came = said]) => {
    const time = wallTime(NOW + 1000 * said);
    const at = { epoch: BigInt(epoch), sequence: BigInt(sequence), time };
    const stepped = stepWindow(window, at, wallTime(NOW + 1000 * came));
    if (!stepped.ok) return stepped.error;
    window = stepped.value.window;
    return stepped.value.lost;
  });
}

test('a datagram is taken once, in its life and in its time', () => {
  const lost3 = [
    [5, 1],
    [5, 5],
    [5, 3],
    [5, 3],
    [5, 5],
    [5, 6],
  ] as const;
  assert.deepEqual(outcomes(lost3), [0, 3, -1, 'replay', 'replay', 0]);
  assert.deepEqual(
    outcomes([
      [5, 100],
      [6, 1],
      [5, 101],
      [6, 2],
    ]),
    [0, 0, 'replay', 0],
    'another life',
  );
  assert.deepEqual(
    outcomes([
      [5, 1],
      [5, 66],
      [5, 2],
      [5, 3],
    ]),
    [0, 64, 'replay', -1],
    'too late',
  );
  assert.deepEqual(
    outcomes([
      [5, 1, 0, 61],
      [5, 1, 61, 0],
      [5, 1, 0, 60],
    ]),
    ['time', 'time', 0],
  );
  const stepped = [
    [5, 9, 0],
    [4, 1, 100],
    [4, 1, 121],
    [5, 10, 122],
  ] as const;
  assert.deepEqual(
    outcomes(stepped),
    [0, 'replay', 0, 0],
    'its clock went back: believed when nothing old is in time',
  );
});

test('what was taken is not taken again while it is in time, in whatever order it comes', () => {
  const datagram = fc.record({ epoch: fc.nat(2), sequence: fc.nat(200), at: fc.nat(400) });
  fc.assert(
    fc.property(fc.array(datagram, { maxLength: 60 }), (sent) => {
      let window: FlowSyncWindow | null = null;
      const taken = new Set<string>();
      // The clock of the receiver goes on; each comes at its time, and again whenever another does.
      const all = sent.sort((a, b) => a.at - b.at);
      for (const { at: seconds } of all)
        for (const { epoch, sequence, at } of all) {
          if (at > seconds) continue;
          const now = wallTime(NOW + 1000 * seconds);
          const time = wallTime(NOW + 1000 * at);
          const said = { epoch: BigInt(epoch), sequence: BigInt(sequence), time };
          const stepped = stepWindow(window, said, now);
          if (!stepped.ok) continue;
          assert.ok(now - time <= MOST_APART);
          const name = `${epoch} ${sequence} ${at}`;
          assert.ok(!taken.has(name), name);
          taken.add(name);
          window = stepped.value.window;
        }
    }),
  );
});
