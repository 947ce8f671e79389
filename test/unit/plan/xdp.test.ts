import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import type { IpvsOp } from '../../../src/model/ops.ts';
import {
  type Dest,
  type DestAttrs,
  type ServiceAttrs,
  type ServiceKey,
  serviceKey,
} from '../../../src/model/services.ts';
import { newXdpMemory, planXdp } from '../../../src/plan/xdp.ts';
import { configuredServers } from '../../../src/plan/xdp-configured.ts';
import { viewXdp } from '../../../src/plan/xdp-view.ts';
import { FakeXdpMaps } from '../../fakes/xdp-maps.ts';

const VIP = '192.0.2.1' as Ip;
const key = (port: number): ServiceKey => ({ kind: 'address', protocol: 'tcp', address: VIP, port });
const HTTP = key(80);
const WEB = serviceKey(HTTP);
const attrs: ServiceAttrs = { scheduler: 'rr', schedulerFlags: [], persistence: null, onePacket: false };
const dest = (n: number, other: Partial<DestAttrs> = {}): Dest => ({
  key: { address: `10.0.0.${n}` as Ip, port: 80 },
  attrs: { weight: 1, forward: 'dr', upperThreshold: 0, lowerThreshold: 0, tunnel: null, ...other },
});
const newService = (port: number, other: Partial<ServiceAttrs> = {}): IpvsOp => ({
  op: 'newService',
  service: { key: key(port), attrs: { ...attrs, ...other } },
});
const newDest = (port: number, server: Dest): IpvsOp => ({ op: 'newDest', of: key(port), dest: server });
const setDest = (port: number, server: Dest): IpvsOp => ({ op: 'setDest', of: key(port), dest: server });
const delDest = (port: number, server: Dest): IpvsOp => ({ op: 'delDest', of: key(port), key: server.key });

/** A plane, and who does what to it. */
function plane(room = { services: 4, servers: 8, words: 400_000 }) {
  const maps = new FakeXdpMaps(room);
  let memory = newXdpMemory();
  const configured = new Map<ServiceKey, readonly Dest[]>();
  const held = new Set([VIP]);
  const change = (ops: readonly IpvsOp[], reviewsAll: boolean) => {
    const services = [...configured].map(([of, dests]) => ({ key: of, dests }));
    const from = { table: maps.table, memory, configured: configuredServers(services), held };
    const plan = planXdp({ ...from, ops, reviewsAll });
    memory = plan.memory;
    for (const write of plan.writes) maps.write(write);
    assert.deepEqual(plan.after, maps.table);
    return {
      writes: plan.writes.map(({ op }) => op),
      full: [...plan.memory.full.keys()],
      refused: plan.results.flatMap((result) => (result.ok ? [] : [result.error])),
    };
  };
  return {
    maps,
    configured,
    held,
    /** Plans and writes: what was written, as words, and what was refused. */
    perform: (...ops: readonly IpvsOp[]) => change(ops, true),
    /** Looks at nothing but what the operations name. */
    others: (...ops: readonly IpvsOp[]) => change(ops, false),
    slotOf(address: string) {
      const all = maps.table.services.flatMap(({ servers }) => servers);
      return all.find((server) => server.key.address === address)?.slot;
    },
  };
}

test('a service is opened when all of it is there, and closed before any of it is let go', () => {
  const { perform } = plane();
  assert.deepEqual(perform(newService(80), newDest(80, dest(1)), newDest(80, dest(2))).writes, [
    'putService',
    'putServer',
    'putServer',
    'writeRing',
    'flip',
    'putKey',
    'putAddress',
  ]);
  assert.deepEqual(perform(newDest(80, dest(3)), delDest(80, dest(1))).writes, [
    'putServer',
    'writeRing',
    'flip',
    'retireServer',
    'foldTraffic',
  ]);
  assert.deepEqual(perform({ op: 'delService', key: key(80) }).writes, [
    'deleteKey',
    'retireServer',
    'retireServer',
    'freeService',
    'deleteAddress',
  ]);
});

test('a drained server keeps its slot and its flows, one whose checks fail its place in the hashed ring', () => {
  const { perform, maps, configured, slotOf } = plane();
  configured.set(HTTP, [dest(1), dest(2), dest(3)]);
  perform(newService(80, { scheduler: 'mh' }), ...[1, 2, 3].map((n) => newDest(80, dest(n))));
  const whole = maps.ring(WEB);
  assert.equal(whole.length, 65537);
  const drained = slotOf('10.0.0.2');
  perform(setDest(80, dest(2, { weight: 0 })));
  const without = maps.ring(WEB);
  assert.ok(!without.includes(drained ?? -1));
  assert.ok(without.every((slot, i) => slot === whole[i] || whole[i] === drained));
  assert.equal(maps.table.services[0]?.servers.find(({ slot }) => slot === drained)?.state, 'in');
  perform(delDest(80, dest(2)));
  assert.deepEqual(maps.ring(WEB), without);
  assert.equal(maps.table.services[0]?.servers.find(({ slot }) => slot === drained)?.state, 'out');
  perform(newDest(80, dest(2)));
  assert.deepEqual(maps.ring(WEB), whole);
});

test('a server that has not come up yet has its place in the hashed ring, until it is no longer configured', () => {
  const { perform, maps, configured } = plane();
  configured.set(HTTP, [dest(1), dest(2)]);
  perform(newService(80, { scheduler: 'sh' }), newDest(80, dest(1)));
  perform(newDest(80, dest(3)));
  assert.deepEqual(
    maps.table.services[0]?.servers.map(({ state, configuredWeight }) => [state, configuredWeight]),
    [
      ['in', 1],
      ['out', 1],
      ['in', null],
    ],
  );
  configured.set(HTTP, [dest(1)]);
  assert.deepEqual(perform().writes, ['writeRing', 'flip', 'retireServer', 'foldTraffic']);
});

test('a hashed ring keeps the place of the configured weight while another one is set', () => {
  const { perform, maps, configured, slotOf } = plane();
  configured.set(HTTP, [dest(1, { weight: 3 }), dest(2)]);
  perform(newService(80, { scheduler: 'sh' }), newDest(80, dest(1)), newDest(80, dest(2)));
  const low = maps.ring(WEB);
  perform(setDest(80, dest(1, { weight: 3 })));
  const [heavy, light] = [slotOf('10.0.0.1'), slotOf('10.0.0.2')];
  const share = (ring: readonly number[]) => ring.filter((slot) => slot === heavy).length / ring.length;
  assert.ok(Math.abs(share(low) - 1 / 2) < 0.03);
  assert.ok(Math.abs(share(maps.ring(WEB)) - 3 / 4) < 0.001);
  assert.ok(maps.ring(WEB).every((slot, i) => slot === low[i] || low[i] === light));
});

test('a weight changes the ring where it counts there', () => {
  const { perform, maps } = plane();
  perform(newService(80, { scheduler: 'wrr' }), newDest(80, dest(1)), newDest(80, dest(2)));
  assert.deepEqual(perform(setDest(80, dest(2, { weight: 2 }))).writes, ['setServer', 'writeRing', 'flip']);
  assert.equal(maps.ring(WEB).length, 3);
  perform({ op: 'setService', service: { key: key(80), attrs } });
  assert.deepEqual(perform(setDest(80, dest(2, { weight: 3 }))).writes, ['setServer']);
  assert.equal(maps.ring(WEB).length, 2);
});

test('the slot of a former server is filled again by the change after the next one, when its flows are ended', () => {
  const { perform, slotOf } = plane({ services: 1, servers: 2, words: 100 });
  perform(newService(80), newDest(80, dest(1)), newDest(80, dest(2)));
  const freed = slotOf('10.0.0.1');
  perform(delDest(80, dest(1)));
  assert.deepEqual(perform().writes, []);
  assert.equal(perform(newDest(80, dest(3))).refused[0]?.code, 'ENOSPC');
  const { writes } = perform(newDest(80, dest(3)));
  assert.ok(
    writes.indexOf('clearFlows') !== -1 && writes.indexOf('clearFlows') < writes.indexOf('putServer'),
  );
  assert.equal(slotOf('10.0.0.3'), freed);
});

test('a service that finds no room stays as it is, and others are changed', () => {
  const { perform, maps } = plane({ services: 4, servers: 8, words: 10 });
  perform(newService(80), newDest(80, dest(1)));
  const { refused, full } = perform(
    newDest(80, dest(2)),
    { op: 'setService', service: { key: key(80), attrs: { ...attrs, scheduler: 'mh' } } },
    newService(443),
    newDest(443, dest(3)),
  );
  assert.deepEqual(
    refused.map(({ code, message }) => `${code} ${message}`),
    Array(2).fill(
      'ENOSPC the XDP plane has no room: a ring of 65537 words does not fit: the largest gap has 9 of 10',
    ),
  );
  assert.deepEqual(full, [WEB]);
  assert.deepEqual(
    viewXdp(maps.table, maps.counters).services.map((each) => [each.attrs.scheduler, each.dests.length]),
    [
      ['rr', 1],
      ['rr', 1],
    ],
  );
});

test('a service that found no room is told of whatever else is changed, and looked at again when there is more', () => {
  const { perform, others, configured } = plane({ services: 4, servers: 4, words: 400 });
  configured.set(HTTP, [dest(1)]);
  perform(newService(80), newDest(80, dest(1)), newService(443), ...[6, 7].map((n) => newDest(443, dest(n))));
  configured.set(HTTP, [dest(1), dest(2), dest(3)]);
  assert.deepEqual(perform().full, [WEB]);
  assert.deepEqual(others(setDest(443, dest(6, { weight: 2 }))).full, [WEB]);
  assert.deepEqual(others(delDest(443, dest(6))).full, [WEB]);
  assert.deepEqual(others(setDest(443, dest(7, { weight: 2 }))).full, [WEB], 'what was given back rests');
  const { full, writes } = others(setDest(443, dest(7, { weight: 3 })));
  assert.deepEqual([full, writes.filter((op) => op === 'putServer').length], [[], 2]);
});

test('a service that was not made for want of room is told of for as long as it is configured', () => {
  const { perform, others, configured } = plane({ services: 1, servers: 4, words: 400 });
  perform(newService(443));
  configured.set(HTTP, [dest(1)]);
  assert.deepEqual(perform(newService(80), newDest(80, dest(1))).full, [WEB]);
  assert.deepEqual(others(newDest(443, dest(2))).full, [WEB]);
  configured.clear();
  assert.deepEqual(perform().full, []);
});

test('where there is no room for another ring, the loss of a server is written over the one there is', () => {
  const { perform, maps, configured, slotOf } = plane({ services: 1, servers: 4, words: 70_000 });
  configured.set(HTTP, [dest(1), dest(2)]);
  perform(newService(80, { scheduler: 'mh' }), newDest(80, dest(1)), newDest(80, dest(2)));
  const whole = maps.ring(WEB);
  const { writes, refused } = perform(delDest(80, dest(2)));
  assert.deepEqual(refused, []);
  assert.deepEqual(writes, ['flip', 'writeRing', 'flip', 'setServer', 'foldTraffic']);
  assert.deepEqual(new Set(maps.ring(WEB)), new Set([slotOf('10.0.0.1')]));
  perform(newDest(80, dest(2)));
  assert.deepEqual(maps.ring(WEB), whole);
});

test('what the plane cannot do is refused by name', () => {
  const { perform } = plane();
  const { refused } = perform(
    { op: 'newService', service: { key: { kind: 'fwmark', fwmark: 1, family: 'inet' }, attrs } },
    newService(81, { scheduler: 'lblc' }),
    newService(82, { persistence: { timeout: 60, prefix: 32, engine: 'sip' } }),
    newService(80),
    newDest(80, dest(1, { forward: 'nat' })),
    newDest(80, dest(1, { upperThreshold: 5 })),
    newDest(80, dest(1, { forward: 'tun', tunnel: { type: 'gre', port: 0, checksum: 'none' } })),
    newDest(80, { ...dest(1), key: { address: '2001:db8::1' as Ip, port: 80 } }),
    newService(80),
    setDest(80, dest(1)),
    newDest(90, dest(1)),
  );
  assert.deepEqual(
    refused.map(({ code, message }) => `${code} ${message}`),
    [
      'EOPNOTSUPP the XDP plane has no services of firewall marks: give the service an address',
      'EOPNOTSUPP the XDP plane has no scheduler lblc: it has rr, wrr, lc, wlc, sh, mh',
      'EOPNOTSUPP the XDP plane has no persistence engine sip',
      'EOPNOTSUPP the XDP plane does not forward by nat: direct routing (dr) and tunnels (tun) are what it does',
      'EOPNOTSUPP the XDP plane has no connection thresholds',
      'EOPNOTSUPP the XDP plane has no GRE tunnels: it has IPIP and GUE',
      'EINVAL direct routing takes a server of the family of its service; a tunnel does not',
      'EEXIST the service is there already',
      'ENOENT there is no such server',
      'ESRCH there is no such service',
    ],
  );
});

test('a service is let go before all else when its address leaves, and taken after all else when it comes', () => {
  const { perform, held } = plane();
  perform(newService(80), newDest(80, dest(1)));
  held.delete(VIP);
  assert.deepEqual(perform(newDest(80, dest(2))).writes, [
    'setCounts',
    'own',
    'putAddress',
    'putServer',
    'writeRing',
    'flip',
  ]);
  held.add(VIP);
  assert.deepEqual(perform(newDest(80, dest(3))).writes, [
    'putServer',
    'writeRing',
    'flip',
    'own',
    'putAddress',
    'setCounts',
  ]);
});

test('a service counts what its servers do, and what former ones did', () => {
  const { perform, maps, slotOf } = plane();
  perform(newService(80), newDest(80, dest(1)), newDest(80, dest(2)));
  maps.serve(slotOf('10.0.0.1') ?? -1, 100n);
  maps.serve(slotOf('10.0.0.2') ?? -1, 10n);
  perform(delDest(80, dest(1)));
  const [service] = viewXdp(maps.table, maps.counters).services;
  assert.deepEqual([service?.stats.conns, service?.stats.inPackets, service?.stats.inBytes], [2n, 2n, 110n]);
  assert.deepEqual(
    service?.dests.map((server) => [server.key.address, server.activeConns, server.stats.inBytes]),
    [['10.0.0.2', 1, 10n]],
  );
});
