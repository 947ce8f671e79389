// Flows that go from the table of one director into that of another, with the same packets through both.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import { FlowCollector, insertFlows, SCOPES, serverName } from '../../../src/kernel/xdp-sync.ts';
import type { SharedFlow } from '../../../src/model/flow-sync.ts';
import type { ServiceAttrs } from '../../../src/model/services.ts';
import { ACK, ethernet, FIN, ipv4, ipv6, SYN, tcp, udp } from '../frames.ts';
import { CLIENT_MAC, clientOf, OUR_MAC, TestPlane } from '../plane.ts';

const VIP = '10.0.0.1' as Ip;
const VIP6 = '2001:db8::1' as Ip;
const link = { destination: OUR_MAC, source: CLIENT_MAC };
const from = (n: number, inside: Uint8Array, protocol = 6, vip = VIP) =>
  ethernet(
    link,
    vip === VIP
      ? ipv4({ source: clientOf(vip, n), destination: vip, protocol }, inside)
      : ipv6({ source: clientOf(vip, n), destination: vip, next: protocol }, inside),
  );
const flags = (n: number, bits: number, vip = VIP, port = 40_000) => from(n, tcp(port, 80, bits), 6, vip);

const planes: TestPlane[] = [];
after(() => {
  for (const plane of planes) plane.close();
});

/** Services at slots from `first` on, whose servers are at the slots `servers`, called 10.0.1.1, 10.0.1.2, … */
function planeOf(attrs: Partial<ServiceAttrs>, first: number, servers: readonly number[], flows?: number) {
  const plane = new TestPlane(flows);
  planes.push(plane);
  for (const [i, slot] of servers.entries()) plane.server({ slot, address: `10.0.1.${i + 1}` as Ip }, first);
  plane.service({ slot: first, address: VIP, attrs, ring: servers });
  plane.service({ slot: first + 1, address: VIP, protocol: 'udp', attrs, ring: servers });
  plane.service({ slot: first + 2, address: VIP6, attrs, ring: servers });
  return plane;
}

const all = (plane: TestPlane, scope: keyof typeof SCOPES = 'all') =>
  new Uint8Array(plane.xdp.maps.entries.services).fill(SCOPES[scope]);
const collected = (collector: FlowCollector, plane: TestPlane, scope?: keyof typeof SCOPES) =>
  collector.collect(all(plane, scope), 0, plane.xdp.maps.entries.flows);

/** The flows with the slots of another director, as their servers' addresses tell. */
const carried = (flows: readonly SharedFlow[], here: TestPlane, slots: readonly number[]) =>
  flows.map((flow) => {
    const name = serverName(here.xdp.maps, flow.server);
    return { ...flow, server: slots[Number(name?.server.address.split('.')[3]) - 1] ?? assert.fail() };
  });

for (const persistence of [null, { timeout: 300, prefix: 32, engine: null }]) {
  test(`flows go on at another director with other slots${persistence === null ? '' : ', persistence too'}`, () => {
    const d1 = planeOf({ scheduler: 'rr', persistence }, 0, [1, 2]);
    const d2 = planeOf({ scheduler: 'rr', persistence }, 5, [21, 22], 256);
    const served = new Map<number, number | string>();
    for (let n = 0; n < 20; n++) {
      const vip = n % 2 === 0 ? VIP : VIP6;
      served.set(n, d1.goesTo(flags(n, SYN, vip)));
      d1.goesTo(flags(n, ACK, vip));
    }
    d1.goesTo(flags(99, SYN));
    const collector = new FlowCollector(d1.xdp.maps, 100);
    const { flows, waiting } = collected(collector, d1);
    // A client has a template besides its connection; those of IPv6 have one, and who has only begun has no more.
    assert.deepEqual([flows.length, waiting], [persistence === null ? 20 : 32, 0]);
    const inserted = insertFlows(d2.xdp.maps, carried(flows, d1, [21, 22]), true);
    assert.deepEqual(inserted, { stored: flows.length, kept: 0, full: 0 });
    for (const slot of [21, 22]) {
      const open = [...served.values()].filter((server) => Number(server) + 20 === slot);
      assert.deepEqual(d2.conns(slot), [open.length, 0]);
    }
    for (const [n, server] of served) {
      const vip = n % 2 === 0 ? VIP : VIP6;
      assert.equal(d2.goesTo(flags(n, ACK, vip)), Number(server) + 20, `client ${n}`);
      if (persistence !== null)
        assert.equal(d2.goesTo(flags(n, SYN, vip, 41_000)), Number(server) + 20, `client ${n} comes again`);
    }
  });
}

test('what changes is told, and what does not only when it is asked for', () => {
  const plane = planeOf({ scheduler: 'rr' }, 0, [1, 2]);
  const collector = new FlowCollector(plane.xdp.maps, 100);
  const states = () => collected(collector, plane).flows.map(({ state }) => state);
  plane.goesTo(flags(1, SYN));
  assert.deepEqual(states(), []);
  plane.goesTo(flags(1, ACK));
  plane.goesTo(from(2, udp(4000, 80), 17));
  plane.goesTo(flags(3, SYN));
  plane.goesTo(flags(3, ACK | FIN));
  assert.deepEqual(states().sort(), ['established', 'udp'], 'what is over before it was told is not told');
  assert.deepEqual(states(), []);
  plane.goesTo(flags(1, ACK | FIN));
  assert.deepEqual(states(), ['fin']);
  collector.forget();
  assert.deepEqual(states().sort(), ['fin', 'udp']);
  assert.deepEqual(collected(collector, plane, 'none').flows, []);
});

test('more than is told at once waits for its turn, and what is told again keeps nothing new waiting', () => {
  const plane = planeOf({ scheduler: 'rr' }, 0, [1, 2], 256);
  const open = (n: number) => {
    plane.goesTo(flags(n, SYN));
    plane.goesTo(flags(n, ACK));
  };
  for (let n = 0; n < 10; n++) open(n);
  const collector = new FlowCollector(plane.xdp.maps, 4);
  const scopes = all(plane);
  const { flows, next, waiting } = collector.collect(scopes, 0, 256);
  assert.deepEqual([flows.length, waiting], [4, 6]);
  const tags = new Set(flows.map(({ tag }) => tag));
  for (let from = next; from < 256; ) {
    const more = collector.collect(scopes, from, 256 - from);
    for (const { tag } of more.flows) tags.add(tag);
    from = more.next;
  }
  assert.equal(tags.size, 10);

  collector.forget();
  open(10);
  const mixed = collector.collect(scopes, 0, 256);
  assert.deepEqual([mixed.flows.length, mixed.next, mixed.waiting], [3, 256, 8]);
  assert.equal(mixed.flows.filter(({ tag }) => !tags.has(tag)).length, 1);
});

test('where the hash chooses, only flows that the ring would give to another server are told', () => {
  const plane = planeOf({ scheduler: 'mh', schedulerFlags: [2] }, 0, [1, 2]);
  const collector = new FlowCollector(plane.xdp.maps, 100);
  for (let n = 0; n < 20; n++) plane.goesTo(flags(n, ACK));
  assert.deepEqual(collected(collector, plane, 'off_the_ring').flows, []);
  plane.ring(0, [2]);
  const { flows } = collected(collector, plane, 'off_the_ring');
  assert.ok(flows.length > 0);
  assert.deepEqual([...new Set(flows.map(({ server }) => server))], [1]);
  assert.equal(flows.length, plane.conns(1)[0]);
});

test('flows of our own are kept, those of others follow, and a full bucket takes none', () => {
  const plane = planeOf({ scheduler: 'rr' }, 0, [1, 2], 2);
  const told = (n: number, server: number, state: SharedFlow['state'] = 'established'): SharedFlow => ({
    tag: BigInt(2 * n),
    server,
    state,
    left: 100,
  });
  const insert = (mayReplace: boolean, ...flows: SharedFlow[]) =>
    insertFlows(plane.xdp.maps, flows, mayReplace);
  assert.deepEqual(insert(false, told(1, 1), told(2, 2)), { stored: 2, kept: 0, full: 0 });
  assert.deepEqual(
    [plane.conns(1), plane.conns(2)],
    [
      [1, 0],
      [1, 0],
    ],
  );
  assert.deepEqual(insert(false, told(1, 2)), { stored: 0, kept: 1, full: 0 });
  assert.deepEqual(insert(true, told(1, 2), told(2, 2, 'fin')), { stored: 2, kept: 0, full: 0 });
  assert.deepEqual(
    [plane.conns(1), plane.conns(2)],
    [
      [0, 0],
      [1, 1],
    ],
  );
  assert.deepEqual(insert(true, told(3, 1), told(4, 1), told(5, 1)), { stored: 2, kept: 0, full: 1 });
  assert.ok(plane.flows().every(({ left }) => left === 100 || left === 99));
  plane.expire();
  assert.deepEqual(insert(true, told(5, 1)), { stored: 1, kept: 0, full: 0 });
  plane.xdp.maps.sweep(0, 2, null);
  assert.deepEqual(
    [plane.conns(1), plane.conns(2)],
    [
      [1, 0],
      [0, 0],
    ],
  );
});
