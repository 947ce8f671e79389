import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import { centis, seconds } from '../../../src/base/units.ts';
import type { HmacConfig, InstanceConfig, Transport } from '../../../src/model/config.ts';
import { acceptAdvert, readAdvert } from '../../../src/vrrp/accept.ts';
import { encodeAdvertPayload } from '../../../src/vrrp/advert.ts';
import type { Datagram } from '../../../src/wire/datagram.ts';
import { instanceConfig, ip, virtualAddress } from '../../support/instances.ts';

const PEER = ip('10.0.0.1');
const SELF = ip('10.0.0.2');
const STRANGER = ip('10.0.0.9');
const GROUP = ip('224.0.0.18');

const V2 = instanceConfig();
const V3 = instanceConfig({ version: 3, authentication: null });
const OVER6 = instanceConfig({
  version: 3,
  family: 'inet6',
  authentication: null,
  transport: { kind: 'multicast', group: ip('ff02::12') },
  virtualAddresses: [virtualAddress('fe80::100', 64), virtualAddress('2001:db8::100', 64)],
});
const HMAC: HmacConfig = {
  keys: [{ id: 1, secret: { kind: 'bytes', bytes: new Uint8Array(32) } }],
  activeKey: 1,
  antiReplay: 'time',
  window: seconds(5),
  mode: 'enforce',
};

function unicast(over: Partial<Extract<Transport, { kind: 'unicast' }>> = {}): Transport {
  const peers = [{ address: PEER, minTtl: 0, maxTtl: 255 }];
  return { kind: 'unicast', peers, ttl: 255, checkSource: false, faultWithoutPeer: false, ...over };
}

/** An advert of a peer that is configured so, priority 150, unless said otherwise. */
function from(config: InstanceConfig, over: { source?: Ip; destination?: Ip; ttl?: number } = {}): Datagram {
  const [source, destination] =
    config.family === 'inet'
      ? [PEER, config.transport.kind === 'multicast' ? config.transport.group : SELF]
      : [ip('fe80::1'), ip('ff02::12')];
  const ends = { source, destination, ttl: 255, ...over };
  return { ...ends, payload: encodeAdvertPayload(config, { ...ends, priority: 150, sequence: null }) };
}

/** What becomes of a datagram at an instance: `accepted`, or the name of the refusal. */
function outcome(datagram: Datagram, config: InstanceConfig, self = SELF): string {
  const received = readAdvert(datagram);
  if (!received.ok) return received.error.refusal;
  const accepted = acceptAdvert(config, self, received.value);
  return accepted.ok ? 'accepted' : accepted.error;
}

/** At an instance over unicast. */
function direct(over: { source?: Ip; destination?: Ip; ttl?: number }, transport = unicast()): string {
  const config = { ...V3, transport };
  return outcome(from(config, over), config);
}

const owner = (over: Partial<InstanceConfig>) => instanceConfig({ priority: 255, ...over });
const pass = (password: string) => instanceConfig({ authentication: { type: 'pass', password } });
const every = (config: InstanceConfig, interval: number) => ({ ...config, advertInterval: centis(interval) });
const near = unicast({ peers: [{ address: PEER, minTtl: 254, maxTtl: 254 }] });

const ROWS: readonly (readonly [expected: string, what: string, actual: string])[] = [
  ['accepted', 'version 2', outcome(from(V2), V2)],
  ['accepted', 'version 3', outcome(from(V3), V3)],
  ['accepted', 'version 3 over IPv6', outcome(from(OVER6), OVER6)],
  ['length', 'nothing', outcome({ ...from(V2), payload: new Uint8Array(0) }, V2)],

  [
    'destination',
    'the address of a router in place of the group',
    outcome(from(V3, { destination: SELF }), V3),
  ],
  ['destination', 'another group', outcome(from(V3, { destination: ip('224.0.0.19') }), V3)],
  ['accepted', 'a group that is configured', outcome(from(grouped('224.0.0.19')), grouped('224.0.0.19'))],
  ['accepted', 'our address where peers are set', direct({})],
  ['destination', 'the group where peers are set', direct({ destination: GROUP })],
  [
    'destination',
    'the IPv6 group where peers are set',
    outcome(from(OVER6), { ...OVER6, transport: unicast() }),
  ],

  ['ttl', 'a TTL of 254', outcome(from(V2, { ttl: 254 }), V2)],
  ['ttl', 'a hop limit of 254', outcome(from(OVER6, { ttl: 254 }), OVER6)],
  ['accepted', 'a TTL of 7 from a peer without limits', direct({ ttl: 7 })],
  ['accepted', 'a TTL within the limits of its peer', direct({ ttl: 254 }, near)],
  ['ttl', 'a TTL below the limits of its peer', direct({ ttl: 253 }, near)],
  ['ttl', 'a TTL above the limits of its peer', direct({ ttl: 255 }, near)],
  ['accepted', 'any TTL from who is no peer', direct({ ttl: 7, source: STRANGER }, near)],

  ['version', 'version 3 where 2 is set', outcome(from(V3), V2)],
  ['version', 'version 2 where 3 is set', outcome(from(V2), V3)],

  ['accepted', 'a stranger as source', direct({ source: STRANGER })],
  [
    'source',
    'a stranger as source where that is checked',
    direct({ source: STRANGER }, unicast({ checkSource: true })),
  ],
  ['accepted', 'a peer as source where that is checked', direct({}, unicast({ checkSource: true }))],
  ['source', 'a stranger as source where adverts are signed', signedFrom(STRANGER)],
  ['accepted', 'a peer as source where adverts are signed', signedFrom(PEER)],
  ['accepted', 'any source in the group where adverts are signed', outcome(from(V3), { ...V3, hmac: HMAC })],
  ['self', 'our own address as source', outcome(from(V2), V2, PEER)],

  ['accepted', 'an owner as receiver', outcome(from(V2), owner({}))],
  [
    'owner',
    'an owner as receiver that ignores adverts',
    outcome(from(V2), owner({ ownerIgnoresAdverts: true })),
  ],
  [
    'accepted',
    'a receiver that would ignore as owner',
    outcome(from(V2), instanceConfig({ ownerIgnoresAdverts: true })),
  ],

  ['count', 'no address', outcome(from({ ...V2, virtualAddresses: [] }), V2)],
  ['count', 'no address in version 3', outcome(from({ ...V3, virtualAddresses: [] }), V3)],
  [
    'accepted',
    'no link-local address over IPv6',
    outcome(from({ ...OVER6, virtualAddresses: [virtualAddress('2001:db8::1')] }), OVER6),
  ],

  [
    'auth_type',
    'no authentication where PASS is set',
    outcome(from(instanceConfig({ authentication: null })), V2),
  ],
  ['auth_type', 'PASS where none is set', outcome(from(V2), instanceConfig({ authentication: null }))],
  ['auth', 'a wrong password', outcome(from(pass('2222')), V2)],
  ['auth', 'seven of eight bytes of the password', outcome(from(pass('1234567')), pass('12345678'))],
  ['accepted', 'eight bytes of a longer password', outcome(from(pass('12345678')), pass('123456789'))],

  ['interval', 'another interval in version 2', outcome(from(every(V2, 200)), V2)],
  ['accepted', 'another interval in version 3', outcome(from(every(V3, 200)), V3)],
  ['interval', 'an interval of 0 in version 3', outcome(from(every(V3, 0)), V3)],
];
for (const [expected, what, actual] of ROWS) {
  test(`acceptAdvert() of an advert with ${what}: ${expected}`, () => assert.equal(actual, expected));
}

function grouped(group: string): InstanceConfig {
  return { ...V3, transport: { kind: 'multicast', group: ip(group) } };
}

function signedFrom(source: Ip): string {
  const config = { ...V3, hmac: HMAC, transport: unicast() };
  return outcome(from(config, { source }), config);
}

function accepted(theirs: InstanceConfig, ours: InstanceConfig) {
  const received = readAdvert(from(theirs));
  assert.ok(received.ok);
  const answer = acceptAdvert(ours, SELF, received.value);
  assert.ok(answer.ok);
  return answer.value;
}

test('acceptAdvert() accepts another address list and says so; the order does not matter', () => {
  const two = [virtualAddress('10.0.0.100'), virtualAddress('10.0.0.101')];
  for (const config of [V2, V3]) {
    const differs = (ours: typeof two, theirs: typeof two) =>
      accepted({ ...config, virtualAddresses: theirs }, { ...config, virtualAddresses: ours })
        .addressListDiffers;
    assert.equal(differs(two, two.slice(1)), true);
    assert.equal(differs(two.slice(1), two), true);
    assert.equal(differs(two, [...two].reverse()), false);
  }
});

test('acceptAdvert() gives the interval of the sender in centiseconds, and says when it is not ours', () => {
  const { advertInterval, intervalDiffers } = accepted(every(V3, 25), V3);
  assert.deepEqual([advertInterval, intervalDiffers], [25, true]);
  assert.equal(accepted(every(V2, 300), every(V2, 300)).advertInterval, 300);
  assert.equal(accepted(V3, V3).intervalDiffers, false);
});

test('acceptAdvert() says which form of checksum was sent', () => {
  assert.equal(accepted(V3, V3).checksumForm, 'pseudo_header');
  assert.equal(accepted({ ...V3, checksum: 'rfc9568' }, V3).checksumForm, 'message');
});

test('readAdvert() tells the VRID of a message that is broken otherwise', () => {
  const { payload, ...ends } = from(V3);
  const broken = (bytes: Uint8Array) => readAdvert({ ...ends, payload: bytes });
  const refused = (refusal: string, vrid: number | null) => ({
    ok: false,
    error: { refusal, source: PEER, vrid },
  });
  assert.deepEqual(broken(payload.with(0, 0x41)), refused('version', 51));
  assert.deepEqual(broken(payload.with(2, 151)), refused('checksum', 51));
  assert.deepEqual(broken(payload.subarray(0, 1)), refused('length', null));
});

test('readAdvert() accepts as many addresses as an advert can hold', () => {
  const virtualAddresses = Array.from({ length: 255 }, (_, i) => virtualAddress(`10.1.0.${i}`));
  const many = { ...V3, virtualAddresses };
  assert.equal(accepted(many, many).addressListDiffers, false);
});
