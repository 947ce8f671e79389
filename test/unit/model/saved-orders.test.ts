import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { instant, millis, wallTime } from '../../../src/base/units.ts';
import type { PlacedOrder } from '../../../src/model/orders.ts';
import { printSavedOrders, recallOrders } from '../../../src/model/saved-orders.ts';

const ORIGIN = {
  bootId: '5a0e1c1e-3c3c-4b7e-9d43-0c2f5d6f7a80',
  netNamespace: 'net:[4026531840]',
  savedAt: { wall: wallTime(1_795_000_000_000), monotonic: instant(5_000_000) },
};
const since = wallTime(1_794_999_000_000);
const at = { service: 'tcp 10.0.0.1:80', server: '[2001:db8::1]:81' };
const ORDERS: readonly PlacedOrder[] = [
  { ...at, order: { kind: 'maint', since } },
  { ...at, server: '10.0.1.1:80', order: { kind: 'drain', since, limit: millis(300_000) } },
  { ...at, service: 'fwmark 7', order: { kind: 'weight', since, weight: { count: 50, isPercent: true } } },
];
const TEXT = printSavedOrders(ORIGIN, ORDERS);

test('recallOrders reads what printSavedOrders writes, of any boot, and nothing else', () => {
  assert.deepEqual(recallOrders(TEXT), { ok: true, value: ORDERS });
  const [first] = ORDERS;
  for (const order of [
    null,
    { kind: 'maint' },
    { kind: 'drain', since },
    { kind: 'weight', since, weight: { count: 2 ** 31, isPercent: false } },
    { kind: 'out', since },
    { kind: 'maint', since: -1 },
  ]) {
    const recalled = recallOrders(JSON.stringify({ ...JSON.parse(TEXT), orders: [{ ...first, order }] }));
    assert.equal(recalled.ok ? null : recalled.error.code, 'damaged', JSON.stringify(order));
  }
});

test('recallOrders gives orders or a reason for any text', () => {
  const mangled = fc
    .tuple(fc.nat(TEXT.length), fc.nat(20), fc.string())
    .map(([from, cut, put]) => TEXT.slice(0, from) + put + TEXT.slice(from + cut));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), mangled), (text) => {
      const recalled = recallOrders(text);
      if (recalled.ok) assert.deepEqual(recallOrders(printSavedOrders(ORIGIN, recalled.value)), recalled);
    }),
  );
});
