import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { Mac } from '../../../src/base/mac.ts';
import { encodeGratuitousArp } from '../../../src/wire/arp.ts';
import { decodeIpv4, encodeIpv4 } from '../../../src/wire/ipv4.ts';
import { decodeAdvert, encodeAdvert, passwordData } from '../../../src/wire/vrrp.ts';
import { ip } from '../../support/instances.ts';
import { root } from '../../support/root.ts';

const golden = JSON.parse(readFileSync(path.join(root, 'test/golden/vrrp/keepalived-2.2.7.json'), 'utf8'));
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (from: Uint8Array) => Buffer.from(from).toString('hex');
const ETHERNET = 14;

assert.ok(golden.adverts.length >= 3, 'the golden adverts are there');

for (const { name, frame, advert } of golden.adverts) {
  test(`decodeAdvert() and encodeAdvert() agree with keepalived: ${name}`, () => {
    const datagram = decodeIpv4(bytes(frame).subarray(ETHERNET));
    assert.ok(datagram.ok);
    assert.equal(datagram.value.source, golden.source);
    assert.equal(datagram.value.destination, '224.0.0.18');
    assert.deepEqual([datagram.value.ttl, datagram.value.tos, datagram.value.protocol], [255, 0xc0, 112]);
    const { password, ...fields } = advert;
    const expected = { version: 2, ...fields, authData: passwordData(password) };
    assert.deepEqual(decodeAdvert(datagram.value.payload), { ok: true, value: expected });
    assert.equal(hex(encodeAdvert(expected)), hex(datagram.value.payload));
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

test('decodeAdvert() names what is wrong', () => {
  const good = encodeAdvert({
    version: 2,
    vrid: 51,
    priority: 100,
    authType: 0,
    advertInterval: 1,
    addresses: [ip('10.0.0.1')],
    authData: new Uint8Array(8),
  });
  const refusal = (change: (message: Uint8Array) => Uint8Array) => {
    const decoded = decodeAdvert(change(good.slice()));
    return decoded.ok ? null : decoded.error;
  };
  const set = (at: number, value: number) => (message: Uint8Array) => {
    message[at] = value;
    return message;
  };
  assert.equal(
    refusal((m) => m),
    null,
  );
  assert.equal(refusal(set(0, 0x31)), 'version');
  assert.equal(refusal(set(0, 0x22)), 'type');
  assert.equal(
    refusal((m) => m.subarray(0, 15)),
    'length',
  );
  assert.equal(
    refusal((m) => m.subarray(0, 0)),
    'length',
  );
  assert.equal(
    refusal((m) => Uint8Array.of(...m, 0, 0, 0, 0)),
    'length',
  );
  assert.equal(refusal(set(3, 2)), 'length');
  assert.equal(refusal(set(2, 101)), 'checksum');
  assert.equal(refusal(set(19, 1)), 'checksum', 'the authentication data is covered');
});
