import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { bigEndian, concatBytes, littleEndian } from '../../src/base/bytes.ts';
import { openNetlink } from '../../src/kernel/netlink.ts';
import { attr, encodeAttrs, NLM_F } from '../../src/wire/netlink.ts';

/** Run in a network namespace of its own by netlink.test.ts: its loop stands still while notifications pile up. */
const RTM_NEWADDR = 20;
const RTM_GETADDR = 22;
const RTNLGRP_IPV4_IFADDR = 5;
const LOOPBACK = 1;
const NOTIFICATIONS = 5000;

let notified = 0;
let overruns = 0;
const opened = openNetlink('route', {
  groups: [RTNLGRP_IPV4_IFADDR],
  onNotification: () => notified++,
  onOverrun: () => overruns++,
});
assert.ok(opened.ok);
const socket = opened.value;

const lines = Array.from(
  { length: NOTIFICATIONS },
  (_, i) => `addr add 10.9.${i >> 8}.${i & 255}/32 dev lo\n`,
);
execFileSync('ip', ['-batch', '-'], { input: lines.join('') });

const address = concatBytes([
  Uint8Array.of(2, 32, 0, 0),
  littleEndian(LOOPBACK, 4),
  encodeAttrs([attr(2, bigEndian(0x0a630001, 4))]),
]);
const add = { type: RTM_NEWADDR, flags: NLM_F.CREATE | NLM_F.EXCL, payload: address };
// The buffer is full: the answer to this one is lost, and that is noticed.
const unknown = await socket.perform([add]);
assert.equal(overruns, 1);
assert.ok(notified > 0 && notified < NOTIFICATIONS, String(notified));
assert.deepEqual(
  unknown.map((result) => !result.ok && result.error.code),
  ['overrun'],
);

const again = await socket.perform([add]);
assert.deepEqual(
  again.map((result) => !result.ok && [result.error.code, result.error.message]),
  [['EEXIST', 'ipv4: Address already assigned']],
);
const dumped = await socket.dump({
  type: RTM_GETADDR,
  flags: 0,
  payload: Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0),
});
assert.ok(dumped.ok);
// The storm's, the one added above, and 127.0.0.1 where lo was up: it is not.
assert.equal(dumped.value.length, NOTIFICATIONS + 1);
socket.close();
