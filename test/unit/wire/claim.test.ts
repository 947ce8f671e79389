import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bigEndian } from '../../../src/base/bytes.ts';
import { internetChecksum } from '../../../src/base/checksum.ts';
import type { Ip } from '../../../src/base/ip.ts';
import type { Mac } from '../../../src/base/mac.ts';
import { encodeArpProbe, encodeArpRequest, encodeGratuitousArp } from '../../../src/wire/arp.ts';
import { decodeClaim } from '../../../src/wire/claim.ts';
import { encodeArpFilter, encodeNaFilter } from '../../../src/wire/claim-filter.ts';
import { encodeNeighbourSolicitation, encodeUnsolicitedNa } from '../../../src/wire/ndisc.ts';
import { runBpf } from '../../support/bpf.ts';
import { bytes } from '../../support/frames.ts';

const MAC = '00:00:5e:00:01:33' as Mac;
const VIP = '10.9.0.100' as Ip;
const VIP6 = '2001:db8::100' as Ip;
const RECEIVED = { 4: 0, 28: 1 };

/** Linux 6.18, captured with tcpdump: the answers to an ARP probe, to a solicitation, and to one from `::`. */
const ANSWERS = {
  arp: '02000000000a02000000000b0806000108000604000202000000000b0a09000202000000000a00000000',
  solicited:
    '02000000000a02000000000b86dd6000000000203aff20010db800000000000000000000000220010db800000000000000000000000188008a686000000020010db8000000000000000000000002020102000000000b',
  toNobody:
    '33330000000102000000000b86dd6000000000203aff20010db8000000000000000000000002ff0200000000000000000000000000018800f91e2000000020010db8000000000000000000000002020102000000000b',
};

test('decodeClaim() tells announcements from answers', () => {
  const said = (kind: string, address: string, mac: string) => ({ ok: true, value: { kind, address, mac } });
  const [host, ip4, ip6] = ['02:00:00:00:00:0b', '10.9.0.2', '2001:db8::2'];
  const cases: readonly (readonly [Uint8Array, object])[] = [
    [encodeGratuitousArp(MAC, VIP), said('announcement', VIP, MAC)],
    [encodeArpRequest(MAC, VIP, ip4 as Ip), said('announcement', VIP, MAC)],
    [encodeUnsolicitedNa(MAC, VIP6, true), said('announcement', VIP6, MAC)],
    [bytes(ANSWERS.arp), said('reply', ip4, host)],
    [bytes(ANSWERS.solicited), said('reply', ip6, host)],
    [bytes(ANSWERS.toNobody), said('announcement', ip6, host)],
    [encodeArpProbe(MAC, VIP), { ok: false, error: 'other' }],
    [encodeNeighbourSolicitation(MAC, VIP6, ip6 as Ip), { ok: false, error: 'other' }],
    [encodeGratuitousArp(MAC, VIP).subarray(0, 41), { ok: false, error: 'truncated' }],
    [encodeUnsolicitedNa(MAC, VIP6, true).subarray(0, 85), { ok: false, error: 'truncated' }],
  ];
  for (const [frame, wanted] of cases) assert.deepEqual(decodeClaim(frame), wanted);
});

/** The frame of an advertisement with the length and the checksum that belong to it. */
function complete(frame: Uint8Array): Uint8Array {
  const whole = Uint8Array.from(frame);
  const view = new DataView(whole.buffer);
  view.setUint16(18, whole.length - 54);
  view.setUint16(56, 0);
  const pseudo = [whole.subarray(22, 54), bigEndian(whole.length - 54, 4), bigEndian(58, 4)];
  view.setUint16(56, internetChecksum(...pseudo, whole.subarray(54)));
  return whole;
}

test('decodeClaim() takes the source of the frame where the advertisement names no link-layer address', () => {
  const bare = complete(encodeUnsolicitedNa(MAC, VIP6, false).subarray(0, 78));
  bare.set([2, 2, 2, 2, 2, 2], 6);
  const value = { kind: 'announcement', address: VIP6, mac: '02:02:02:02:02:02' };
  assert.deepEqual(decodeClaim(bare), { ok: true, value });
});

test('decodeClaim() refuses what RFC 4861 §7.1.2 has a neighbour ignore', () => {
  const changes: Readonly<Record<string, readonly [number, number]>> = {
    'hop limit 254': [21, 254],
    'another type': [54, 135],
    'code 1': [55, 1],
    'Solicited, to a group': [58, 0x40],
    'a group as its target': [62, 0xff],
    'an option of length 0': [79, 0],
    'an option that goes on beyond the end': [79, 2],
  };
  for (const [what, [at, byte]] of Object.entries(changes)) {
    const frame = encodeUnsolicitedNa(MAC, VIP6, false);
    frame[at] = byte;
    assert.deepEqual(decodeClaim(complete(frame)), { ok: false, error: 'other' }, what);
  }
});

test('decodeClaim() refuses an advertisement that was changed anywhere that its checksum covers', () => {
  const frame = encodeUnsolicitedNa(MAC, VIP6, false);
  for (let at = 22; at < frame.length; at++) {
    const changed = Uint8Array.from(frame);
    changed[at] = (changed[at] ?? 0) ^ 0x10;
    assert.deepEqual(decodeClaim(changed), { ok: false, error: 'other' }, `byte ${at}`);
  }
});

const seed = fc.constantFrom(
  encodeGratuitousArp(MAC, VIP),
  encodeArpProbe(MAC, VIP),
  encodeUnsolicitedNa(MAC, VIP6, true),
  bytes(ANSWERS.solicited),
);
/** Frames of which some bytes are changed, and that are cut or go on; the checksum is right, or nothing else is tried. */
const mutated = fc
  .tuple(
    seed,
    fc.array(fc.tuple(fc.nat(90), fc.nat(255)), { maxLength: 4 }),
    fc.nat(90),
    fc.uint8Array({ maxLength: 9 }),
  )
  .map(([frame, changes, length, more]) => {
    const grown = Uint8Array.from([...frame.subarray(0, length < 40 ? length : frame.length), ...more]);
    for (const [at, value] of changes) if (at < grown.length) grown[at] = value;
    return frame[12] === 0x86 && grown.length > 58 ? complete(grown) : grown;
  });

test('decodeClaim() takes any bytes, and what it accepts for an address passes the filters for it', () => {
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), (frame) => {
      const claim = decodeClaim(frame);
      if (!claim.ok) return;
      const { address } = claim.value;
      const encodeFilter = address.includes(':') ? encodeNaFilter : encodeArpFilter;
      const { narrow, wide } = encodeFilter(['10.9.0.1' as Ip, '2001:db8::1' as Ip, address]);
      assert.ok(narrow !== null);
      for (const filter of [narrow, wide]) assert.ok(runBpf(filter, { data: frame, ancillary: RECEIVED }));
    }),
    { numRuns: 2000 },
  );
});

test('encodeArpFilter() and encodeNaFilter() keep out other addresses, our own frames and what claims nothing', () => {
  const others = Array.from(
    { length: 300 },
    (_, i) => [`10.9.1.${i % 250}`, `2001:db8::${i}:100`] as Ip[],
  ).flat();
  const [arp, na] = [encodeArpFilter([...others, VIP]), encodeNaFilter([...others, VIP6])];
  const [garp, advertisement] = [encodeGratuitousArp(MAC, VIP), encodeUnsolicitedNa(MAC, VIP6, false)];
  for (const [{ narrow, wide }, mine, strange, silent] of [
    [arp, garp, encodeGratuitousArp(MAC, '10.9.0.101' as Ip), encodeArpProbe(MAC, VIP)],
    [
      na,
      advertisement,
      encodeUnsolicitedNa(MAC, '2001:db8::101' as Ip, false),
      encodeNeighbourSolicitation(MAC, VIP6, VIP6),
    ],
  ] as const) {
    assert.ok(narrow !== null);
    assert.equal(runBpf(narrow, { data: mine, ancillary: RECEIVED }), true);
    assert.equal(runBpf(narrow, { data: strange, ancillary: RECEIVED }), false);
    assert.equal(runBpf(wide, { data: strange, ancillary: RECEIVED }), true);
    assert.equal(runBpf(narrow, { data: silent, ancillary: RECEIVED }), false);
    for (const filter of [narrow, wide]) {
      for (const type of [3, 4, 5])
        assert.equal(runBpf(filter, { data: mine, ancillary: { ...RECEIVED, 4: type } }), false);
      assert.equal(
        runBpf(filter, { data: mine, ancillary: { 4: 0, 28: 772 } }),
        false,
        'the loopback interface',
      );
    }
  }
});

test('encodeNaFilter() has no narrow filter for more addresses than a program has room for', () => {
  const many = Array.from({ length: 500 }, (_, i) => `2001:db8::${i}` as Ip);
  assert.equal(encodeNaFilter(many).narrow, null);
  assert.notEqual(encodeNaFilter(many.slice(0, 400)).narrow, null);
});
