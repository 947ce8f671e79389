import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Mac } from '../../../src/base/mac.ts';
import { centis } from '../../../src/base/units.ts';
import { showRivals } from '../../../src/view/rivals.ts';
import { at, backup, heard, ip, takeOver } from './journals.ts';

function master() {
  const ring = backup(3);
  takeOver(ring, 6);
  return ring;
}

test('showRivals tells who else advertises, for ten seconds or three of its intervals', () => {
  const ring = master();
  const slow = { source: ip('10.0.0.3'), interval: centis(1000) };
  assert.equal(showRivals(ring.show(...at(6))), null, 'what was heard as a backup does not count');
  ring.note(heard(90), ...at(7));
  assert.equal(showRivals(ring.show(...at(7))), null, 'it may be the last word of one that yields');
  ring.note(heard(90), ...at(8));
  ring.note(heard(0, { source: ip('10.0.0.4') }), ...at(8));
  ring.note(heard(0, { source: ip('10.0.0.4') }), ...at(9));
  for (const when of [8, 9]) ring.note(heard(80, slow), ...at(when));
  const both = '10.0.0.2 advertises too (priority 90); 10.0.0.3 advertises too (priority 80)';
  assert.equal(showRivals(ring.show(...at(17.9))), both);
  assert.equal(showRivals(ring.show(...at(18))), '10.0.0.3 advertises too (priority 80)');
  assert.equal(showRivals(ring.show(...at(39))), null);
});

test('showRivals tells who claims an address, and of many the last three and their number', () => {
  const ring = master();
  const claim = (last: number) =>
    ({ kind: 'claimed', address: ip('10.0.0.100'), mac: `02:00:00:00:00:0${last}` as Mac }) as const;
  ring.note(claim(1), ...at(7));
  assert.equal(showRivals(ring.show(...at(16.9))), '02:00:00:00:00:01 says that 10.0.0.100 is its own');
  assert.equal(showRivals(ring.show(...at(17))), null);
  for (const n of [2, 3, 4, 5, 6]) ring.note(claim(n), ...at(20 + n / 10));
  const told = showRivals(ring.show(...at(21)));
  assert.match(told ?? '', /^02:00:00:00:00:04 .*; 02:00:00:00:00:05 .*; 02:00:00:00:00:06 .*; 2 more$/);
});
