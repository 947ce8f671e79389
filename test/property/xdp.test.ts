import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Ip } from '../../src/base/ip.ts';
import type { IpvsOp } from '../../src/model/ops.ts';
import {
  type Dest,
  destKey,
  type Forward,
  type ObservedTable,
  type ServiceKey,
  serviceKey,
} from '../../src/model/services.ts';
import type { Region, XdpTable } from '../../src/model/xdp.ts';
import { planIpvs } from '../../src/plan/ipvs.ts';
import { newXdpMemory, planXdp } from '../../src/plan/xdp.ts';
import { type ConfiguredServers, configuredServers } from '../../src/plan/xdp-configured.ts';
import { namedBy } from '../../src/plan/xdp-draft.ts';
import { viewXdp } from '../../src/plan/xdp-view.ts';
import { FakeIpvs } from '../fakes/ipvs.ts';
import { FakeXdpMaps } from '../fakes/xdp-maps.ts';

/** Records with the prototype of plain objects, which is what deepEqual compares them with. */
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(model, { noNullPrototype: true });

const HERE = '192.0.2.1' as Ip;
const HERE_6 = '2001:db8::1' as Ip;
const KEYS = [
  { kind: 'address' as const, protocol: 'tcp' as const, address: HERE, port: 80 },
  { kind: 'address' as const, protocol: 'tcp' as const, address: HERE_6, port: 80 },
  { kind: 'address' as const, protocol: 'udp' as const, address: HERE, port: 0 },
];
const key = fc.constantFrom(...KEYS);
const attrs = record({
  // The ring of mh has 65537 slots, which takes too long here: sh is made in the same way.
  scheduler: fc.constantFrom('rr', 'wrr', 'wrr', 'lc', 'wlc', 'sh', 'sh', 'sh', 'dh'),
  schedulerFlags: fc.subarray([1, 2] as const),
  persistence: fc.constantFrom(null, { timeout: 300, prefix: 24, engine: null }),
  onePacket: fc.boolean(),
});
const dest: fc.Arbitrary<Dest> = record({
  key: record({
    address: fc.constantFrom('10.0.0.1', '10.0.0.2', '2001:db8::a') as fc.Arbitrary<Ip>,
    port: fc.constant(80),
  }),
  attrs: record({
    weight: fc.integer({ min: 0, max: 3 }),
    forward: fc.constantFrom('dr', 'tun', 'tun', 'tun', 'tun', 'tun', 'nat') as fc.Arbitrary<Forward>,
    upperThreshold: fc.constant(0),
    lowerThreshold: fc.constant(0),
    tunnel: fc.constantFrom(null, { type: 'gue' as const, port: 6080, checksum: 'none' as const }),
  }),
});
/** Of a configuration: each of its servers once. */
const dests = fc.uniqueArray(dest, { maxLength: 3, selector: (each) => destKey(each.key) });
const newService = (of: fc.Arbitrary<ServiceKey>) =>
  record({ op: fc.constant('newService' as const), service: record({ key: of, attrs }) });
const op: fc.Arbitrary<IpvsOp> = fc.oneof(
  newService(key),
  { weight: 2, arbitrary: record({ op: fc.constant('setService'), service: record({ key, attrs }) }) },
  record({ op: fc.constant('delService' as const), key }),
  { weight: 4, arbitrary: record({ op: fc.constant('newDest'), of: key, dest }) },
  { weight: 4, arbitrary: record({ op: fc.constant('setDest'), of: key, dest }) },
  {
    weight: 2,
    arbitrary: record({ op: fc.constant('delDest'), of: key, key: dest.map((each) => each.key) }),
  },
);
const step = record({
  ops: fc.array(op, { minLength: 1, maxLength: 12 }),
  /** For all services of a protocol. */
  configured: record({ tcp: dests, udp: dests }),
  held: fc.subarray([HERE, HERE_6]),
  reviewsAll: fc.boolean(),
});

interface Configured {
  readonly tcp: readonly Dest[];
  readonly udp: readonly Dest[];
}

const configuredFor = (of: Configured): ConfiguredServers =>
  configuredServers(KEYS.map((each) => ({ key: each, dests: of[each.protocol] })));

/** Most of the services are there at first. Where the configuration is another one, all are reviewed. */
const steps = (maxLength: number) =>
  fc
    .tuple(
      fc.tuple(...KEYS.map((each) => newService(fc.constant(each)))),
      fc.array(step, { minLength: 1, maxLength }),
    )
    .map(([first, all]) => {
      let configured: Configured = { tcp: [], udp: [] };
      return all.map((each, i) => {
        const reviewsAll = i === 0 || each.reviewsAll;
        if (reviewsAll) configured = each.configured;
        const ops = i === 0 ? [...first, ...each.ops] : each.ops;
        return { ops, held: each.held, reviewsAll, configured: configuredFor(configured) };
      });
    });

/** The tables without their order. */
const settings = ({ services }: ObservedTable) =>
  new Map(
    services.map((service) => [
      serviceKey(service.key),
      {
        attrs: service.attrs,
        dests: new Map(service.dests.map(({ key: name, attrs: told }) => [destKey(name), told])),
      },
    ]),
  );

const overlap = (a: Region, b: Region): boolean =>
  a.offset < b.offset + b.size && b.offset < a.offset + a.size;

function checkRings(maps: FakeXdpMaps): void {
  const { services, retired } = maps.table;
  const bySlot = new Map(services.map((service) => [service.slot, service]));
  for (const [name, slot] of maps.keys) {
    const service = bySlot.get(slot);
    const servers = service?.servers.filter(({ state }) => state === 'in') ?? [];
    const used = new Set(servers.map((server) => server.slot));
    // Who counts connections looks at all of the ring for each new one.
    const isCounting = ['lc', 'wlc'].includes(service?.attrs.scheduler ?? '');
    if (isCounting) assert.ok(maps.ring(name).length <= (service?.servers.length ?? 0), name);
    for (const word of maps.ring(name))
      assert.ok(used.has(word) && !retired.includes(word), `${name}: ${word}`);
  }
}

/** Whoever takes connections is in the ring of a service, of wrr by its weight, and nobody else. */
function checkServed(maps: FakeXdpMaps): void {
  for (const { key: of, attrs: has, servers } of maps.table.services) {
    const ring = maps.ring(serviceKey(of));
    const serving = servers.filter(({ state, attrs: { weight } }) => state === 'in' && weight > 0);
    assert.deepEqual(new Set(ring), new Set(serving.map(({ slot }) => slot)));
    if (has.scheduler !== 'wrr') continue;
    const total = serving.reduce((sum, each) => sum + each.attrs.weight, 0);
    for (const { slot, attrs: told } of serving)
      assert.equal(ring.filter((each) => each === slot).length * total, told.weight * ring.length);
  }
}

/** The program looks for whatever there may be. */
function checkCounts(maps: FakeXdpMaps): void {
  const { services, counts } = maps.table;
  const open = services.filter(({ key: of }) => maps.keys.has(serviceKey(of)));
  assert.ok(open.filter(({ isOwned }) => !isOwned).length <= counts.unowned);
  assert.ok(open.filter(({ key: of }) => of.port === 0).length <= counts.anyPort);
}

const ROOM = { services: 12, servers: 60, words: 12 * 4099 };

function checkWhole(maps: FakeXdpMaps, held: readonly Ip[]): void {
  const { services, addresses, counts } = maps.table;
  for (const { key: of, isOwned } of services) assert.equal(isOwned, held.includes(of.address));
  assert.deepEqual(addresses, new Map(services.map(({ key: of, isOwned }) => [of.address, isOwned])));
  assert.deepEqual(counts, {
    unowned: services.filter(({ isOwned }) => !isOwned).length,
    anyPort: services.filter(({ key: of }) => of.port === 0).length,
  });
  assert.equal(maps.keys.size, services.length);
}

test('changes to the maps are what IPVS makes of them, and every ring names servers of its service all the time', () => {
  fc.assert(
    fc.property(steps(8), (all) => {
      const kernel = new FakeIpvs();
      const maps = new FakeXdpMaps({ services: 5, servers: 14, words: 5 * 4099 });
      let memory = newXdpMemory();
      let ringsBefore: readonly Region[] = [];
      let freedBefore: readonly string[] = [];
      let known: XdpTable | null = null;
      let served = 0n;
      const before = new Map<string, bigint>();
      for (const { ops, configured, held, reviewsAll } of all) {
        const plan = planXdp({
          table: known ?? maps.table,
          memory,
          ops,
          configured,
          held: new Set(held),
          reviewsAll,
        });
        memory = plan.memory;
        known = plan.after;
        const codes = plan.results.map((result) => (result.ok ? 'done' : result.error.code));
        const full = new Set(ops.filter((_, i) => codes[i] === 'ENOSPC').map(namedBy));
        ops.forEach((each, i) => {
          const code = codes[i] ?? 'none';
          if (full.has(namedBy(each)) || code === 'EOPNOTSUPP' || code === 'EINVAL') return;
          const told = kernel.apply(each);
          assert.equal(code, told.ok ? 'done' : told.error.code, each.op);
        });
        const freed: string[] = [];
        const rings = maps.table.services.map(({ ring }) => ring);
        for (const write of plan.writes) {
          const isEarly = (what: string) => [...freed, ...freedBefore].includes(what);
          if (write.op === 'writeRing') {
            const { region } = write;
            const isOver = rings.some(({ offset, size }) => size > 0 && offset === region.offset);
            for (const ring of [...rings, ...ringsBefore])
              if (!isOver || ring.offset !== region.offset) assert.ok(!overlap(ring, region));
          }
          if (write.op === 'putService') assert.ok(!isEarly(`service ${write.slot}`));
          if (write.op === 'putServer') assert.ok(!isEarly(`server ${write.server.slot}`));
          if (write.op === 'freeService') freed.push(`service ${write.slot}`);
          if (write.op === 'retireServer') freed.push(`server ${write.slot}`);
        }
        ringsBefore = rings;
        freedBefore = freed;
        for (const write of plan.writes) {
          maps.write(write);
          checkRings(maps);
          checkCounts(maps);
        }
        assert.deepEqual(known, maps.table);
        const view = viewXdp(maps.table, maps.counters);
        assert.deepEqual(settings(view), settings(kernel.table));
        checkServed(maps);
        checkWhole(maps, held);
        for (const { key: of, stats } of view.services) {
          const renewed = ops.some(
            (each) => each.op === 'delService' && serviceKey(each.key) === serviceKey(of),
          );
          if (!renewed) assert.equal(stats.inBytes, before.get(serviceKey(of)) ?? 0n);
        }
        before.clear();
        for (const { servers } of maps.table.services)
          for (const { slot, state } of servers) if (state === 'in') maps.serve(slot, ++served);
        for (const { key: of, stats } of viewXdp(maps.table, maps.counters).services)
          before.set(serviceKey(of), stats.inBytes);
      }
    }),
    { numRuns: 150 },
  );
});

test('nothing is written where nothing is to be changed', () => {
  fc.assert(
    fc.property(fc.array(op, { maxLength: 20 }), dests, (ops, configured) => {
      const maps = new FakeXdpMaps(ROOM);
      const change = (each: readonly IpvsOp[]) =>
        planXdp({
          table: maps.table,
          memory: newXdpMemory(),
          ops: each,
          configured: configuredFor({ tcp: configured, udp: configured }),
          held: new Set([HERE]),
          reviewsAll: true,
        });
      for (const write of change(ops).writes) maps.write(write);
      assert.deepEqual(change([]).writes, []);
    }),
    { numRuns: 50 },
  );
});

test('a change that was cut off anywhere is completed by the next start', () => {
  fc.assert(
    fc.property(steps(4), fc.nat(), (all, cut) => {
      const kernel = new FakeIpvs();
      const maps = new FakeXdpMaps(ROOM);
      let memory = newXdpMemory();
      all.forEach(({ ops, configured, held }, i) => {
        const change = { memory, configured, held: new Set(held) };
        const plan = planXdp({ ...change, table: maps.table, ops, reviewsAll: true });
        memory = plan.memory;
        const isLast = i === all.length - 1;
        for (const write of plan.writes.slice(0, isLast ? cut % (plan.writes.length + 1) : undefined))
          maps.write(write);
        for (const each of ops.filter((_, j) => plan.results[j]?.ok)) kernel.byHand(each);
        if (!isLast) return;
        const missing = planIpvs(viewXdp(maps.table, maps.counters).services, kernel.table.services);
        const start = { ...change, memory: newXdpMemory(), reviewsAll: true };
        const rest = planXdp({ ...start, table: maps.table, ops: missing });
        for (const write of rest.writes) {
          maps.write(write);
          checkRings(maps);
          checkCounts(maps);
        }
        assert.deepEqual(settings(viewXdp(maps.table, maps.counters)), settings(kernel.table));
        checkServed(maps);
        checkWhole(maps, held);
        assert.deepEqual(planXdp({ ...start, table: maps.table, ops: [] }).writes, []);
      });
    }),
    { numRuns: 60 },
  );
});

/** What is in the maps, wherever it is: services and servers by their names, and rings of those. */
const contents = (maps: FakeXdpMaps) => {
  const { services, addresses, counts } = maps.table;
  return {
    addresses,
    counts,
    services: new Map(
      services.map(({ key: of, attrs: has, isOwned, servers }) => {
        const names = new Map(servers.map((server) => [server.slot, destKey(server.key)]));
        const ring = maps.ring(serviceKey(of)).map((slot) => names.get(slot));
        const named = servers.map(({ slot: _, ...server }) => [destKey(server.key), server] as const);
        return [serviceKey(of), { has, isOwned, ring, servers: new Map(named) }];
      }),
    ),
  };
};

test('changes one after the other end where one change of everything from nothing does', () => {
  fc.assert(
    fc.property(steps(6), (all) => {
      const kernel = new FakeIpvs();
      const maps = new FakeXdpMaps(ROOM);
      let memory = newXdpMemory();
      let table = maps.table;
      for (const { ops, held, ...change } of all) {
        const plan = planXdp({ ...change, table, memory, ops, held: new Set(held) });
        for (const write of plan.writes) maps.write(write);
        for (const each of ops.filter((_, i) => plan.results[i]?.ok)) kernel.byHand(each);
        [memory, table] = [plan.memory, plan.after];
        const whole = new FakeXdpMaps(ROOM);
        const from = { table: whole.table, memory: newXdpMemory(), held: new Set(held), reviewsAll: true };
        const opening = planIpvs([], kernel.table.services);
        for (const write of planXdp({ ...change, ...from, ops: opening }).writes) whole.write(write);
        assert.deepEqual(contents(maps), contents(whole));
      }
    }),
    { numRuns: 60 },
  );
});
