import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Family, type Ip, ipBytes, ipFromBytes } from '../../../src/base/ip.ts';
import { encodeVrrpFilter } from '../../../src/wire/vrrp-filter.ts';
import { type BpfInput, runBpf } from '../../support/bpf.ts';

/** The random number that a program is given: of 2^32. */
const RANDOM = 56;

interface Packet {
  readonly source: Ip;
  readonly ttl: number;
  readonly first: number;
  readonly vrid: number;
  readonly count: number;
  /** Bytes of the message. */
  readonly length: number;
  readonly optionWords: number;
  readonly random: number;
}

const PACKET: Packet = {
  source: '10.9.0.1' as Ip,
  ttl: 255,
  first: 0x31,
  vrid: 51,
  count: 1,
  length: 12,
  optionWords: 0,
  random: 0,
};

/** The raw socket's view of an advert: over IPv4 from the IP header on, over IPv6 only what follows the header. */
function arrive(family: Family, packet: Packet): BpfInput {
  const { source, ttl, optionWords, length, random } = packet;
  const advert = new Uint8Array(Math.max(length, 4));
  advert.set([packet.first, packet.vrid, 100, packet.count]);
  const message = advert.subarray(0, length);
  const ancillary = { [RANDOM]: random };
  if (family === 'inet6') {
    const header = new Uint8Array(40);
    header.set([0x60, 0, 0, 0, 0, 8, 112, ttl]);
    header.set(ipBytes(source), 8);
    return { data: message, network: Uint8Array.from([...header, ...message]), ancillary };
  }
  const header = new Uint8Array(20 + 4 * optionWords);
  header.set([0x45 + optionWords, 0xc0]);
  header.set([ttl, 112], 8);
  header.set(ipBytes(source), 12);
  return { data: Uint8Array.from([...header, ...message]), ancillary };
}

const addresses: Readonly<Record<Family, fc.Arbitrary<Ip>>> = {
  // Few of them, so that some meet, and that differ in one byte.
  inet: fc.tuple(fc.constantFrom(10, 11), fc.nat(2)).map(([a, b]) => ipFromBytes(Uint8Array.of(a, 9, 0, b))),
  inet6: fc
    .tuple(fc.nat(15), fc.constantFrom(0, 1))
    .map(([at, value]) => ipFromBytes(Uint8Array.from({ length: 16 }, (_, i) => (i === at ? value : 0)))),
};

/** RFC 3768 §5.1, RFC 9568 §5.1; a signature has 28 bytes. */
function isWhole(family: Family, { first, count, length }: Packet): boolean {
  const version = first >> 4;
  const authentication = version === 2 && family === 'inet' ? 8 : 0;
  const message = 8 + count * (family === 'inet' ? 4 : 16) + authentication;
  return length === message || length === message + 28;
}

for (const family of ['inet', 'inet6'] as const) {
  test(`encodeVrrpFilter() lets through over ${family} exactly what it is asked for`, () => {
    const ip = addresses[family];
    const filters = fc.record({
      vrids: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
      versions: fc.subarray([2, 3] as const, { minLength: 1 }),
      ttl: fc.constantFrom(255 as const, null),
      sources: fc.array(fc.oneof(ip, addresses.inet), { maxLength: 5 }),
      othersOneIn: fc.constantFrom(null, 1, 4),
    });
    const size = family === 'inet' ? 4 : 16;
    const packets = fc
      .record({
        source: ip,
        ttl: fc.constantFrom(255, 255, 255, 7),
        first: fc.constantFrom(0x31, 0x31, 0x21, 0x21, 0x32, 0x41, 0x30),
        vrid: fc.integer({ min: 1, max: 4 }),
        count: fc.nat(3),
        // What is whole, and what is not by some bytes.
        more: fc.constantFrom(0, 0, 8, 28, 36, -1, 1, 4, -4),
        optionWords: fc.nat(10),
        random: fc.constantFrom(0, 2 ** 30 - 1, 2 ** 30, 2 ** 32 - 1),
      })
      .map(({ more, ...rest }) => ({ ...rest, length: Math.max(0, 8 + rest.count * size + more) }));
    fc.assert(
      fc.property(filters, packets, (filter, packet) => {
        const { source, first, vrid, ttl, length, random } = packet;
        const isFree = filter.sources.includes(source);
        const share = filter.othersOneIn;
        const wanted =
          length >= 4 &&
          filter.vrids.includes(vrid) &&
          filter.versions.some((version) => first === ((version << 4) | 1)) &&
          isWhole(family, packet) &&
          (filter.ttl === null || filter.ttl === ttl) &&
          (isFree || (share !== null && random < 2 ** 32 / share));
        assert.equal(runBpf(encodeVrrpFilter(family, filter), arrive(family, packet)), wanted);
      }),
      { numRuns: 5000 },
    );
  });

  test(`encodeVrrpFilter() lets nothing through over ${family} that is too short to be looked at`, () => {
    const filter = { vrids: [0, 51], versions: [2, 3], ttl: null, sources: [], othersOneIn: 1 } as const;
    const source = (family === 'inet' ? '10.9.0.1' : 'fe80::1') as Ip;
    const program = encodeVrrpFilter(family, filter);
    for (let length = 0; length < 4; length++) {
      assert.equal(runBpf(program, arrive(family, { ...PACKET, source, length })), false);
    }
    const { network, ancillary = {} } = arrive(family, { ...PACKET, source });
    assert.equal(
      runBpf(program, { data: new Uint8Array(0), network: network ?? new Uint8Array(0), ancillary }),
      false,
    );
  });
}

test('encodeVrrpFilter() stays within what the kernel takes, and lets through more rather than less', () => {
  const sources = Array.from({ length: 3000 }, (_, i) => ipFromBytes(Uint8Array.of(10, 9, i >> 8, i & 255)));
  const vrids = Array.from({ length: 255 }, (_, i) => i + 1);
  const asked = { vrids, versions: [2, 3], ttl: 255, sources, othersOneIn: null } as const;
  const filter = encodeVrrpFilter('inet', asked);
  assert.ok(filter.length / 8 <= 4096);
  assert.equal(runBpf(filter, arrive('inet', { ...PACKET, vrid: 255 })), true);
  assert.equal(runBpf(filter, arrive('inet', { ...PACKET, source: '10.8.0.1' as Ip, vrid: 1 })), true);
  assert.equal(runBpf(filter, arrive('inet', { ...PACKET, ttl: 7, vrid: 1 })), false);
});
