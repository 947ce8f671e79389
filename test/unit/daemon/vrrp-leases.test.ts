import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Centis, centis, centisToMicros, instant, later } from '../../../src/base/units.ts';
import type { VrrpBelongings } from '../../../src/daemon/vrrp-belongings.ts';
import { VrrpLeases } from '../../../src/daemon/vrrp-leases.ts';
import { leaseSeconds } from '../../../src/vrrp/lease.ts';
import { instanceConfig } from '../../support/instances.ts';

/** After which adverts of the first ten the lifetimes were set. */
function renewals(advertInterval: Centis): readonly number[] {
  const config = instanceConfig({ version: 3, advertInterval });
  let now = instant(1_000_000);
  let advert = 0;
  const renewed: number[] = [];
  const belongings: Pick<VrrpBelongings, 'renew' | 'hold'> = {
    renew: () => renewed.push(advert),
    hold: assert.fail,
  };
  const leases = new VrrpLeases({ now: () => now, wall: assert.fail }, belongings);
  for (; advert < 10; advert++) {
    leases.renew(config);
    now = later(now, centisToMicros(advertInterval));
  }
  return renewed;
}

test('VrrpLeases.renew sets lifetimes before more than a quarter of them is over', () => {
  assert.equal(leaseSeconds(instanceConfig({ version: 3, advertInterval: centis(10) })), 2);
  assert.deepEqual(renewals(centis(10)), [0, 5]);
  assert.deepEqual(renewals(centis(20)), [0, 2, 4, 6, 8]);
  assert.deepEqual(renewals(centis(30)), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(renewals(centis(100)), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
