import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { dataView } from '../../../src/base/bytes.ts';
import type { Mac } from '../../../src/base/mac.ts';
import { centis } from '../../../src/base/units.ts';
import { encodeGratuitousArp } from '../../../src/wire/arp.ts';
import { decodeIpv4, encodeIpv4 } from '../../../src/wire/ipv4.ts';
import { type Advert, decodeAdvert, encodeAdvert, peekVrid } from '../../../src/wire/vrrp.ts';
import { passwordData } from '../../../src/wire/vrrp-auth.ts';
import { type ChecksumForm, encodeChecksum } from '../../../src/wire/vrrp-checksum.ts';
import { bytes, datagramIn, hex } from '../../support/frames.ts';
import { ip } from '../../support/instances.ts';
import { root } from '../../support/root.ts';

const golden = JSON.parse(readFileSync(path.join(root, 'test/golden/vrrp/keepalived-2.2.7.json'), 'utf8'));
const ETHERNET = 14;

assert.ok(golden.adverts.length >= 3, 'the golden adverts are there');

for (const { name, frame, advert } of golden.adverts) {
  test(`decodeAdvert() and encodeAdvert() agree with keepalived: ${name}`, () => {
    const datagram = datagramIn(frame);
    assert.deepEqual(
      [datagram.source, datagram.destination, datagram.ttl],
      [golden.source, '224.0.0.18', 255],
    );
    const { password, ...fields } = advert;
    const expected: Advert = { version: 2, ...fields, authData: passwordData(password) };
    const decoded = decodeAdvert(datagram);
    assert.ok(decoded.ok);
    assert.deepEqual(decoded.value, {
      advert: expected,
      checksumForm: 'message',
      pdu: datagram.payload,
      trailer: null,
    });
    const payload = encodeChecksum(datagram, encodeAdvert(expected, 'inet'), null, 'message');
    assert.equal(hex(payload), hex(datagram.payload));
  });
}

test('encodeGratuitousArp() gives the frame that keepalived sends', () => {
  const { mac, address, frame } = golden.garp;
  assert.equal(hex(encodeGratuitousArp(mac as Mac, address)), frame);
});

test('encodeIpv4() differs from keepalived in identification and header checksum only', () => {
  const datagram = bytes(golden.adverts[0].frame).subarray(ETHERNET);
  const decoded = decodeIpv4(datagram);
  assert.ok(decoded.ok);
  const ours = encodeIpv4(decoded.value);
  datagram.set(ours.subarray(4, 6), 4);
  datagram.set(ours.subarray(10, 12), 10);
  assert.equal(hex(ours), hex(datagram));
});

test('decodeIpv4() cuts Ethernet padding off and refuses what is not one whole datagram', () => {
  const whole = encodeIpv4({
    source: ip('10.0.0.1'),
    destination: ip('224.0.0.18'),
    ttl: 255,
    protocol: 112,
    tos: 0,
    payload: Uint8Array.of(1, 2, 3),
  });
  const padded = new Uint8Array(46);
  padded.set(whole);
  const decoded = decodeIpv4(padded);
  assert.deepEqual(decoded.ok && [...decoded.value.payload], [1, 2, 3]);
  const broken = (change: (datagram: Uint8Array) => void) => {
    const copy = whole.slice();
    change(copy);
    return decodeIpv4(copy).ok;
  };
  assert.equal(
    broken(() => undefined),
    true,
  );
  assert.equal(
    broken((d) => d.set([0x65], 0)),
    false,
    'IPv6',
  );
  assert.equal(
    broken((d) => d.set([0x44], 0)),
    false,
    'header shorter than 20 bytes',
  );
  assert.equal(
    broken((d) => d.set([0x4f], 0)),
    false,
    'header longer than the datagram',
  );
  assert.equal(
    broken((d) => d.set([0, 24], 2)),
    false,
    'cut short',
  );
  assert.equal(
    broken((d) => d.set([0x20, 0], 6)),
    false,
    'first fragment',
  );
  assert.equal(
    broken((d) => d.set([0, 9], 6)),
    false,
    'later fragment',
  );
  assert.equal(decodeIpv4(new Uint8Array(19)).ok, false);
});

const V2: Advert = {
  version: 2,
  vrid: 51,
  priority: 100,
  authType: 0,
  advertInterval: 1,
  addresses: [ip('10.0.0.1')],
  authData: new Uint8Array(8),
};
const V3: Advert = {
  version: 3,
  vrid: 51,
  priority: 100,
  maxAdvertInterval: centis(100),
  addresses: [ip('10.0.0.1')],
};
const V3_IPV6: Advert = { ...V3, addresses: [ip('fe80::100'), ip('2001:db8::100')] };
const MULTICAST = { source: ip('10.0.0.2'), destination: ip('224.0.0.18') };
const UNICAST = { source: ip('10.0.0.2'), destination: ip('10.0.0.3') };
const MULTICAST6 = { source: ip('fe80::2'), destination: ip('ff02::12') };

function sent(
  advert: Advert,
  ends = MULTICAST,
  form: ChecksumForm = 'pseudo_header',
  trailer: Uint8Array | null = null,
) {
  const pdu = encodeAdvert(advert, ends === MULTICAST6 ? 'inet6' : 'inet');
  return { ...ends, ttl: 255, payload: encodeChecksum(ends, pdu, trailer, form) };
}

/** What is wrong with a datagram of which some bytes were changed; null for nothing. */
function refusal(datagram: ReturnType<typeof sent>, change: (payload: Uint8Array) => Uint8Array) {
  const decoded = decodeAdvert({ ...datagram, payload: change(datagram.payload.slice()) });
  return decoded.ok ? null : decoded.error;
}
const whole = (payload: Uint8Array) => payload;
const set = (at: number, value: number) => (payload: Uint8Array) => payload.with(at, value);
const cut = (length: number) => (payload: Uint8Array) => payload.subarray(0, length);
const longer = (by: number) => (payload: Uint8Array) => Uint8Array.of(...payload, ...new Uint8Array(by));

test('decodeAdvert() names what is wrong with VRRPv2', () => {
  const good = sent(V2);
  assert.equal(refusal(good, whole), null);
  assert.equal(refusal(good, set(0, 0x11)), 'version');
  assert.equal(refusal(good, set(0, 0x42)), 'version', 'before the type');
  assert.equal(refusal(good, set(0, 0x22)), 'type');
  for (const length of [0, 1, 7, 8, 15, 16, 19]) assert.equal(refusal(good, cut(length)), 'length');
  assert.equal(refusal(good, longer(4)), 'length');
  assert.equal(refusal(good, set(3, 2)), 'length');
  assert.equal(refusal(good, set(2, 101)), 'checksum');
  assert.equal(refusal(good, set(19, 1)), 'checksum', 'the authentication data is covered');
});

test('decodeAdvert() names what is wrong with VRRPv3 over either family', () => {
  for (const good of [sent(V3), sent(V3_IPV6, MULTICAST6)]) {
    assert.equal(refusal(good, whole), null);
    assert.equal(refusal(good, set(0, 0x32)), 'type');
    assert.equal(refusal(good, cut(8)), 'length', 'no addresses');
    assert.equal(refusal(good, longer(8)), 'length', 'no authentication data');
    assert.equal(refusal(good, set(3, 3)), 'length');
    assert.equal(refusal(good, set(2, 101)), 'checksum');
  }
  const pseudo = { ...sent(V3_IPV6, MULTICAST6), source: ip('fe80::3') };
  assert.equal(refusal(pseudo, whole), 'checksum', 'the source is covered');
});

test('decodeAdvert() takes the size of addresses from the family of the datagram', () => {
  const decoded = decodeAdvert(sent(V3_IPV6, MULTICAST6));
  assert.deepEqual(decoded.ok && decoded.value.advert, V3_IPV6);
  const four: Advert = { ...V3, addresses: Array.from({ length: 4 }, (_, i) => ip(`10.0.0.${i}`)) };
  assert.deepEqual(refusal({ ...sent(four), ...MULTICAST6 }, whole), 'length');
});

test('decodeAdvert() ignores the reserved bits of VRRPv3, and encodeAdvert() leaves them 0', () => {
  const pdu = encodeAdvert({ ...V3, maxAdvertInterval: centis(4095) }, 'inet');
  assert.equal(pdu[4], 0x0f);
  const payload = encodeChecksum(MULTICAST, pdu.with(4, 0xff), null, 'pseudo_header');
  const decoded = decodeAdvert({ ...MULTICAST, ttl: 255, payload });
  assert.equal(
    decoded.ok && decoded.value.advert.version === 3 && decoded.value.advert.maxAdvertInterval,
    4095,
  );
});

test('decodeAdvert() says in which form the checksum is right', () => {
  const form = (datagram: ReturnType<typeof sent>) => {
    const decoded = decodeAdvert(datagram);
    return decoded.ok ? decoded.value.checksumForm : decoded.error;
  };
  for (const wish of ['message', 'pseudo_header', 'group_pseudo_header'] as const) {
    assert.equal(form(sent(V3, UNICAST, wish)), wish);
    assert.equal(form(sent(V2, UNICAST, wish)), 'message', 'the only one of VRRPv2');
    assert.equal(form(sent(V3_IPV6, MULTICAST6, wish)), 'pseudo_header', 'the only one over IPv6');
  }
  assert.equal(form(sent(V3, MULTICAST, 'group_pseudo_header')), 'pseudo_header', 'the same for multicast');
  const elsewhere = { ...sent(V3, UNICAST), destination: ip('10.0.0.4') };
  assert.equal(form(elsewhere), 'checksum', 'the destination is covered');
});

test('decodeAdvert() keeps a trailer of 28 bytes apart, which is in the checksum over IPv6 only', () => {
  const trailer = Uint8Array.from({ length: 28 }, (_, i) => i);
  for (const [advert, ends] of [
    [V2, MULTICAST],
    [V3, MULTICAST],
    [V3_IPV6, MULTICAST6],
  ] as const) {
    const datagram = sent(advert, ends, 'pseudo_header', trailer);
    const decoded = decodeAdvert(datagram);
    assert.ok(decoded.ok);
    assert.deepEqual(decoded.value.advert, advert);
    assert.deepEqual(decoded.value.trailer, trailer);
    assert.deepEqual(decoded.value.pdu, datagram.payload.subarray(0, -28));
    const flipped = refusal(datagram, (payload) => payload.with(-1, 99));
    assert.equal(flipped, ends === MULTICAST6 ? 'checksum' : null);
    assert.equal(refusal(datagram, longer(1)), 'length');
    assert.equal(refusal(datagram, cut(datagram.payload.length - 1)), 'length');
  }
});

test('encodeChecksum() does not depend on the checksum that is there', () => {
  const { payload } = sent(V3);
  assert.deepEqual(encodeChecksum(MULTICAST, payload, null, 'pseudo_header'), payload);
});

test('encodeAdvert() throws for what does not fit, and leaves the checksum 0', () => {
  const addresses = Array.from({ length: 256 }, () => ip('10.0.0.1'));
  assert.throws(() => encodeAdvert({ ...V3, addresses }, 'inet'), RangeError);
  assert.throws(() => encodeAdvert({ ...V3, maxAdvertInterval: centis(4096) }, 'inet'), RangeError);
  assert.throws(() => encodeAdvert({ ...V2, advertInterval: 256 }, 'inet'), RangeError);
  assert.equal(dataView(encodeAdvert(V2, 'inet')).getUint16(6), 0);
});

test('peekVrid() reads the VRID of a message that is broken otherwise', () => {
  assert.equal(peekVrid(Uint8Array.of(0, 51)), 51);
  assert.equal(peekVrid(Uint8Array.of(0x31)), null);
});
