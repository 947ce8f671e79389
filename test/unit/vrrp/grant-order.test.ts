import assert from 'node:assert/strict';
import { test } from 'node:test';
import { micros } from '../../../src/base/units.ts';
import { inTurn, type Wish, wishesOf } from '../../../src/vrrp/grant-order.ts';
import { ip } from '../../support/instances.ts';

const wish = (vrid: number, isGranted: boolean | null, holds = false): Wish => ({
  news: {
    ...{ family: 'inet', vrid, address: ip('10.0.0.1'), role: 'backup', priority: 100, canServe: true },
    ...{ holds, wants: micros(isGranted === null ? 0 : 5_000_000), hasGrant: false },
  },
  isGranted: () => isGranted,
});
const asked = (...members: readonly Wish[]) => wishesOf(inTurn(members));

test('inTurn() has a group ask for one member first, the same on every node, and for the others once it has that', () => {
  assert.equal(asked(wish(3, false), wish(1, false), wish(2, false)), 'inet 1 10.0.0.1');
  assert.equal(asked(wish(2, false), wish(3, true), wish(1, false)), 'inet 1 10.0.0.1');
  const all = 'inet 2 10.0.0.1,inet 1 10.0.0.1';
  assert.equal(asked(wish(2, false), wish(1, true)), all);
  assert.equal(asked(wish(2, true, true), wish(1, false, true)), all, 'who has addresses asks for each');
  assert.equal(
    asked(wish(1, null), wish(2, false)),
    'inet 2 10.0.0.1',
    'one that asks nobody is passed over',
  );
});
