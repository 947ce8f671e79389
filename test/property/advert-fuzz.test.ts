import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { centis, instant, seconds, wallTime } from '../../src/base/units.ts';
import type { InstanceConfig } from '../../src/model/config.ts';
import { acceptAdvert, type ReceivedAdvert, readAdvert } from '../../src/vrrp/accept.ts';
import { encodeAdvertPayload } from '../../src/vrrp/advert.ts';
import { stepVrrp } from '../../src/vrrp/fsm.ts';
import { NO_SENDERS, nextSequence, verifySignature } from '../../src/vrrp/signature.ts';
import type { VrrpState } from '../../src/vrrp/state.ts';
import type { Datagram } from '../../src/wire/datagram.ts';
import { decodeIpv4 } from '../../src/wire/ipv4.ts';
import { decodeAdvert, encodeAdvert } from '../../src/wire/vrrp.ts';
import { decodeSignature, encodeSignature } from '../../src/wire/vrrp-auth.ts';
import { encodeChecksum } from '../../src/wire/vrrp-checksum.ts';
import { instanceConfig, ip, virtualAddress } from '../support/instances.ts';

/** More for a long fuzz: LBD_FUZZ_RUNS=1000000. */
const RUNS = Number(process.env['LBD_FUZZ_RUNS'] ?? 30_000);
const NOW = wallTime(1_800_000_000_000);

const HMAC: InstanceConfig['hmac'] = {
  keys: [{ id: 1, secret: { kind: 'bytes', bytes: new Uint8Array(32).fill(7) } }],
  activeKey: 1,
  antiReplay: 'time',
  window: seconds(5),
  mode: 'enforce',
};
const over4 = instanceConfig({ version: 3, authentication: null });
const over6 = instanceConfig({
  version: 3,
  family: 'inet6',
  authentication: null,
  transport: { kind: 'multicast', group: ip('ff02::12') },
  virtualAddresses: [virtualAddress('fe80::100', 64), virtualAddress('2001:db8::100', 64)],
});
const peers = [{ address: ip('10.0.0.1'), minTtl: 255, maxTtl: 255 }];
const unicast: InstanceConfig = {
  ...over4,
  transport: { kind: 'unicast', peers, ttl: 255, checkSource: true, faultWithoutPeer: false },
};
const SEEDS = [
  instanceConfig(),
  over4,
  over6,
  unicast,
  { ...over6, version: 2 as const },
  { ...over4, hmac: HMAC },
  { ...over6, hmac: HMAC },
  { ...instanceConfig({ authentication: null }), hmac: HMAC },
].map((config) => {
  const ends =
    config.family === 'inet6'
      ? { source: ip('fe80::1'), destination: ip('ff02::12') }
      : { source: ip('10.0.0.1'), destination: ip(config === unicast ? '10.0.0.2' : '224.0.0.18') };
  const about = { ...ends, priority: 150, sequence: nextSequence(config.hmac, null, NOW) };
  return { config, datagram: { ...ends, ttl: 255, payload: encodeAdvertPayload(config, about) } };
});

const STATES: readonly VrrpState[] = [
  { at: 'init', holding: null },
  { at: 'fault', holding: { until: instant(9e6), heardAt: instant(1e6), isQuiet: false } },
  {
    at: 'backup',
    masterDownAt: instant(9e6),
    armedAt: instant(5e6),
    master: null,
    interval: null,
    preemptAt: null,
    willing: false,
    standsBack: false,
    asking: null,
    holding: null,
  },
  {
    at: 'master',
    advertisedAt: instant(0),
    advertiseAt: instant(1e6),
    leasedUntil: instant(9e6),
    announcedAt: instant(0),
    announce: null,
    extraAt: null,
    conflict: null,
    defendedAt: null,
  },
];

/** Good adverts with bytes changed, cut off or added, half of them with a checksum that is right again; and noise. */
const received = fc.constantFrom(...SEEDS).chain(({ config, datagram }) =>
  fc
    .record({
      changes: fc.array(fc.tuple(fc.nat(datagram.payload.length - 1), fc.nat(255)), { maxLength: 4 }),
      length: fc.oneof(fc.constant(datagram.payload.length), fc.nat(datagram.payload.length)),
      tail: fc.oneof(
        { weight: 4, arbitrary: fc.constant(new Uint8Array(0)) },
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
      ),
      ttl: fc.constantFrom(255, 255, 255, 254),
      isSummed: fc.boolean(),
      noise: fc.oneof(
        { weight: 7, arbitrary: fc.constant(null) },
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 80 }) },
      ),
    })
    .map(({ changes, length, tail, ttl, isSummed, noise }) => {
      const payload = noise ?? Uint8Array.of(...datagram.payload.subarray(0, length), ...tail);
      for (const [at, value] of changes) if (at < payload.length) payload[at] = value;
      return {
        config,
        seed: datagram,
        datagram: { ...datagram, ttl, payload: summed(datagram, payload, isSummed) },
      };
    }),
);

function summed(seed: Datagram, payload: Uint8Array, isSummed: boolean): Uint8Array {
  if (!isSummed || payload.length < 8) return payload;
  const decoded = decodeAdvert(seed);
  const signature = decoded.ok && decoded.value.trailer !== null ? 28 : 0;
  const end = Math.max(8, payload.length - signature);
  return encodeChecksum(seed, payload.slice(0, end), payload.slice(end), 'pseudo_header');
}

/** What a signature covers of an advert. */
const covered = ({ pdu }: ReceivedAdvert) => Uint8Array.of(...pdu).fill(0, 6, 8);

test(`an advert of ${RUNS} random and mutated ones never throws, reads the same again, and is not taken when forged`, () => {
  const seen = { refused: 0, accepted: 0, unsigned: 0 };
  fc.assert(
    fc.property(received, fc.constantFrom(...STATES), ({ config, seed, datagram }, state) => {
      decodeIpv4(datagram.payload);
      const read = readAdvert(datagram);
      if (!read.ok) {
        seen.refused++;
        return;
      }
      const { advert, checksumForm, trailer } = read.value;
      const payload = encodeChecksum(datagram, encodeAdvert(advert, config.family), trailer, checksumForm);
      const again = readAdvert({ ...datagram, payload });
      assert.ok(again.ok);
      assert.deepEqual([again.value.advert, again.value.trailer], [advert, trailer]);
      const accepted = acceptAdvert(
        config,
        ip(config.family === 'inet' ? '10.0.0.2' : 'fe80::2'),
        read.value,
      );
      if (!accepted.ok) {
        seen.refused++;
        return;
      }
      if (config.hmac !== null) {
        const { outcome, seen: marks } = verifySignature(config.hmac, read.value, NO_SENDERS, NOW, null);
        if (!outcome.ok) {
          assert.equal(marks, NO_SENDERS);
          seen.unsigned++;
          return;
        }
        const original = readAdvert(seed);
        assert.ok(original.ok);
        assert.deepEqual(covered(read.value), covered(original.value));
      }
      seen.accepted++;
      const before = structuredClone(state);
      const machine = {
        ...config,
        advertInterval: centis(100),
        localAddress: ip('10.0.0.2'),
        isGrouped: false,
        lease: seconds(9),
        gate: null,
      };
      const { effects } = stepVrrp(machine, state, { on: 'advert', advert: accepted.value }, instant(5e6));
      assert.ok(effects.filter(({ effect }) => effect === 'advertise').length <= 1, 'no amplification');
      assert.deepEqual(state, before);
    }),
    { numRuns: RUNS },
  );
  assert.ok(seen.accepted > RUNS / 50, `some mutations stay good (${seen.accepted})`);
  assert.ok(seen.unsigned > RUNS / 100, `some are forged (${seen.unsigned})`);
  assert.ok(seen.refused > RUNS / 2, `most are refused (${seen.refused})`);
});

test('decodeSignature() is total, and encodeSignature() gives the same bytes again', () => {
  const trailers = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.uint8Array({ minLength: 28, maxLength: 28 }).map((bytes) => bytes.with(0, 1).with(2, 0).with(3, 0)),
  );
  fc.assert(
    fc.property(trailers, (trailer) => {
      const decoded = decodeSignature(trailer);
      if (decoded.ok) assert.deepEqual(encodeSignature(decoded.value), Uint8Array.of(...trailer));
      else assert.equal(decoded.error, 'malformed');
    }),
    { numRuns: RUNS / 10 },
  );
});
