import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { instant, wallTime } from '../../../src/base/units.ts';
import {
  parseSavedState,
  printSavedState,
  recallRoles,
  type SavedState,
} from '../../../src/model/saved-state.ts';

const STATE: SavedState = {
  bootId: '5a0e1c1e-3c3c-4b7e-9d43-0c2f5d6f7a80',
  netNamespace: 'net:[4026531840]',
  savedAt: { wall: wallTime(1_795_000_000_000), monotonic: instant(5_000_000) },
  roles: [
    { interface: 'eth0', family: 'inet', vrid: 51, vmac: null, role: 'MASTER', standsBack: false },
    { interface: 'eth1', family: 'inet6', vrid: 52, vmac: 'vrrp.52', role: 'other', standsBack: true },
  ],
};
const TEXT = printSavedState(STATE);
const NOW = instant(5_000_000);

test('parseSavedState reads what printSavedState writes, and refuses every piece of it', () => {
  assert.deepEqual(parseSavedState(TEXT), { ok: true, value: STATE });
  for (let length = 0; length < TEXT.length - 1; length++) {
    assert.equal(parseSavedState(TEXT.slice(0, length)).ok, false, `${length} bytes`);
  }
});

test('parseSavedState gives a state or a reason for any text', () => {
  const mangled = fc
    .tuple(fc.nat(TEXT.length), fc.nat(20), fc.string())
    .map(([at, cut, put]) => TEXT.slice(0, at) + put + TEXT.slice(at + cut));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), mangled), (text) => {
      const parsed = parseSavedState(text);
      if (parsed.ok) assert.deepEqual(parseSavedState(printSavedState(parsed.value)), parsed);
    }),
  );
  assert.equal(parseSavedState('['.repeat(1_000_000)).ok, false);
});

test('recallRoles believes only this schema, boot, network namespace and past', () => {
  const recall = (over: object) => {
    const text = JSON.stringify({ ...JSON.parse(TEXT), ...over });
    const recalled = recallRoles(text, STATE, NOW);
    return recalled.ok ? recalled.value : recalled.error.code;
  };
  assert.deepEqual(recall({}), STATE.roles);
  assert.equal(recall({ schemaVersion: 2 }), 'other_version');
  assert.equal(recall({ bootId: '00000000-0000-0000-0000-000000000000' }), 'other_boot');
  assert.equal(recall({ netNamespace: 'net:[4026532281]' }), 'other_namespace');
  assert.equal(recall({ savedAt: { wall: 0, monotonic: 5_000_001 } }), 'damaged');
  assert.equal(recall({ savedAt: { wall: 0, monotonic: '0' } }), 'damaged');
  for (const wrong of [
    null,
    'MASTER',
    {},
    { ...STATE.roles[0], role: 'BACKUP' },
    { ...STATE.roles[0], vrid: '51' },
  ]) {
    assert.equal(recall({ roles: [wrong] }), 'damaged', JSON.stringify(wrong));
  }
});
