import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import { FamiliarSources } from '../../../src/vrrp/familiar.ts';

test('FamiliarSources keeps who is heard again and again, whatever number of sources is heard once', () => {
  const familiar = new FamiliarSources();
  const [master, backup] = ['10.0.0.1' as Ip, '10.0.0.2' as Ip];
  assert.deepEqual(
    [familiar.note(master), familiar.note(master), familiar.note(backup)],
    [false, true, false],
  );
  familiar.note(backup);
  for (let i = 0; i < 10_000; i++) {
    const stranger = `10.1.${i >> 8}.${i & 255}` as Ip;
    assert.equal(familiar.note(stranger), false);
    assert.ok(familiar.addresses.includes(stranger), 'the newest is there, or it never would be');
  }
  assert.equal(familiar.addresses.length, 64);
  assert.deepEqual(familiar.addresses.slice(0, 2), [master, backup]);
});
