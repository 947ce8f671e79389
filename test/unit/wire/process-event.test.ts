import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeMessages } from '../../../src/wire/netlink.ts';
import { decodeProcessEvent, encodeProcessRequest } from '../../../src/wire/process-event.ts';

const hex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

/** Linux 6.18's answer to a request numbered 0, as received from the netlink socket. */
const ANSWER =
  '4c000000030000000000000000000000' +
  '01000000010000000000000001000000280000000000000001000000e97632fbb1170000000000000000000000000000000000000000000000000000';
const event = (what: string, body: string) =>
  hex(`0100000001000000070000000000000028000000${what}01000000e97632fbb1170000${body}`);

test('decodeProcessEvent reads the answer that the kernel gave', () => {
  const messages = decodeMessages(hex(ANSWER));
  assert.ok(messages.ok);
  const [message] = messages.value;
  assert.ok(message);
  assert.deepEqual(decodeProcessEvent(message.payload), {
    ok: true,
    value: { what: 'answer', acknowledges: 0, errno: 0 },
  });
});

test('decodeProcessEvent tells processes from their threads', () => {
  const fork = (child: string, group: string) => event('01000000', `0a0000000a000000${child}${group}`);
  const rows: [Uint8Array, object][] = [
    [fork('0b000000', '0b000000'), { what: 'fork', parent: 10, pid: 11 }],
    [fork('0c000000', '0a000000'), { what: 'other' }],
    [event('02000000', '0b0000000b000000'), { what: 'exec', pid: 11 }],
    [event('00020000', `0b0000000b000000${'00'.repeat(16)}`), { what: 'comm', pid: 11 }],
    [event('00000080', `0b0000000b000000${'00'.repeat(16)}`), { what: 'exit', pid: 11 }],
    [event('00000080', `0c0000000b000000${'00'.repeat(16)}`), { what: 'other' }],
    [event('04000000', `0c0000000b000000${'00'.repeat(16)}`), { what: 'other' }],
  ];
  for (const [bytes, value] of rows) assert.deepEqual(decodeProcessEvent(bytes), { ok: true, value });
});

test('decodeProcessEvent is total', () => {
  assert.deepEqual(decodeProcessEvent(encodeProcessRequest('listen', 7)), { ok: false, error: 'truncated' });
  const whole = event('01000000', '0a0000000a0000000b0000000b000000');
  for (let cut = 0; cut < whole.length; cut++)
    assert.equal(decodeProcessEvent(whole.subarray(0, cut)).ok, false);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void decodeProcessEvent(bytes)));
});
