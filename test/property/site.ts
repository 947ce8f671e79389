import fc from 'fast-check';
import { keyed } from '../../src/base/keyed.ts';
import { millis } from '../../src/base/units.ts';
import type { ServerConfig, ServiceConfig } from '../../src/model/config.ts';
import type { IpvsOp } from '../../src/model/ops.ts';
import {
  type DesiredService,
  type DestAttrs,
  destKey,
  type ServiceAttrs,
  serviceKey,
} from '../../src/model/services.ts';
import { observedDest } from '../fakes/ipvs.ts';
import { PLAIN_SERVICE } from '../support/services.ts';
import { ip } from '../unit/daemon/check-world.ts';

/** Records with the prototype of plain objects, which is what deepEqual compares them with. */
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(model, { noNullPrototype: true });

const destAttrs: fc.Arbitrary<DestAttrs> = record({
  weight: fc.integer({ min: 0, max: 3 }),
  forward: fc.constantFrom('nat', 'dr', 'tun'),
  upperThreshold: fc.constantFrom(0, 10),
  lowerThreshold: fc.constant(0),
  tunnel: fc.constant(null),
});
const serviceAttrs: fc.Arbitrary<ServiceAttrs> = record({
  scheduler: fc.constantFrom('rr', 'wlc'),
  schedulerFlags: fc.constant([]),
  persistence: fc.constant(null),
  onePacket: fc.boolean(),
});
const destKeys = record({
  address: fc.integer({ min: 1, max: 4 }).map((n) => ip(`10.0.0.${n}`)),
  port: fc.constantFrom(80, 81),
});
const serviceKeys = record({
  kind: fc.constant('address' as const),
  protocol: fc.constant('tcp' as const),
  address: fc.integer({ min: 1, max: 3 }).map((n) => ip(`192.0.2.${n}`)),
  port: fc.constant(80),
});

const server: fc.Arbitrary<ServerConfig> = record({
  key: destKeys,
  attrs: destAttrs,
  checks: fc.constant([]),
  inhibitOnFailure: fc.boolean(),
  slowStart: fc.constant(millis(0)),
  notifyUp: fc.constant(null),
  notifyDown: fc.constant(null),
  mail: fc.boolean(),
});
const service: fc.Arbitrary<ServiceConfig> = record({
  key: serviceKeys,
  attrs: serviceAttrs,
  name: fc.constant('web'),
  drainTimeout: fc.constantFrom(millis(0), millis(3000), millis(60_000)),
  quorum: fc.constant(PLAIN_SERVICE.quorum),
  sorry: fc.constant(null),
  omega: fc.constant(false),
  haSuspend: fc.constant(false),
  mail: fc.boolean(),
  servers: fc.uniqueArray(server, { maxLength: 4, selector: ({ key }) => destKey(key) }),
});

/** A few services with a few servers, none of them checked, so that all are wanted. */
export const services = fc
  .uniqueArray(service, { maxLength: 3, selector: ({ key }) => serviceKey(key) })
  // Services of one name would be one service.
  .map((all) => all.map((one) => ({ ...one, name: serviceKey(one.key) })));

const change: fc.Arbitrary<IpvsOp> = fc.oneof(
  record({ op: fc.constant('newService'), service: record({ key: serviceKeys, attrs: serviceAttrs }) }),
  record({ op: fc.constant('setService'), service: record({ key: serviceKeys, attrs: serviceAttrs }) }),
  record({ op: fc.constant('delService'), key: serviceKeys }),
  record({
    op: fc.constantFrom('newDest', 'setDest'),
    of: serviceKeys,
    dest: record({ key: destKeys, attrs: destAttrs }),
  }),
  record({ op: fc.constant('delDest'), of: serviceKeys, key: destKeys }),
);

/** What somebody does with ipvsadm; some of it fails. */
export const byHand = fc.array(change, { minLength: 1, maxLength: 8 });

/** A table to compare: its services and servers with their attributes, in no order. */
export const settings = (table: readonly DesiredService[]) =>
  keyed(
    table.map(({ key, attrs, dests }) => ({
      name: serviceKey(key),
      attrs,
      dests: new Map(dests.map((dest) => [destKey(dest.key), observedDest(dest).attrs])),
    })),
    ({ name }) => name,
  );
