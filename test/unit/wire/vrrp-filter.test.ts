import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Family, type Ip, ipBytes, ipFromBytes } from '../../../src/base/ip.ts';
import { encodeVrrpFilter } from '../../../src/wire/vrrp-filter.ts';
import { runBpf } from '../../support/bpf.ts';

/** The raw socket's view of an advert: over IPv4 from the IP header on, over IPv6 only what follows the header. */
function arrive(family: Family, source: Ip, ttl: number, vrid: number, optionWords: number) {
  const advert = Uint8Array.of(0x31, vrid, 100, 1, 0, 100, 0, 0);
  if (family === 'inet6') {
    const header = new Uint8Array(40);
    header.set([0x60, 0, 0, 0, 0, 8, 112, ttl]);
    header.set(ipBytes(source), 8);
    return { data: advert, network: Uint8Array.from([...header, ...advert]) };
  }
  const header = new Uint8Array(20 + 4 * optionWords);
  header.set([0x45 + optionWords, 0xc0]);
  header.set([ttl, 112], 8);
  header.set(ipBytes(source), 12);
  return { data: Uint8Array.from([...header, ...advert]) };
}

const addresses: Readonly<Record<Family, fc.Arbitrary<Ip>>> = {
  // Few of them, so that some meet, and that differ in one byte.
  inet: fc.tuple(fc.constantFrom(10, 11), fc.nat(2)).map(([a, b]) => ipFromBytes(Uint8Array.of(a, 9, 0, b))),
  inet6: fc
    .tuple(fc.nat(15), fc.constantFrom(0, 1))
    .map(([at, value]) => ipFromBytes(Uint8Array.from({ length: 16 }, (_, i) => (i === at ? value : 0)))),
};

for (const family of ['inet', 'inet6'] as const) {
  test(`encodeVrrpFilter() lets through over ${family} exactly what it is asked for`, () => {
    const ip = addresses[family];
    const filters = fc.record({
      vrids: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 4 }),
      ttl: fc.constantFrom(255 as const, null),
      sources: fc.option(fc.array(fc.oneof(ip, addresses.inet), { maxLength: 5 })),
    });
    const packets = fc.tuple(ip, fc.constantFrom(255, 254, 7), fc.integer({ min: 1, max: 6 }), fc.nat(10));
    fc.assert(
      fc.property(filters, packets, (filter, [source, ttl, vrid, options]) => {
        const wanted =
          filter.vrids.includes(vrid) &&
          (filter.ttl === null || filter.ttl === ttl) &&
          (filter.sources === null || filter.sources.includes(source));
        const packet = arrive(family, source, ttl, vrid, options);
        assert.equal(runBpf(encodeVrrpFilter(family, filter), packet), wanted);
      }),
      { numRuns: 3000 },
    );
  });

  test(`encodeVrrpFilter() lets nothing through over ${family} that is too short to have a VRID`, () => {
    const filter = encodeVrrpFilter(family, { vrids: [51], ttl: null, sources: null });
    const { data, network = data } = arrive(
      family,
      (family === 'inet' ? '10.9.0.1' : 'fe80::1') as Ip,
      255,
      51,
      0,
    );
    assert.equal(runBpf(filter, { data, network }), true);
    assert.equal(runBpf(filter, { data: data.subarray(0, data.length - 7), network }), false);
    assert.equal(runBpf(filter, { data: new Uint8Array(0), network }), false);
  });
}

test('encodeVrrpFilter() stays within what the kernel takes, and lets through more rather than less', () => {
  const sources = Array.from({ length: 3000 }, (_, i) => ipFromBytes(Uint8Array.of(10, 9, i >> 8, i & 255)));
  const every = Array.from({ length: 255 }, (_, i) => i + 1);
  const filter = encodeVrrpFilter('inet', { vrids: every, ttl: 255, sources });
  assert.ok(filter.length / 8 <= 4096);
  assert.equal(runBpf(filter, arrive('inet', '10.9.0.1' as Ip, 255, 255, 0)), true);
  assert.equal(runBpf(filter, arrive('inet', '10.8.0.1' as Ip, 255, 1, 0)), true);
  assert.equal(runBpf(filter, arrive('inet', '10.9.0.1' as Ip, 7, 1, 0)), false);
});
