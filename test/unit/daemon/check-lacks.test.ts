import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../../src/base/units.ts';
import { CheckLacks } from '../../../src/daemon/check-lacks.ts';
import { checkConfig } from './check-world.ts';

const plain = checkConfig('10.0.0.1');
const bound = { ...plain, source: { ...plain.source, interface: 'nosuch0' } };
const at = (seconds: number) => instant(seconds * 1_000_000);

test('CheckLacks has a shortage of all said once a minute, also by checks with needs of their own', () => {
  const lacks = new CheckLacks();
  const shortage = 'no descriptors left here (EMFILE) (10.0.0.1:80)';
  const says = (check: typeof plain, detail: string, seconds: number) =>
    lacks.isNews({}, check, detail, at(seconds));
  assert.equal(says(plain, shortage, 0), true);
  assert.equal(says(bound, shortage, 1), false);
  assert.equal(says(plain, 'not permitted here (EPERM) (10.0.0.1:80)', 59), false);
  assert.equal(says(bound, 'no such interface here (ENODEV) (10.0.0.1:80)', 59), true);
  assert.equal(says(plain, shortage, 60), true);
});

test('CheckLacks names a hundred checks a minute, and the others after it', () => {
  const lacks = new CheckLacks();
  const checks = Array.from({ length: 150 }, () => ({}));
  const named = (seconds: number) =>
    checks.filter((who) => lacks.isNews(who, bound, 'no such interface here (ENODEV)', at(seconds))).length;
  assert.deepEqual([named(0), named(30), named(60), named(120)], [100, 0, 50, 0]);
});
