import assert from 'node:assert/strict';
import { test } from 'node:test';
import { micros } from '../../../src/base/units.ts';
import { type BfdPacket, decodeBfd, encodeBfd } from '../../../src/wire/bfd.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

const PACKET: BfdPacket = {
  diagnostic: 0,
  state: 'Up',
  poll: true,
  final: false,
  controlPlaneIndependent: false,
  demand: false,
  multipoint: false,
  multiplier: 3,
  myDiscriminator: 0xc865477e,
  yourDiscriminator: 0xd8872064,
  desiredMinTx: micros(100_000),
  requiredMinRx: micros(100_000),
  requiredMinEchoRx: micros(0),
  authentication: null,
};
const slow = { desiredMinTx: micros(1_000_000), poll: false };

/** UDP payloads of two keepalived 2.2.7 (min_rx 100, min_tx 100, multiplier 3), captured with tcpdump. */
const KEEPALIVED: readonly [string, BfdPacket][] = [
  [
    '20400318c865477e00000000000f4240000186a000000000',
    { ...PACKET, ...slow, state: 'Down', yourDiscriminator: 0 },
  ],
  ['20800318c865477ed8872064000f4240000186a000000000', { ...PACKET, ...slow, state: 'Init' }],
  ['20e00318c865477ed8872064000186a0000186a000000000', PACKET],
  ['20d00318c865477ed8872064000186a0000186a000000000', { ...PACKET, poll: false, final: true }],
  ['20c00318c865477ed8872064000186a0000186a000000000', { ...PACKET, poll: false }],
  [
    '21400318593bfc7800000000000f4240000186a000000000',
    {
      ...PACKET,
      ...slow,
      state: 'Down',
      diagnostic: 1,
      myDiscriminator: 0x593bfc78,
      yourDiscriminator: 0,
    },
  ],
  [
    '234003183754e2300ef52bd3000f4240000186a000000000',
    {
      ...PACKET,
      ...slow,
      state: 'Down',
      diagnostic: 3,
      myDiscriminator: 0x3754e230,
      yourDiscriminator: 0x0ef52bd3,
    },
  ],
];

test('decodeBfd and encodeBfd agree with keepalived on every packet of a session', () => {
  for (const [text, packet] of KEEPALIVED) {
    assert.deepEqual(decodeBfd(hex(text)), { ok: true, value: packet });
    assert.equal(Buffer.from(encodeBfd(packet)).toString('hex'), text);
  }
});

test('decodeBfd keeps the authentication section, within the length that the packet says', () => {
  // RFC 5880 §4.2: simple password, key 1, "ab"; and a stray byte behind it.
  const bytes = hex('20c4031dc865477ed8872064000186a0000186a00000000001050161620f');
  const decoded = decodeBfd(bytes);
  assert.deepEqual(decoded, {
    ok: true,
    value: { ...PACKET, poll: false, authentication: hex('0105016162') },
  });
  assert.deepEqual(
    encodeBfd({ ...PACKET, poll: false, authentication: hex('0105016162') }),
    bytes.slice(0, -1),
  );
});

test('decodeBfd refuses other versions, impossible lengths and cut packets', () => {
  const good = encodeBfd(PACKET);
  const with_ = (at: number, value: number) => {
    const bytes = good.slice();
    bytes[at] = value;
    return bytes;
  };
  const rows: readonly [Uint8Array, string][] = [
    [new Uint8Array(), 'truncated'],
    [good.slice(0, 23), 'truncated'],
    [with_(3, 25), 'truncated'],
    [with_(0, 0), 'version'],
    [with_(0, 2 << 5), 'version'],
    [with_(3, 23), 'length'],
    [with_(1, 0xc4), 'length'],
  ];
  for (const [bytes, error] of rows) assert.deepEqual(decodeBfd(bytes), { ok: false, error });
});
