import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Ip } from '../../../src/base/ip.ts';
import type { IpvsOp } from '../../../src/model/ops.ts';
import type { Dest, DestAttrs, Forward, Service, ServiceKey } from '../../../src/model/services.ts';
import { AttrTable } from '../../../src/wire/attr-table.ts';
import { decodeFamilyId } from '../../../src/wire/genl.ts';
import { DestDecoder } from '../../../src/wire/ipvs/dest.ts';
import { encodeGetService, IpvsOpWriter } from '../../../src/wire/ipvs/op.ts';
import { decodeInfoReply, decodeServiceReply } from '../../../src/wire/ipvs/reply.ts';
import { StatsDecoder } from '../../../src/wire/ipvs/stats.ts';
import {
  type Attr,
  attr,
  decodeMessages,
  encodeAttrs,
  NLMSG_DONE,
  nestedAttr,
} from '../../../src/wire/netlink.ts';
import { NetlinkWriter } from '../../../src/wire/netlink-writer.ts';
import { NO_TRAFFIC } from '../../fakes/ipvs.ts';
import { root } from '../../support/root.ts';

const golden: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(path.join(root, 'test/golden/ipvs/linux-6.1.json'), 'utf8'),
);

function payloads(name: string): readonly Uint8Array[] {
  const hex = golden[name];
  assert.ok(hex !== undefined, name);
  const messages = decodeMessages(Uint8Array.from(Buffer.from(hex, 'hex')));
  assert.ok(messages.ok);
  return messages.value.filter((message) => message.type !== NLMSG_DONE).map((message) => message.payload);
}

const [inet, inet6] = [new DestDecoder('inet'), new DestDecoder('inet6')];
const [first = new Uint8Array()] = payloads('info');

test('decodeFamilyId and decodeInfoReply read what Linux 6.1 answers', () => {
  assert.equal(payloads('family').map(decodeFamilyId)[0], 32);
  assert.deepEqual(decodeInfoReply(first), { version: '1.2.1', connectionTableSize: 4096 });
});

test('decodeServiceReply reads the services that Linux 6.1 dumps', () => {
  const plain = { schedulerFlags: [], persistence: null, onePacket: false };
  const expected: readonly Service[] = [
    {
      key: { kind: 'address', protocol: 'tcp', address: '192.0.2.10' as Ip, port: 443 },
      attrs: {
        scheduler: 'sh',
        schedulerFlags: [1, 2],
        persistence: { timeout: 300, prefix: 20, engine: null },
        onePacket: false,
      },
    },
    {
      key: { kind: 'address', protocol: 'udp', address: '2001:db8::53' as Ip, port: 53 },
      attrs: {
        scheduler: 'rr',
        schedulerFlags: [],
        persistence: { timeout: 30, prefix: 64, engine: 'sip' },
        onePacket: true,
      },
    },
    {
      key: { kind: 'fwmark', fwmark: 4_294_967_295, family: 'inet6' },
      attrs: { ...plain, scheduler: 'wlc' },
    },
  ];
  assert.deepEqual(
    payloads('services').map(decodeServiceReply),
    expected.map((service) => ({ ...service, dests: [], stats: NO_TRAFFIC })),
  );
});

test('a DestDecoder reads the destinations that Linux 6.1 dumps', () => {
  const quiet = { activeConns: 0, inactiveConns: 0, persistentConns: 0, stats: NO_TRAFFIC };
  assert.deepEqual(
    payloads('dests4').map((payload) => inet.decode(payload)),
    [
      {
        key: { address: '10.0.0.12', port: 443 },
        attrs: {
          weight: 1,
          forward: 'tun',
          upperThreshold: 0,
          lowerThreshold: 0,
          tunnel: { type: 'gue', port: 6080, checksum: 'csum' },
        },
        ...quiet,
      },
      {
        key: { address: '10.0.0.11', port: 443 },
        attrs: { weight: 3, forward: 'dr', upperThreshold: 1000, lowerThreshold: 750, tunnel: null },
        ...quiet,
      },
    ],
  );
  assert.deepEqual(
    payloads('dests6').map((payload) => inet6.decode(payload)),
    [
      {
        key: { address: '2001:db8::11', port: 5353 },
        attrs: { weight: 0, forward: 'nat', upperThreshold: 0, lowerThreshold: 0, tunnel: null },
        ...quiet,
      },
    ],
  );
});

test('a StatsDecoder keeps counters beyond 2^53 whole, and takes the 32-bit ones where there are no others', () => {
  const counters = (type: number, bytes: number) =>
    nestedAttr(
      type,
      Array.from({ length: 10 }, (_, i) => attr(i + 1, new Uint8Array(bytes).fill(i === 0 ? 0xff : i))),
    );
  const decode = (type: number, ...attrs: readonly Attr[]) => {
    const bytes = encodeAttrs(attrs);
    const table = new AttrTable(12);
    assert.ok(table.read(bytes, 0, bytes.length));
    return new StatsDecoder().decode(bytes, table, type);
  };
  const stats64 = decode(12, counters(10, 4), counters(12, 8));
  assert.equal(stats64.conns, 2n ** 64n - 1n);
  assert.equal(stats64.outBps, 0x0909090909090909n);
  assert.equal(decode(10, counters(10, 4)).conns, 2n ** 32n - 1n);
  assert.deepEqual(decode(12), NO_TRAFFIC);
});

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const ip4 = octets(4).map((bytes) => bytes.join('.') as Ip);
const port = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const plainRecord = { noNullPrototype: true } as const;
const service: fc.Arbitrary<Service> = fc.record(
  {
    key: fc.oneof(
      fc.record(
        {
          kind: fc.constant('address' as const),
          protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'sctp' as const),
          address: ip4,
          port,
        },
        plainRecord,
      ),
      fc.record(
        { kind: fc.constant('fwmark' as const), fwmark: u32, family: fc.constant('inet' as const) },
        plainRecord,
      ),
    ),
    attrs: fc.record(
      {
        scheduler: fc.constantFrom('rr', 'wlc', 'mh'),
        schedulerFlags: fc.subarray([1, 2, 3] as const),
        persistence: fc.option(
          fc.record(
            {
              timeout: u32,
              prefix: fc.integer({ min: 0, max: 32 }),
              engine: fc.option(fc.constant('sip')),
            },
            plainRecord,
          ),
        ),
        onePacket: fc.boolean(),
      },
      plainRecord,
    ),
  },
  plainRecord,
);
const dest: fc.Arbitrary<Dest> = fc.record(
  {
    key: fc.record({ address: fc.oneof(ip4, fc.constant('2001:db8::7' as Ip)), port }, plainRecord),
    attrs: fc.record(
      {
        weight: u32,
        forward: fc.constantFrom('nat' as const, 'local' as const, 'dr' as const, 'bypass' as const),
        upperThreshold: u32,
        lowerThreshold: u32,
        tunnel: fc.constant(null),
      },
      plainRecord,
    ),
  },
  plainRecord,
);

const KEYS: readonly ServiceKey[] = [
  { kind: 'address', protocol: 'tcp', address: '10.0.0.1' as Ip, port: 80 },
];
/** Of some servers, that many follow each other that differ by their address alone. */
const ATTRS = new Map<Forward, DestAttrs>(
  (['dr', 'nat'] as const).map((forward) => [
    forward,
    { weight: 1, forward, upperThreshold: 0, lowerThreshold: 0, tunnel: null },
  ]),
);

/** The payload of the one message that this operation is. */
function payloadOf(op: IpvsOp): Uint8Array {
  const writer = new NetlinkWriter(0, 1, 0);
  new IpvsOpWriter(writer, 32).write(op);
  const messages = decodeMessages(writer.payload());
  assert.ok(messages.ok && messages.value.length === 1);
  return messages.value[0]?.payload ?? new Uint8Array();
}

test('the decoders of replies give back what operations say', () => {
  fc.assert(
    fc.property(service, dest, (sentService, sentDest) => {
      const readService = decodeServiceReply(payloadOf({ op: 'setService', service: sentService }));
      assert.deepEqual(readService, { ...sentService, dests: [], stats: NO_TRAFFIC });
      const about = { op: 'newDest', of: sentService.key, dest: sentDest } as const;
      const readDest = inet.decode(payloadOf(about));
      assert.deepEqual(readDest?.key, sentDest.key);
      assert.deepEqual(readDest?.attrs, sentDest.attrs);
    }),
  );
});

test('the decoders of replies take any bytes, and golden bytes with one changed, without throwing', () => {
  const seeds = ['services', 'dests4', 'dests6', 'info', 'family'].flatMap(payloads);
  const mutated = fc
    .tuple(fc.constantFrom(...seeds), fc.nat(), fc.nat(255))
    .map(([seed, at, byte]) => seed.with(at % seed.length, byte));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), mutated), (bytes) => {
      decodeServiceReply(bytes);
      inet.decode(bytes);
      inet6.decode(bytes);
      decodeInfoReply(bytes);
      decodeFamilyId(bytes);
    }),
    { numRuns: 2000 },
  );
});

test('an IpvsOpWriter names no setting where only a key is meant', () => {
  const key = { kind: 'fwmark', fwmark: 7, family: 'inet6' } as const;
  // Nested service of 16 bytes: family 10, mark 7.
  const named = '14000180' + '060001000a000000' + '0800050007000000';
  // IPVS_CMD_DEL_SERVICE, IPVS_CMD_GET_SERVICE
  assert.equal(Buffer.from(payloadOf({ op: 'delService', key })).toString('hex'), `03010000${named}`);
  assert.equal(Buffer.from(encodeGetService(key)).toString('hex'), `04010000${named}`);
});

/** Each part as linux/ip_vs.h has it. */
test('an IpvsOpWriter writes a server of a tunnel, each setting under its number', () => {
  const bytes = payloadOf({
    op: 'setDest',
    of: { kind: 'address', protocol: 'udp', address: '10.0.0.1' as Ip, port: 53 },
    dest: {
      key: { address: '2001:db8::7' as Ip, port: 5353 },
      attrs: {
        weight: 0x7fffffff,
        forward: 'tun',
        upperThreshold: 9,
        lowerThreshold: 8,
        tunnel: { type: 'gue', port: 6080, checksum: 'csum' },
      },
    },
  });
  assert.equal(
    Buffer.from(bytes).toString('hex'),
    [
      '06010000',
      '30000180' + '0600010002000000' + '0600020011000000',
      '14000300' + '0a000001000000000000000000000000' + '0600040000350000',
      '60000280' + '06000b000a000000',
      '14000100' + '20010db8000000000000000000000007' + '0600020014e90000',
      '0800030002000000' + '08000400ffffff7f' + '0800050009000000' + '0800060008000000',
      '05000d0001000000' + '06000e0017c00000' + '06000f0001000000',
    ].join(''),
  );
});

test('an IpvsOpWriter writes many operations as it writes each alone', () => {
  const op = fc.tuple(fc.nat(3), fc.nat(1), dest).map(([kind, of, { key, attrs }]): IpvsOp => {
    const about = KEYS[of] ?? { kind: 'fwmark', fwmark: 7, family: 'inet' };
    if (kind === 0) return { op: 'delDest', of: about, key };
    return {
      op: kind === 1 ? 'setDest' : 'newDest',
      of: about,
      dest: { key, attrs: ATTRS.get(attrs.forward) ?? attrs },
    };
  });
  fc.assert(
    fc.property(fc.array(op), (ops) => {
      const writer = new NetlinkWriter(0, 1, 0);
      const writing = new IpvsOpWriter(writer, 32);
      for (const each of ops) writing.write(each);
      const messages = decodeMessages(writer.payload());
      assert.deepEqual(
        messages.ok && messages.value.map(({ seq, payload }) => [seq, payload]),
        ops.map((each, i) => [i + 1, payloadOf(each)]),
      );
    }),
  );
});

test('a netlink writer takes messages of any size, and takes the last one back', () => {
  const writer = new NetlinkWriter(7, 41, 0);
  for (const length of [5, 2000, 70_000]) writer.message(20, 0x400, new Uint8Array(length).fill(length));
  writer.drop();
  const messages = decodeMessages(writer.datagram());
  assert.deepEqual(
    messages.ok &&
      messages.value.map(({ type, flags, seq, port, payload }) => [
        type,
        flags,
        seq,
        port,
        payload.length,
        payload.at(-1),
      ]),
    [
      [20, 0x401, 41, 7, 5, 5],
      [20, 0x405, 42, 7, 2000, 2000 & 0xff],
    ],
  );
  assert.equal(writer.length, 24 + 2016);
});
