import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Ip } from '../../../../src/base/ip.ts';
import type { Mac } from '../../../../src/base/mac.ts';
import { SERVER, SERVER_FLAGS, SERVICE, SERVICE_FLAGS } from '../../../../src/wire/xdp/layout.ts';
import { decodeServer, encodeServer, type XdpServerRecord } from '../../../../src/wire/xdp/server.ts';
import { decodeService, encodeService, type XdpServiceRecord } from '../../../../src/wire/xdp/service.ts';

const word = fc.integer({ min: 0, max: 0xffff_ffff });
const long = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
const address = fc.constantFrom('10.0.0.1' as Ip, '2001:db8::1' as Ip);

const services: fc.Arbitrary<XdpServiceRecord> = fc.record({
  key: fc.record({
    kind: fc.constant('address' as const),
    protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'sctp' as const),
    address,
    port: fc.integer({ min: 0, max: 65_535 }),
  }),
  attrs: fc.record({
    scheduler: fc.constantFrom('rr', 'wrr', 'lc', 'wlc', 'mh', 'sh'),
    schedulerFlags: fc.subarray([1, 2, 3] as const),
    persistence: fc.option(
      fc.record({
        timeout: fc.integer({ min: 1, max: 2_678_400 }),
        prefix: fc.integer({ min: 1, max: 128 }),
        engine: fc.constant(null),
      }),
    ),
    onePacket: fc.boolean(),
  }),
  isOwned: fc.boolean(),
  ring: fc.record({ offset: word, size: word }),
  ringOf: word,
  choices: long,
  folded: fc.record({ conns: long, packets: long, bytes: long }),
});

const servers: fc.Arbitrary<XdpServerRecord> = address.chain((address) =>
  fc.record({
    state: fc.constantFrom('in' as const, 'out' as const, 'retired' as const),
    service: word,
    key: fc.record({ address: fc.constant(address), port: fc.integer({ min: 0, max: 65_535 }) }),
    attrs: fc.record({
      weight: fc.integer({ min: 0, max: 0x7fff_ffff }),
      forward: fc.constant('tun' as const),
      upperThreshold: word,
      lowerThreshold: word,
      tunnel: fc.constantFrom(
        { type: 'ipip', port: 0, checksum: 'none' } as const,
        { type: 'gue', port: 6080, checksum: 'none' } as const,
      ),
    }),
    configuredWeight: fc.option(word),
    path: fc.option(
      fc.record({
        ifindex: fc.integer({ min: 1, max: 0x7fff_ffff }),
        source: fc.constant('02:00:00:00:00:01' as Mac),
        destination: fc.constant('02:00:00:00:00:02' as Mac),
        mtu: fc.integer({ min: 68, max: 65_535 }),
        outerSource: fc.constant(address),
      }),
    ),
  }),
);

/** Records of fast-check have no prototype. */
const plain = (value: unknown): unknown => structuredClone(value);

test('records of services and servers read back as they were written', () => {
  fc.assert(
    fc.property(services, servers, (service, server) => {
      assert.deepEqual(decodeService(encodeService(service)), plain(service));
      assert.deepEqual(decodeServer(encodeServer(server)), plain(server));
    }),
  );
  assert.equal(decodeService(new Uint8Array(SERVICE.size)), null);
  assert.equal(decodeServer(new Uint8Array(SERVER.size)), null);
});

test('a record tells the program what it does with it', () => {
  fc.assert(
    fc.property(services, servers, (service, server) => {
      const { scheduler, schedulerFlags } = service.attrs;
      const bits = encodeService(service)[SERVICE.at.flags] ?? 0;
      const bySource = ['mh', 'sh'].includes(scheduler) && !schedulerFlags.includes(2);
      assert.equal((bits & SERVICE_FLAGS.source_hash) !== 0, bySource);
      const flags = encodeServer(server)[SERVER.at.flags] ?? 0;
      const isIn = server.state === 'in';
      assert.equal((flags & SERVER_FLAGS.used) !== 0, isIn);
      assert.equal((flags & SERVER_FLAGS.reachable) !== 0, isIn && server.path !== null);
      assert.equal((flags & SERVER_FLAGS.available) !== 0, isIn && server.attrs.weight > 0);
    }),
  );
});
