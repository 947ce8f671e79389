import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UdpReply } from '../../../src/model/check.ts';
import { mismatchOf } from '../../../src/wire/udp-reply.ts';

const reply = (options: Partial<UdpReply>): UdpReply => ({
  bytes: Uint8Array.of(0x12, 0x34),
  mask: Uint8Array.of(0xff, 0xf0),
  least: 0,
  most: 4,
  ...options,
});

test('mismatchOf compares the bits of the mask, as far as the reply goes, and its length', () => {
  const rows: [readonly number[], Partial<UdpReply>, string | null][] = [
    [[0x12, 0x34], {}, null],
    [[0x12, 0x3f, 0xaa], {}, null],
    [[0x12, 0x44], {}, 'byte 1 of the reply is 0x44, not 0x34'],
    [[0x02], {}, 'byte 0 of the reply is 0x02, not 0x12'],
    [[0x12], {}, null],
    [[], {}, null],
    [[0x12], { least: 2 }, 'the reply has 1 bytes, fewer than 2'],
    [[0x12, 0x34, 0, 0, 0], {}, 'the reply has 5 bytes, more than 4'],
    [[9, 9], { bytes: new Uint8Array(0), mask: new Uint8Array(0) }, null],
    [[0x12, 0x35], { mask: new Uint8Array(0) }, 'byte 1 of the reply is 0x35, not 0x34'],
  ];
  for (const [bytes, options, mismatch] of rows)
    assert.equal(mismatchOf(reply(options), Uint8Array.from(bytes)), mismatch);
});
