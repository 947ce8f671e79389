import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spacingOf } from '../../../bench/failover/spacing.ts';

const SOURCE = 14 + 12;

function heard(at: number, source: readonly number[]) {
  const frame = new Uint8Array(60);
  frame.set(source, SOURCE);
  return { at, frame };
}

test('adverts of one address are apart, whatever others say in between', () => {
  const own = (at: number) => heard(at, [10, 0, 0, 1]);
  const all = [own(0), heard(4000, [10, 0, 0, 2]), own(10_000), own(20_000), own(55_000)];
  assert.deepEqual(spacingOf(all, '10.0.0.1'), { p999: 35, longest: 35 });
  assert.deepEqual(spacingOf(all, '10.0.0.2'), { p999: Number.NaN, longest: Number.NaN });
});

test('of a thousand and more, one in a thousand may be longer than p99.9', () => {
  const times = Array.from({ length: 2001 }, (_, i) => i * 10_000);
  const late = times.map((at, i) => heard(i < 2000 ? at : at + 90_000, [10, 0, 0, 1]));
  assert.deepEqual(spacingOf(late, '10.0.0.1'), { p999: 10, longest: 100 });
});
