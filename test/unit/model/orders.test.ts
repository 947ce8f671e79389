import assert from 'node:assert/strict';
import { test } from 'node:test';
import { millis, wallTime } from '../../../src/base/units.ts';
import { orderAmong, orderedWeight, parseOrderedWeight, withOrders } from '../../../src/model/orders.ts';
import { serviceConfig } from '../daemon/check-world.ts';

const since = wallTime(0);
const weight = (text: string) => {
  const parsed = parseOrderedWeight(text);
  assert.ok(parsed !== null, text);
  return { kind: 'weight', since, weight: parsed } as const;
};

test('orderedWeight replaces a weight, or takes a part of it that is at least 1', () => {
  for (const [text, had, expected] of [
    ['5', 100, 5],
    ['0', 100, 0],
    ['50%', 100, 50],
    ['150%', 10, 15],
    ['1%', 3, 1],
    ['0%', 3, 0],
    ['50%', 0, 0],
    ['200%', 2_147_483_647, 2_147_483_647],
  ] as const) {
    assert.equal(orderedWeight(weight(text), had), expected, `${text} of ${had}`);
  }
  assert.equal(orderedWeight({ kind: 'maint', since }, 7), 7);
});

test('parseOrderedWeight takes whole numbers that the kernel takes, and percent', () => {
  for (const text of ['', '-1', '1.5', '%', '5 %', '2147483648', 'half']) {
    assert.equal(parseOrderedWeight(text), null, text);
  }
});

test('withOrders leaves out who is to be out, and gives the others their weights', () => {
  const web = serviceConfig('10.0.0.100', ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4']);
  const of = (n: number) => ({ service: 'tcp 10.0.0.100:80', server: `10.0.0.${n}:80` });
  const orders = [
    { ...of(1), order: { kind: 'maint', since } as const },
    { ...of(2), order: { kind: 'drain', since, limit: millis(1000) } as const },
    { ...of(3), order: weight('9') },
    { service: 'tcp 10.0.0.101:80', server: '10.0.0.4:80', order: { kind: 'maint', since } as const },
  ];
  const { servers } = withOrders(web, orderAmong(orders));
  assert.deepEqual(
    servers.map(({ key, attrs }) => `${key.address} ${attrs.weight}`),
    ['10.0.0.3 9', '10.0.0.4 1'],
  );
});
