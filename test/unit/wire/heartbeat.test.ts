import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Ip } from '../../../src/base/ip.ts';
import { micros } from '../../../src/base/units.ts';
import {
  decodeHeartbeat,
  encodeHeartbeat,
  type GrantVerdict,
  type Heartbeat,
  type HeartbeatRole,
} from '../../../src/wire/heartbeat.ts';

const router = fc.boolean().chain((isIpv6) =>
  fc.record({
    family: fc.constant(isIpv6 ? ('inet6' as const) : ('inet' as const)),
    vrid: fc.integer({ min: 1, max: 255 }),
    address: fc.constantFrom(null, (isIpv6 ? '2001:db8::1' : '10.0.0.100') as Ip),
    role: fc.constantFrom<HeartbeatRole>('init', 'fault', 'backup', 'master'),
    priority: fc.integer({ min: 0, max: 255 }),
    holds: fc.boolean(),
    canServe: fc.boolean(),
    wants: fc.integer({ min: 0, max: 0xffff_ffff }).map((ms) => micros(ms * 1000)),
    hasGrant: fc.boolean(),
  }),
);
const grant = router.chain(({ family, vrid, address }) =>
  fc.record({
    family: fc.constant(family),
    vrid: fc.constant(vrid),
    address: fc.constant(address),
    verdict: fc.constantFrom<GrantVerdict>('yours', 'another', 'not_yet'),
  }),
);
const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const heartbeat: fc.Arbitrary<Heartbeat> = fc.record({
  epoch: word,
  echo: word,
  sequence: word,
  routerId: fc.string({ unit: 'grapheme', maxLength: 20 }),
  routers: fc.array(router, { maxLength: 4 }),
  answers: word,
  grants: fc.array(grant, { maxLength: 3 }),
});
/** Records of fast-check have no prototype. */
const plain = (value: unknown) => structuredClone(value);

test('encodeHeartbeat and decodeHeartbeat keep everything, whatever is said', () => {
  fc.assert(
    fc.property(heartbeat, (one) => {
      assert.deepEqual(plain(decodeHeartbeat(encodeHeartbeat(one))), plain({ ok: true, value: one }));
    }),
  );
});

test('decodeHeartbeat never throws, and what it reads is written as the same bytes', () => {
  const mutated = fc
    .tuple(heartbeat.map(encodeHeartbeat), fc.nat(), fc.nat(255), fc.nat(60))
    .map(([bytes, at, value, cut]) => {
      const copy = bytes.slice(0, bytes.length - (cut > 40 ? cut - 40 : 0));
      if (copy.length > 0) copy[at % copy.length] = value;
      return copy;
    });
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 160 })), (bytes) => {
      const read = decodeHeartbeat(bytes);
      if (read.ok) assert.deepEqual(encodeHeartbeat(read.value), bytes);
    }),
    { numRuns: 2000 },
  );
});
