import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeSignature, encodeSignature, passwordData, signedBytes } from '../../../src/wire/vrrp-auth.ts';
import { bytes, hex } from '../../support/frames.ts';
import { ip } from '../../support/instances.ts';

const SIGNATURE = { keyId: 7, sequence: 0x68000000_8000_0001n, mac: new Uint8Array(16).fill(0xaa) };
const TRAILER = `0107000068000000${'80000001'}${'aa'.repeat(16)}`;

test('passwordData() is eight bytes, padded with zero or cut', () => {
  assert.equal(hex(passwordData('1111')), '3131313100000000');
  assert.equal(hex(passwordData('123456789')), '3132333435363738');
});

test('encodeSignature() and decodeSignature() agree', () => {
  assert.equal(hex(encodeSignature(SIGNATURE)), TRAILER);
  assert.deepEqual(decodeSignature(bytes(TRAILER)), { ok: true, value: SIGNATURE });
});

test('decodeSignature() refuses another type, reserved bits that are set, and another length', () => {
  const malformed = { ok: false, error: 'malformed' };
  const good = bytes(TRAILER);
  assert.deepEqual(decodeSignature(good.with(0, 2)), malformed);
  assert.deepEqual(decodeSignature(good.with(2, 1)), malformed);
  assert.deepEqual(decodeSignature(good.with(3, 1)), malformed);
  assert.deepEqual(decodeSignature(good.subarray(1)), malformed);
});

test('signedBytes() covers all but the checksum and the HMAC itself', () => {
  const pdu = bytes('3133c80100644402c0000264');
  assert.equal(
    hex(signedBytes(ip('198.51.100.10'), pdu, bytes(TRAILER))),
    `04033300c633640a${'00'.repeat(12)}3133c80100640000c0000264010700006800000080000001${'00'.repeat(16)}`,
  );
  const over6 = signedBytes(ip('fe80::10'), pdu, bytes(TRAILER));
  assert.equal(hex(over6.subarray(0, 20)), '06033300fe800000000000000000000000000010');
});
