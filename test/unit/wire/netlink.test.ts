import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  attr,
  attrNumber,
  attrText,
  decodeAttrs,
  decodeDone,
  decodeMessages,
  decodeStatus,
  encodeAttrs,
  encodeMessages,
  findAttr,
  type NetlinkMessage,
  NLM_F,
  nestedAttr,
  textAttr,
} from '../../../src/wire/netlink.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
const message = (payload: Uint8Array, flags = 0): NetlinkMessage => ({
  type: 2,
  flags,
  seq: 7,
  port: 9,
  payload,
});
const payload = fc.uint8Array({ maxLength: 40 });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });

test('encodeMessages pads each message, decodeMessages gives them back', () => {
  const messages = fc.array(
    fc.record({ type: u16, flags: u16, seq: u32, port: u32, payload }, { noNullPrototype: true }),
  );
  fc.assert(
    fc.property(messages, (sent) => {
      const datagram = encodeMessages(sent);
      assert.equal(datagram.length % 4, 0);
      assert.deepEqual(decodeMessages(datagram), { ok: true, value: sent });
    }),
  );
});

test('encodeAttrs pads each attribute, decodeAttrs gives all of them back, known or not', () => {
  const attrs = fc.array(
    fc.record(
      { type: fc.integer({ min: 0, max: 0x3fff }), nested: fc.boolean(), payload },
      { noNullPrototype: true },
    ),
  );
  fc.assert(
    fc.property(attrs, (sent) => assert.deepEqual(decodeAttrs(encodeAttrs(sent)), { ok: true, value: sent })),
  );
});

test('the decoders take any bytes without throwing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), u16, (noise, flags) => {
      const decoded = decodeMessages(noise);
      for (const each of decoded.ok ? decoded.value : []) decodeAttrs(each.payload);
      decodeAttrs(noise);
      decodeStatus(message(noise, flags));
      decodeDone(message(noise, flags));
    }),
  );
});

test('encodeMessages writes length, type, flags, sequence and port, least significant byte first', () => {
  const request = { type: 18, flags: 0x301, seq: 0x6741_0203, port: 0, payload: bytes('00000000') };
  assert.deepEqual(encodeMessages([request]), bytes('14000000 1200 0103 03024167 00000000 00000000'));
});

test('decodeMessages refuses a header that is cut and a length that lies', () => {
  assert.deepEqual(decodeMessages(bytes('14000000 1200')), { ok: false, error: 'truncated' });
  assert.deepEqual(decodeMessages(bytes('18000000 12000000 00000000 00000000')), {
    ok: false,
    error: 'truncated',
  });
  assert.deepEqual(decodeMessages(bytes('0f000000 12000000 00000000 00000000')), {
    ok: false,
    error: 'length',
  });
});

test('decodeAttrs refuses an attribute that is cut and a length that lies', () => {
  assert.deepEqual(decodeAttrs(bytes('0800 0100 0102')), { ok: false, error: 'truncated' });
  assert.deepEqual(decodeAttrs(bytes('0300 0100 01020304')), { ok: false, error: 'length' });
});

test('decodeStatus reads the errno, and the text behind a request that is echoed or capped', () => {
  const header = '24000000 14000506 07000000 09000000';
  const text = encodeAttrs([textAttr(1, 'Address already assigned')]);
  const said = (hex: string) => Uint8Array.from([...bytes(hex), ...text]);
  assert.deepEqual(decodeStatus(message(bytes(`00000000 ${header}`))), {
    ok: true,
    value: { errno: 0, text: null },
  });
  const expected = { ok: true, value: { errno: 17, text: 'Address already assigned' } };
  const echoed = message(said(`efffffff ${header} ${'00'.repeat(20)}`), NLM_F.ACK_TLVS);
  assert.deepEqual(decodeStatus(echoed), expected);
  assert.deepEqual(
    decodeStatus(message(said(`efffffff ${header}`), NLM_F.ACK_TLVS | NLM_F.CAPPED)),
    expected,
  );
});

test('decodeDone reads the errno of a dump that failed on its way, and none', () => {
  assert.deepEqual(decodeDone(message(bytes('f4ffffff'))), { ok: true, value: { errno: 12, text: null } });
  assert.deepEqual(decodeDone(message(bytes(''))), { ok: true, value: { errno: 0, text: null } });
});

test('attrNumber reads 1, 2, 4 and 8 bytes, attrText stops at the NUL, findAttr takes the last', () => {
  assert.deepEqual(
    ['ff', 'ff00', 'ffffffff', 'ffffffffffffffff', '000000'].map((hex) => attrNumber(attr(1, bytes(hex)))),
    [255n, 255n, 4_294_967_295n, 18_446_744_073_709_551_615n, null],
  );
  assert.equal(attrText(attr(1, bytes('727200ff'))), 'rr');
  const nested = nestedAttr(5, [textAttr(1, 'a'), textAttr(1, 'b')]);
  const inside = decodeAttrs(nested.payload);
  assert.ok(inside.ok);
  assert.equal(attrText(findAttr(inside.value, 1) ?? attr(1)), 'b');
});
