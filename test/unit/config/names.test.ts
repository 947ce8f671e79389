import assert from 'node:assert/strict';
import { test } from 'node:test';
import { objectName } from '../../../src/config/schema/scalars.ts';

test('objectName takes names of instances and of services called after their address', () => {
  for (const name of [
    'VI_1',
    'a',
    'web public',
    'gw/eth0 (a+b)',
    'Ä.é',
    '10.0.0.1:tcp:80',
    '[2001:db8::1]:tcp:80',
  ]) {
    assert.equal(objectName.safeParse(name).success, true, name);
  }
});

test('objectName refuses what cannot be told from its surroundings', () => {
  for (const name of ['', ' a', 'a ', '-a', '(a)', 'a@b', 'a\tb', 'a"b', 'a'.repeat(65)]) {
    assert.equal(objectName.safeParse(name).success, false, name);
  }
});
