import assert from 'node:assert/strict';
import { test } from 'node:test';
import { centis } from '../../../src/base/units.ts';
import type { InstanceConfig } from '../../../src/model/config.ts';
import { acceptAdvert, readAdvert } from '../../../src/vrrp/accept.ts';
import { encodeAdvertDatagram } from '../../../src/vrrp/advert.ts';
import { encodeIpv4 } from '../../../src/wire/ipv4.ts';
import { encodeAdvert } from '../../../src/wire/vrrp.ts';
import { instanceConfig, ip, virtualAddress } from '../../support/instances.ts';

const PEER = ip('10.0.0.1');
const SELF = ip('10.0.0.2');
const peer = (over: Partial<InstanceConfig> = {}) => encodeAdvertDatagram(instanceConfig(over), PEER, 150);

/** What becomes of a datagram at an instance: `accepted`, or the name of the refusal. */
function outcome(datagram: Uint8Array, config = instanceConfig(), self = SELF): string {
  const received = readAdvert(datagram);
  if (!received.ok) return received.error.refusal;
  const accepted = acceptAdvert(config, self, received.value);
  return accepted.ok ? 'accepted' : accepted.error;
}

function changed(change: (datagram: Uint8Array) => void): Uint8Array {
  const datagram = peer();
  change(datagram);
  return datagram;
}

const bare = (payload: Uint8Array, destination = '224.0.0.18', protocol = 112) =>
  encodeIpv4({ source: PEER, destination: ip(destination), ttl: 255, protocol, tos: 0, payload });

const ROWS: readonly (readonly [expected: string, what: string, actual: string])[] = [
  ['accepted', 'a good advert', outcome(peer())],
  ['accepted', 'an advert with Ethernet padding', outcome(Uint8Array.of(...peer(), 0, 0, 0, 0, 0, 0))],
  ['ip_header', 'nothing', outcome(new Uint8Array(0))],
  ['ip_header', 'another protocol', outcome(bare(new Uint8Array(16), '224.0.0.18', 2))],
  ['destination', 'a unicast copy', outcome(bare(new Uint8Array(16), '10.0.0.2'))],
  ['ttl', 'a TTL of 254', outcome(changed((d) => d.set([254], 8)))],
  ['version', 'version 3', outcome(changed((d) => d.set([0x31], 20)))],
  ['type', 'type 2', outcome(changed((d) => d.set([0x22], 20)))],
  ['length', 'a count that does not fit', outcome(changed((d) => d.set([9], 23)))],
  ['checksum', 'a flipped bit', outcome(changed((d) => d.set([51 ^ 64], 21)))],
  ['self', 'our own address as source', outcome(peer(), instanceConfig(), PEER)],
  ['owner', 'an advert to the owner', outcome(peer(), instanceConfig({ priority: 255 }))],
  ['auth_type', 'no authentication where PASS is set', outcome(peer({ authentication: null }))],
  ['auth_type', 'PASS where none is set', outcome(peer(), instanceConfig({ authentication: null }))],
  ['auth', 'a wrong password', outcome(peer({ authentication: { type: 'pass', password: '2222' } }))],
  ['interval', 'another interval', outcome(peer({ advertInterval: centis(200) }))],
  ['count', 'no address', outcome(peer({ virtualAddresses: [] }))],
];
for (const [expected, what, actual] of ROWS) {
  test(`an advert with ${what} is ${expected}`, () => assert.equal(actual, expected));
}

test('acceptAdvert() compares eight bytes of the password, as keepalived does', () => {
  const long = instanceConfig({ authentication: { type: 'pass', password: '12345678' } });
  assert.equal(outcome(peer({ authentication: { type: 'pass', password: '1234567' } }), long), 'auth');
  assert.equal(outcome(peer({ authentication: { type: 'pass', password: '12345678' } }), long), 'accepted');
});

test('acceptAdvert() accepts another address list and says so; the order does not matter', () => {
  const two = [virtualAddress('10.0.0.100'), virtualAddress('10.0.0.101')];
  const differs = (ours: typeof two, theirs: typeof two) => {
    const received = readAdvert(peer({ virtualAddresses: theirs }));
    assert.ok(received.ok);
    const accepted = acceptAdvert(instanceConfig({ virtualAddresses: ours }), SELF, received.value);
    return accepted.ok && accepted.value.addressListDiffers;
  };
  assert.equal(differs(two, two.slice(1)), true);
  assert.equal(differs(two, [...two].reverse()), false);
});

test('readAdvert() tells the VRID of a message that is broken otherwise', () => {
  const received = readAdvert(changed((d) => d.set([254], 8)));
  assert.deepEqual(received, { ok: false, error: { refusal: 'ttl', source: PEER, vrid: 51 } });
  const empty = readAdvert(bare(new Uint8Array(0)));
  assert.deepEqual(empty, { ok: false, error: { refusal: 'length', source: PEER, vrid: null } });
});

test('readAdvert() accepts what encodeAdvert() can make, up to 255 addresses', () => {
  const addresses = Array.from({ length: 255 }, (_, i) => ip(`10.1.0.${i}`));
  const advert = {
    version: 2 as const,
    vrid: 1,
    priority: 1,
    authType: 0,
    advertInterval: 1,
    addresses,
    authData: new Uint8Array(8),
  };
  assert.equal(readAdvert(bare(encodeAdvert(advert))).ok, true);
});
