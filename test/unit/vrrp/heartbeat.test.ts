import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant, later, micros } from '../../../src/base/units.ts';
import {
  type HeartbeatLink,
  hearHeartbeat,
  isAlive,
  NO_LINK,
  sealHeartbeat,
} from '../../../src/vrrp/heartbeat.ts';

const SECRET = new Uint8Array(32).fill(7);
const INTERVAL = micros(200_000);
const OURS = 11n;
const now = instant(5_000_000);

const from = (epoch: bigint, echo: bigint, sequence: bigint, secret = SECRET) =>
  sealHeartbeat(secret, { epoch, echo, sequence, routerId: 'lb02', routers: [], answers: 0n, grants: [] });

/** What each message is found to be, and the path in the end. */
function hear(link: HeartbeatLink, at: typeof now, ...messages: readonly Uint8Array[]) {
  const found = messages.map((bytes) => {
    const step = hearHeartbeat(link, SECRET, OURS, INTERVAL, bytes, at);
    link = step.link;
    return step.outcome.ok ? 'heard' : step.outcome.error;
  });
  return { link, found };
}

test('hearHeartbeat believes a peer once it gives our epoch back', () => {
  const { link, found } = hear(NO_LINK, now, from(22n, 0n, 1n), from(22n, OURS, 2n), from(22n, OURS, 3n));
  assert.deepEqual(found, ['greeting', 'heard', 'heard']);
  assert.deepEqual([link.echo, link.routerId, isAlive(link, INTERVAL, now)], [22n, 'lb02', true]);
  assert.equal(isAlive(link, INTERVAL, later(now, micros(3 * INTERVAL))), false);
});

test('hearHeartbeat refuses what was recorded: of this epoch, of a former one of the peer, of one of ours', () => {
  const { link } = hear(NO_LINK, now, from(22n, OURS, 5n), from(33n, OURS, 1n));
  const replayed = [from(33n, OURS, 1n), from(22n, OURS, 6n), from(44n, 10n, 9n), from(OURS, OURS, 9n)];
  const after = hear(link, now, ...replayed);
  assert.deepEqual(after.found, ['replay', 'replay', 'greeting', 'self']);
  assert.deepEqual(after.link, link, 'a refused one changes nothing');
});

test('hearHeartbeat refuses what is not signed with our key, or was changed on the way', () => {
  const changed = from(22n, OURS, 2n);
  changed[20] = 0xff;
  const other = new Uint8Array(32).fill(8);
  const { link, found } = hear(NO_LINK, now, from(22n, OURS, 1n, other), changed, changed.subarray(0, 10));
  assert.deepEqual([found, link], [['signature', 'signature', 'truncated'], NO_LINK]);
});
