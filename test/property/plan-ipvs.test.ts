import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Ip } from '../../src/base/ip.ts';
import { keyed } from '../../src/base/keyed.ts';
import { type DesiredService, destKey, type ServiceKey, serviceKey } from '../../src/model/services.ts';
import { planIpvs } from '../../src/plan/ipvs.ts';
import { FakeIpvs, observedDest } from '../fakes/ipvs.ts';

/** Records with the prototype of plain objects, which is what deepEqual compares them with. */
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(model, { noNullPrototype: true });

const few = (prefix: string) => fc.integer({ min: 1, max: 4 }).map((n) => `${prefix}${n}` as Ip);
const key: fc.Arbitrary<ServiceKey> = fc.oneof(
  record({
    kind: fc.constant('address' as const),
    protocol: fc.constantFrom('tcp' as const, 'udp' as const),
    address: fc.oneof(few('192.0.2.'), few('2001:db8::')),
    port: fc.constantFrom(80, 443),
  }),
  record({
    kind: fc.constant('fwmark' as const),
    fwmark: fc.integer({ min: 1, max: 2 }),
    family: fc.constantFrom('inet' as const, 'inet6' as const),
  }),
);
const tunnel = record({
  type: fc.constantFrom('ipip' as const, 'gue' as const, 'gre' as const),
  port: fc.constantFrom(0, 6080),
  checksum: fc.constantFrom('none' as const, 'csum' as const, 'remcsum' as const),
});
const dest = record({
  key: record({ address: few('10.0.0.'), port: fc.constantFrom(80, 8080) }),
  attrs: record({
    weight: fc.integer({ min: 0, max: 2 }),
    forward: fc.constantFrom('nat' as const, 'tun' as const, 'dr' as const),
    upperThreshold: fc.constantFrom(0, 10),
    lowerThreshold: fc.constantFrom(0, 5),
    tunnel: fc.option(tunnel),
  }),
});
const service: fc.Arbitrary<DesiredService> = record({
  key,
  attrs: record({
    scheduler: fc.constantFrom('rr', 'sh'),
    schedulerFlags: fc.subarray([1, 2, 3] as const),
    persistence: fc.option(
      record({
        timeout: fc.constantFrom(0, 300),
        prefix: fc.constantFrom(24, 32),
        engine: fc.constantFrom('sip', null),
      }),
    ),
    onePacket: fc.boolean(),
  }),
  dests: fc.uniqueArray(dest, { maxLength: 6, selector: (each) => destKey(each.key) }),
});
const table = fc.uniqueArray(service, { maxLength: 6, selector: (each) => serviceKey(each.key) });

const settings = (services: readonly DesiredService[]) =>
  keyed(
    services.map(({ key: of, attrs, dests }) => ({
      of,
      attrs,
      dests: keyed(
        dests.map((each) => ({ key: each.key, attrs: observedDest(each).attrs })),
        (each) => destKey(each.key),
      ),
    })),
    (each) => serviceKey(each.of),
  );

function kernelWith(services: readonly DesiredService[]): FakeIpvs {
  const kernel = new FakeIpvs();
  for (const op of planIpvs([], services)) assert.deepEqual(kernel.apply(op), { ok: true, value: undefined });
  return kernel;
}

test('planIpvs leads from any table to any other, every step of it accepted by the kernel', () => {
  fc.assert(
    fc.property(table, table, (before, desired) => {
      const kernel = kernelWith(before);
      for (const op of planIpvs(kernel.table.services, desired)) assert.ok(kernel.apply(op).ok, op.op);
      assert.deepEqual(settings(kernel.table.services), settings(desired));
      assert.deepEqual(planIpvs(kernel.table.services, desired), []);
    }),
  );
});

test('planIpvs never deletes what it makes again, nor empties a service that keeps servers', () => {
  fc.assert(
    fc.property(table, table, (before, desired) => {
      const kernel = kernelWith(before);
      const had = keyed(kernel.table.services, (each) => serviceKey(each.key));
      const wants = keyed(desired, (each) => serviceKey(each.key));
      for (const op of planIpvs(kernel.table.services, desired)) {
        kernel.apply(op);
        if (op.op === 'delService') assert.ok(!wants.has(serviceKey(op.key)));
        if (op.op !== 'delDest') continue;
        const name = serviceKey(op.of);
        assert.ok(had.has(name));
        const left = kernel.table.services.find((each) => serviceKey(each.key) === name);
        assert.ok((left?.dests.length ?? 0) > 0 || wants.get(name)?.dests.length === 0);
      }
    }),
  );
});
