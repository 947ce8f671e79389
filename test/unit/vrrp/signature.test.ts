import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import { seconds, wallTime } from '../../../src/base/units.ts';
import type { HmacConfig } from '../../../src/model/config.ts';
import { type ReceivedAdvert, readAdvert } from '../../../src/vrrp/accept.ts';
import { encodeAdvertPayload } from '../../../src/vrrp/advert.ts';
import {
  NO_SENDERS,
  nextSequence,
  type SeenSenders,
  type Sequence,
  signAdvert,
  verifySignature,
} from '../../../src/vrrp/signature.ts';
import { instanceConfig, ip } from '../../support/instances.ts';

const PEER = ip('10.0.0.1');
const NOW = wallTime(1_800_000_000_500);
const after = (s: number) => wallTime(NOW + s * 1000);
const key = (id: number, fill = id) => ({
  id,
  secret: { kind: 'bytes' as const, bytes: new Uint8Array(32).fill(fill) },
});

function hmac(over: Partial<HmacConfig> = {}): HmacConfig {
  return { keys: [key(1)], activeKey: 1, antiReplay: 'time', window: seconds(5), mode: 'enforce', ...over };
}

const at = (time: number): Sequence => {
  const sequence = nextSequence(hmac(), null, wallTime(time));
  assert.ok(sequence !== null);
  return sequence;
};

/** An advert as it comes in, signed so. */
function signed(by: HmacConfig, sequence: Sequence | null, source: Ip = PEER): ReceivedAdvert {
  const config = instanceConfig({ version: 3, authentication: null, hmac: by });
  const ends = { source, destination: ip('224.0.0.18'), ttl: 255 };
  const payload = encodeAdvertPayload(config, { ...ends, priority: 150, sequence });
  const received = readAdvert({ ...ends, payload });
  assert.ok(received.ok);
  return received.value;
}

interface About {
  readonly hmac?: HmacConfig;
  readonly seen?: SeenSenders;
  readonly now?: number;
  readonly peers?: readonly Ip[] | null;
}
function verify(received: ReceivedAdvert, about: About = {}) {
  const { hmac: by = hmac(), seen = NO_SENDERS, now = NOW, peers = null } = about;
  const verification = verifySignature(by, received, seen, wallTime(now), peers);
  const { outcome } = verification;
  return { ...verification, outcome: outcome.ok ? 'good' : outcome.error };
}

const changed = (received: ReceivedAdvert, byte: number, value: number): ReceivedAdvert => {
  assert.ok(received.trailer);
  return { ...received, trailer: received.trailer.with(byte, value) };
};

test('nextSequence() is seconds, 1/65536 of a second and a counter', () => {
  assert.equal(at(NOW), (1_800_000_000n << 32n) | (0x8000n << 16n));
});

test('nextSequence() grows when the clock stands still, and carries', () => {
  const first = at(NOW);
  assert.equal(nextSequence(hmac(), first, NOW), first + 1n);
  assert.equal(nextSequence(hmac(), first | 0xffffn, NOW), first + 0x1_0000n);
  assert.equal(nextSequence(hmac(), first, after(1)), at(after(1)));
});

test('nextSequence() follows a clock that was set back by more than the window, where time counts', () => {
  const last = at(after(6));
  assert.equal(nextSequence(hmac(), last, NOW), at(NOW));
  assert.equal(nextSequence(hmac(), at(after(5)), NOW), at(after(5)) + 1n);
  assert.equal(nextSequence(hmac({ antiReplay: 'monotonic' }), last, NOW), last + 1n);
});

test('nextSequence() goes on behind the end of the 32 bits of seconds', () => {
  const end = at(2 ** 32 * 1000 - 500);
  const next = nextSequence(hmac(), end, wallTime(2 ** 32 * 1000));
  assert.equal(next, 0n);
  assert.equal(nextSequence(hmac(), 2n ** 64n - 1n, wallTime(2 ** 32 * 1000 - 500)), 0n);
  const { outcome, seen } = verify(signed(hmac(), end), { now: 2 ** 32 * 1000 });
  assert.equal(outcome, 'good');
  assert.equal(verify(signed(hmac(), next), { now: 2 ** 32 * 1000, seen }).outcome, 'good');
});

test('nextSequence() is null where adverts are not signed', () => {
  assert.equal(nextSequence(hmac({ mode: 'receive-only' }), null, NOW), null);
  assert.equal(nextSequence(null, null, NOW), null);
  assert.notEqual(nextSequence(hmac({ mode: 'permissive' }), null, NOW), null);
});

test('signAdvert() throws without the bytes of its key', () => {
  const pdu = new Uint8Array(12);
  assert.throws(() => signAdvert(hmac({ activeKey: 2 }), PEER, pdu, 0n), /active key 2/);
  const file = { id: 1, secret: { kind: 'file' as const, path: '/etc/key' } };
  assert.throws(() => signAdvert(hmac({ keys: [file] }), PEER, pdu, 0n), /name of a file/);
});

test('verifySignature() has an unsigned advert refused, or accepted, as the mode says', () => {
  const unsigned = signed(hmac(), null);
  assert.equal(verify(unsigned).outcome, 'hmac_missing');
  for (const mode of ['permissive', 'receive-only'] as const) {
    const { outcome, seen } = verify(unsigned, { hmac: hmac({ mode }) });
    assert.deepEqual([outcome, seen], ['good', NO_SENDERS]);
  }
});

test('verifySignature() refuses a bad signature in every mode', () => {
  for (const mode of ['enforce', 'permissive', 'receive-only'] as const) {
    const about = { hmac: hmac({ mode }) };
    const good = signed(hmac(), at(NOW));
    assert.equal(verify(good, about).outcome, 'good');
    assert.equal(verify(changed(good, 0, 2), about).outcome, 'hmac_malformed');
    assert.equal(verify(changed(good, 3, 1), about).outcome, 'hmac_malformed');
    assert.equal(verify(changed(good, 1, 9), about).outcome, 'hmac_unknown_key');
    assert.equal(verify(changed(good, 27, 1 ^ (good.trailer?.[27] ?? 0)), about).outcome, 'hmac_invalid');
    assert.equal(verify(signed(hmac({ keys: [key(1, 7)] }), at(NOW)), about).outcome, 'hmac_invalid');
  }
});

test('verifySignature() covers source, message and sequence', () => {
  const good = signed(hmac(), at(NOW));
  assert.equal(verify({ ...good, source: ip('10.0.0.9') }).outcome, 'hmac_invalid');
  assert.equal(verify({ ...good, pdu: good.pdu.with(2, 255) }).outcome, 'hmac_invalid');
  assert.equal(verify(changed(good, 11, 1)).outcome, 'hmac_invalid');
  assert.equal(verify({ ...good, pdu: good.pdu.with(6, 0) }).outcome, 'good', 'the checksum is not covered');
});

test('verifySignature() looks at the time before the key and the key before the HMAC', () => {
  const old = changed(changed(signed(hmac(), at(after(-60))), 1, 9), 20, 0);
  assert.equal(verify(old).outcome, 'hmac_stale');
  assert.equal(verify(old, { hmac: hmac({ antiReplay: 'monotonic' }) }).outcome, 'hmac_unknown_key');
});

test('verifySignature() refuses what is further off than the window, on either side', () => {
  for (const [offset, expected] of [
    [-6, 'hmac_stale'],
    [-5, 'good'],
    [5, 'good'],
    [6, 'hmac_stale'],
  ] as const) {
    assert.equal(verify(signed(hmac(), at(after(offset)))).outcome, expected, `${offset} s`);
  }
  const years = signed(hmac(), at(after(-1e8)));
  assert.equal(verify(years, { hmac: hmac({ antiReplay: 'monotonic' }) }).outcome, 'good');
});

test('verifySignature() tells a skew of more than half the window', () => {
  assert.equal(verify(signed(hmac(), at(after(3)))).skew, 3);
  assert.equal(verify(signed(hmac(), at(after(-3)))).skew, -3);
  assert.equal(verify(signed(hmac(), at(after(2)))).skew, null);
  assert.equal(verify(signed(hmac(), at(after(9)))).skew, null, 'a refused one says nothing');
  assert.equal(
    verify(signed(hmac(), at(after(3))), { hmac: hmac({ antiReplay: 'monotonic' }) }).skew,
    null,
    'time does not count',
  );
});

test('verifySignature() refuses what does not grow, and keeps its marks then', () => {
  const { seen } = verify(signed(hmac(), at(NOW)));
  assert.deepEqual(seen, [{ sender: PEER, sequence: at(NOW) }]);
  for (const sequence of [at(NOW), at(NOW) - 1n]) {
    const again = verify(signed(hmac(), sequence), { seen });
    assert.deepEqual([again.outcome, again.seen], ['hmac_replay', seen]);
  }
  const next = verify(signed(hmac(), at(NOW) + 1n), { seen });
  assert.deepEqual([next.outcome, next.seen], ['good', [{ sender: PEER, sequence: at(NOW) + 1n }]]);
});

test('verifySignature() forgets a mark that clocks have left behind, where time counts', () => {
  const { seen } = verify(signed(hmac(), at(NOW)));
  const set = { seen, now: after(-60) };
  assert.equal(verify(signed(hmac(), at(after(-60))), set).outcome, 'good', 'all clocks were set back');
  const monotonic = { ...set, hmac: hmac({ antiReplay: 'monotonic' }) };
  assert.equal(verify(signed(hmac(), at(after(-60))), monotonic).outcome, 'hmac_replay');
});

test('verifySignature() remembers the four senders of a group that were heard last', () => {
  const sender = (n: number) => ip(`10.0.0.${n}`);
  let seen = NO_SENDERS;
  const hear = (n: number, sequence: Sequence) => {
    const verification = verify(signed(hmac(), sequence, sender(n)), { seen });
    seen = verification.seen;
    return verification.outcome;
  };
  for (const n of [1, 2, 3, 4]) assert.equal(hear(n, at(NOW)), 'good');
  assert.equal(hear(1, at(NOW) + 1n), 'good');
  assert.equal(hear(5, at(NOW)), 'good');
  assert.deepEqual(
    seen.map((mark) => mark.sender),
    [5, 1, 4, 3].map(sender),
  );
  assert.equal(hear(1, at(NOW)), 'hmac_replay');
});

test('verifySignature() remembers every peer of a unicast instance, and none that is gone', () => {
  const peers = [1, 2, 3, 4, 5, 6].map((n) => ip(`10.0.0.${n}`));
  let seen: SeenSenders = [{ sender: ip('10.0.0.99'), sequence: 0n }];
  for (const peer of peers) ({ seen } = verify(signed(hmac(), at(NOW), peer), { seen, peers }));
  assert.deepEqual(
    seen.map((mark) => mark.sender),
    [...peers].reverse(),
  );
});

test('a key is rotated without an advert lost', () => {
  const both = [key(1), key(2)];
  const steps: readonly (readonly [sender: HmacConfig, receiver: HmacConfig])[] = [
    [hmac(), hmac({ keys: both })],
    [hmac({ keys: both }), hmac({ keys: both })],
    [hmac({ keys: both, activeKey: 2 }), hmac({ keys: both })],
    [hmac({ keys: both, activeKey: 2 }), hmac({ keys: [key(2)], activeKey: 2 })],
  ];
  for (const [sender, receiver] of steps)
    assert.equal(verify(signed(sender, at(NOW)), { hmac: receiver }).outcome, 'good');
  const tooEarly = verify(signed(hmac({ keys: both, activeKey: 2 }), at(NOW)), { hmac: hmac() });
  assert.equal(tooEarly.outcome, 'hmac_unknown_key');
});
