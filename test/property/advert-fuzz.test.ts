import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { instant } from '../../src/base/units.ts';
import { acceptAdvert, readAdvert } from '../../src/vrrp/accept.ts';
import { encodeAdvertDatagram } from '../../src/vrrp/advert.ts';
import { stepVrrp, type VrrpState } from '../../src/vrrp/fsm.ts';
import { decodeIpv4 } from '../../src/wire/ipv4.ts';
import { decodeAdvert, encodeAdvert } from '../../src/wire/vrrp.ts';
import { instanceConfig, ip } from '../support/instances.ts';

const RUNS = 100_000;
const config = instanceConfig();
const good = encodeAdvertDatagram(config, ip('10.0.0.1'), 150);
const states: readonly VrrpState[] = [
  { at: 'init' },
  { at: 'fault' },
  { at: 'backup', masterDownAt: instant(9e6), armedAt: instant(5e6), master: null },
  {
    at: 'master',
    advertisedAt: instant(0),
    advertiseAt: instant(1e6),
    announcedAt: instant(0),
    announce: null,
  },
];

/** Random bytes, and good adverts with bytes changed, cut off or added. */
const datagrams = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc
    .tuple(
      fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }),
      fc.nat(good.length),
      fc.uint8Array({ maxLength: 8 }),
      fc.boolean(),
    )
    .map(([changes, length, tail, whole]) => {
      const bytes = Uint8Array.of(...good.subarray(0, whole ? good.length : length), ...(whole ? [] : tail));
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      return bytes;
    }),
);

test(`an advert of ${RUNS} random and mutated ones never throws, and a refused one changes no state`, () => {
  const seen = { refused: 0, accepted: 0 };
  fc.assert(
    fc.property(datagrams, fc.constantFrom(...states), (datagram, state) => {
      const before = structuredClone(state);
      const received = readAdvert(datagram);
      if (received.ok) {
        const again = decodeAdvert(encodeAdvert(received.value.advert));
        assert.deepEqual(again, { ok: true, value: received.value.advert });
        const accepted = acceptAdvert(config, ip('10.0.0.2'), received.value);
        if (accepted.ok) {
          seen.accepted++;
          const machine = { ...config, localAddress: ip('10.0.0.2') };
          const next = stepVrrp(machine, state, { on: 'advert', advert: accepted.value }, instant(5e6));
          assert.ok(next.effects.length <= 3);
        } else seen.refused++;
      } else seen.refused++;
      assert.deepEqual(state, before);
      decodeIpv4(datagram);
    }),
    { numRuns: RUNS },
  );
  assert.ok(seen.accepted > 100, `some mutations stay good (${seen.accepted})`);
  assert.ok(seen.refused > RUNS / 2, `most are refused (${seen.refused})`);
});
