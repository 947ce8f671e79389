import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Ip } from '../../../src/base/ip.ts';
import { wallTime } from '../../../src/base/units.ts';
import type { FlowBatch, SharedState } from '../../../src/model/flow-sync.ts';
import { decodeFlowSync, encodeFlowSync, type FlowSyncMessage } from '../../../src/wire/flow-sync.ts';
import { MOST_BYTES, packFlows } from '../../../src/wire/flow-sync-pack.ts';
import { FLOW_SYNC_MAC, flowSyncKey, openFlowSync, sealFlowSync } from '../../../src/wire/flow-sync-seal.ts';

const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const port = fc.integer({ min: 0, max: 65_535 });
const address = fc.constantFrom('10.0.0.1' as Ip, '192.0.2.255' as Ip, '2001:db8::1' as Ip);
const state = fc.constantFrom<SharedState>('established', 'fin', 'udp', 'sctp', 'persist');
const service = fc.record({
  kind: fc.constant('address' as const),
  protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'sctp' as const),
  address,
  port,
});
const batch: fc.Arbitrary<FlowBatch> = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 5 }))
  .chain(([services, servers]) =>
    fc.record({
      services: fc.array(service, { minLength: services, maxLength: services }),
      servers: fc.array(fc.record({ service: fc.nat(services - 1), key: fc.record({ address, port }) }), {
        minLength: servers,
        maxLength: servers,
      }),
      flows: fc.array(
        fc.record({ tag: word, server: fc.nat(servers - 1), state, left: fc.nat(0xffff_ffff) }),
        { maxLength: 8 },
      ),
    }),
  );
const message: fc.Arbitrary<FlowSyncMessage> = fc.record({
  source: address,
  epoch: word,
  sequence: word,
  time: fc.nat(Number.MAX_SAFE_INTEGER).map(wallTime),
  body: fc.oneof(
    fc.record({ kind: fc.constant('hello' as const), request: fc.nat(0xffff_ffff) }),
    batch.map((flows) => ({ kind: 'flows' as const, ...flows })),
  ),
});
/** Records of fast-check have no prototype. */
const plain = (value: unknown) => structuredClone(value);

const KEY = flowSyncKey(new Uint8Array(32).fill(7));

test('encodeFlowSync and decodeFlowSync keep everything, whatever is said', () => {
  fc.assert(
    fc.property(message, (one) => {
      assert.deepEqual(plain(decodeFlowSync(encodeFlowSync(one))), plain({ ok: true, value: one }));
      assert.deepEqual(plain(openFlowSync(KEY, sealFlowSync(KEY, one))), plain({ ok: true, value: one }));
    }),
  );
});

test('decodeFlowSync never throws, and what it reads is written as the same bytes', () => {
  const mutated = fc
    .tuple(message.map(encodeFlowSync), fc.nat(), fc.nat(255), fc.nat(60))
    .map(([bytes, at, value, cut]) => {
      const copy = bytes.slice(0, bytes.length - (cut > 40 ? cut - 40 : 0));
      if (copy.length > 0) copy[at % copy.length] = value;
      return copy;
    });
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 160 })), (bytes) => {
      const read = decodeFlowSync(bytes);
      if (read.ok) assert.deepEqual(encodeFlowSync(read.value), bytes);
    }),
    { numRuns: 2000 },
  );
});

test('openFlowSync takes nothing that was changed, cut off, or signed with another key', () => {
  const other = flowSyncKey(new Uint8Array(32).fill(8));
  fc.assert(
    fc.property(message, fc.nat(), fc.integer({ min: 1, max: 255 }), (one, at, change) => {
      const sealed = sealFlowSync(KEY, one);
      assert.deepEqual(openFlowSync(other, sealed), { ok: false, error: 'signature' });
      assert.equal(openFlowSync(KEY, sealed.subarray(0, at % sealed.length)).ok, false);
      const place = at % sealed.length;
      sealed[place] = (sealed[place] ?? 0) ^ change;
      assert.deepEqual(openFlowSync(KEY, sealed), { ok: false, error: 'signature' });
    }),
  );
});

test('packFlows tells every flow that has a name once, in datagrams that fit', () => {
  const flow = fc.record({ tag: word, server: fc.nat(300), state, left: fc.nat(1000) });
  const nameOf = (slot: number) =>
    slot % 7 === 0
      ? null
      : {
          service: {
            kind: 'address' as const,
            protocol: 'tcp' as const,
            address: '10.0.0.1' as Ip,
            port: slot % 5,
          },
          server: { address: '10.0.1.1' as Ip, port: slot },
        };
  fc.assert(
    fc.property(fc.array(flow, { maxLength: 600 }), (flows) => {
      const told: unknown[] = [];
      for (const one of packFlows(flows, nameOf)) {
        const body = { kind: 'flows' as const, ...one };
        const around = { source: '2001:db8::1' as Ip, epoch: 1n, sequence: 1n, time: wallTime(1), body };
        assert.ok(encodeFlowSync(around).length + FLOW_SYNC_MAC <= MOST_BYTES);
        for (const { server, ...rest } of one.flows) {
          const named = one.servers[server];
          assert.ok(named !== undefined && one.services[named.service]?.port === named.key.port % 5);
          told.push({ ...rest, server: named.key.port });
        }
      }
      assert.deepEqual(plain(told), plain(flows.filter(({ server }) => server % 7 !== 0)));
    }),
    { numRuns: 30 },
  );
});
