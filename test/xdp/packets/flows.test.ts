import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import type { ServiceAttrs } from '../../../src/model/services.ts';
import { CONFIG } from '../../../src/wire/xdp/layout.ts';
import { ACK, ethernet, FIN, ipv4, ipv6, RST, SYN, tcp, udp } from '../frames.ts';
import { CLIENT_MAC, clientOf, OUR_MAC, TestPlane } from '../plane.ts';

const VIP = '10.0.0.1' as Ip;
const VIP6 = '2001:db8::1' as Ip;
const link = { destination: OUR_MAC, source: CLIENT_MAC };

/** A frame of client `n`. */
const from = (n: number, inside: Uint8Array, protocol = 6, vip = VIP) =>
  ethernet(
    link,
    vip === VIP
      ? ipv4({ source: clientOf(vip, n), destination: vip, protocol }, inside)
      : ipv6({ source: clientOf(vip, n), destination: vip, next: protocol }, inside),
  );
const flags = (n: number, bits: number, port = 40_000) => from(n, tcp(port, 80, bits));
const datagram = (n: number, port = 40_000) => from(n, udp(port, 80), 17);

const planes: TestPlane[] = [];
after(() => {
  for (const plane of planes) plane.close();
});

function planeOf(attrs: Partial<ServiceAttrs>, ring: readonly number[], flows?: number): TestPlane {
  const plane = new TestPlane(flows);
  planes.push(plane);
  plane.servers(...new Set(ring));
  plane.service({ slot: 0, address: VIP, attrs, ring });
  plane.service({ slot: 1, address: VIP, protocol: 'udp', attrs, ring });
  plane.service({ slot: 2, address: VIP6, attrs, ring });
  return plane;
}

/** How long an entry is kept at most, in ticks: its seconds, rounded up. */
const ticks = (seconds: number): number => Math.ceil((seconds * 1e9) / 2 ** 30);

test('a connection of rr is opening, open and closing, always at the server of its SYN', () => {
  const plane = planeOf({ scheduler: 'rr' }, [1, 2]);
  const state = () => {
    const [flow, ...others] = plane.flows();
    assert.ok(flow !== undefined && others.length === 0);
    return [flow.state, flow.left, ...plane.conns(1)];
  };
  const is = (at: readonly unknown[]) => {
    const now = state();
    // A tick may have passed since.
    assert.ok([at[1], Number(at[1]) - 1].includes(now[1] as number), `${now}`);
    assert.deepEqual([now[0], now[2], now[3]], [at[0], at[2], at[3]]);
  };
  assert.equal(plane.goesTo(flags(1, SYN)), 1);
  is(['syn', ticks(20), 1, 0]);
  assert.equal(plane.goesTo(flags(1, SYN)), 1, 'a retransmission');
  is(['syn', ticks(20), 1, 0]);
  assert.equal(plane.goesTo(flags(1, ACK)), 1);
  is(['established', ticks(900), 1, 0]);
  assert.equal(plane.goesTo(flags(1, SYN)), 1, 'a late retransmission');
  assert.equal(plane.goesTo(flags(1, FIN | ACK)), 1);
  is(['fin', ticks(120), 0, 1]);
  assert.equal(plane.goesTo(flags(1, ACK)), 1, 'it still receives');
  is(['fin', ticks(120), 0, 1]);
  // The ports again: the server that it had may have nothing to do with it.
  assert.equal(plane.goesTo(flags(1, SYN)), 2);
  assert.deepEqual(plane.conns(1), [0, 0]);
  assert.deepEqual(plane.conns(2), [1, 0]);
  assert.equal(plane.goesTo(flags(1, RST)), 2);
  assert.deepEqual(plane.conns(2), [0, 1]);
  assert.deepEqual(plane.traffic(1), [1, 6, 240]);
  assert.deepEqual(plane.traffic(2), [1, 2, 80]);
});

test('rr and wrr give new connections in the order of their ring, and each keeps its server', () => {
  const plane = planeOf({ scheduler: 'wrr' }, [1, 1, 2]);
  const first = Array.from({ length: 6 }, (_, n) => plane.goesTo(flags(n, SYN)));
  assert.deepEqual(first, [1, 1, 2, 1, 1, 2]);
  const then = Array.from({ length: 6 }, (_, n) => plane.goesTo(flags(n, ACK)));
  assert.deepEqual(then, first);
  assert.equal(plane.goesTo(from(1, tcp(40_000, 80, SYN), 6, VIP6)), 1);
  assert.equal(plane.goesTo(from(1, tcp(40_000, 80, ACK), 6, VIP6)), 1);
});

test('mh gives the same server without a flow, and keeps it for connections when the ring changes', () => {
  const plane = planeOf({ scheduler: 'mh', schedulerFlags: [2] }, [1, 2, 3, 4]);
  const before = Array.from({ length: 40 }, (_, n) => plane.goesTo(flags(n, SYN)));
  assert.deepEqual(plane.flows(), [], 'a SYN is not worth an entry');
  assert.equal(new Set(before).size, 4);
  for (let n = 0; n < 40; n++) assert.equal(plane.goesTo(flags(n, ACK)), before[n]);
  assert.equal(plane.flows().length, 40);
  plane.ring(0, [1]);
  for (let n = 0; n < 40; n++) assert.equal(plane.goesTo(flags(n, ACK)), before[n], `connection ${n}`);
  for (let n = 40; n < 60; n++) assert.equal(plane.goesTo(flags(n, SYN)), 1);
  assert.equal(plane.goesTo(datagram(1)), plane.goesTo(datagram(1)));
  assert.equal(plane.flows().length, 40, 'datagrams are not stored');
});

test('sh, and mh without its port flag, tell clients apart and not their ports', () => {
  for (const scheduler of ['sh', 'mh']) {
    const plane = planeOf({ scheduler }, [1, 2, 3, 4]);
    const chosen = (n: number) =>
      new Set(Array.from({ length: 20 }, (_, port) => plane.goesTo(flags(n, SYN, 40_000 + port))));
    const clients = Array.from({ length: 20 }, (_, n) => chosen(n));
    assert.ok(clients.every((servers) => servers.size === 1));
    assert.equal(new Set(clients.flatMap((servers) => [...servers])).size, 4);
  }
});

test('no flood evicts a flow: what finds its bucket full is answered by the hash, again and again', () => {
  const plane = planeOf({ scheduler: 'rr' }, [1, 2, 3], 4);
  const good = Array.from({ length: 8 }, (_, n) => plane.goesTo(flags(n, SYN)));
  for (let n = 0; n < 8; n++) plane.goesTo(flags(n, ACK));
  for (let n = 100; n < 400; n++) plane.goesTo(flags(n, SYN));
  assert.equal(plane.flows().length, plane.room);
  assert.ok(plane.counter('not_stored') > 200);
  for (let n = 0; n < 8; n++) assert.equal(plane.goesTo(flags(n, ACK)), good[n]);
  // Those that have no entry find one server with all their packets.
  for (let n = 1000; n < 1050; n++) assert.equal(plane.goesTo(flags(n, SYN)), plane.goesTo(flags(n, ACK)));
  assert.equal(plane.flows().length, plane.room);
  plane.expire();
  for (let n = 2000; n < 2300; n++) plane.goesTo(flags(n, SYN));
  const total = [1, 2, 3].reduce((sum, server) => sum + plane.conns(server)[0], 0);
  assert.equal(total, plane.room, 'those that were replaced are not counted any more');
});

test('more new connections than a processor stores in a tick are answered by the hash, known ones as ever', () => {
  const plane = planeOf({ scheduler: 'rr' }, [1, 2, 3]);
  plane.limitNewFlows(8);
  const all = Array.from({ length: 40 }, (_, n) => plane.goesTo(flags(n, SYN)));
  // Where a tick ends in between, as many again.
  const stored = plane.flows().length;
  assert.ok(stored >= 8 && stored <= 16, `${stored}`);
  assert.equal(plane.counter('not_stored'), 40 - stored);
  assert.deepEqual(all.slice(0, 8), [1, 2, 3, 1, 2, 3, 1, 2]);
  for (let n = 0; n < 40; n++) assert.equal(plane.goesTo(flags(n, ACK)), all[n], `connection ${n}`);
  plane.goesTo(flags(1, FIN | ACK));
  const [open] = plane.conns(1);
  plane.limitNewFlows(0);
  const again = plane.goesTo(flags(1, SYN));
  assert.equal(plane.goesTo(flags(1, ACK)), again, 'the entry is there, and taken for another connection');
  assert.equal(plane.conns(1)[0], open + (again === 1 ? 1 : 0));
  plane.goesTo(datagram(1));
  assert.equal(plane.flows().length, stored + 1, 'the limit is not for datagrams');
  plane.goesTo(flags(50, SYN));
  assert.equal(plane.flows().length, stored + 1);
  plane.limitNewFlows(1 << 17);
  plane.goesTo(flags(50, SYN));
  assert.equal(plane.flows().length, stored + 2, 'the flood is over');
});

test('beyond the limit mh stores nothing, and answers the same', () => {
  const plane = planeOf({ scheduler: 'mh', schedulerFlags: [2] }, [1, 2, 3]);
  plane.limitNewFlows(0);
  const first = Array.from({ length: 20 }, (_, n) => plane.goesTo(flags(n, ACK)));
  assert.deepEqual(plane.flows(), []);
  plane.limitNewFlows(1 << 17);
  for (let n = 0; n < 20; n++) assert.equal(plane.goesTo(flags(n, ACK)), first[n]);
  assert.equal(plane.flows().length, 20);
});

test('the time is that of the packet, whenever the clock was read before', () => {
  const plane = planeOf({ scheduler: 'rr' }, [1]);
  new BigUint64Array(plane.xdp.maps.memory.config)[CONFIG.at.clock / 8] = 5n;
  plane.goesTo(flags(1, SYN));
  const [flow] = plane.flows();
  assert.ok(flow !== undefined && [ticks(20), ticks(20) - 1].includes(flow.left), `${flow?.left}`);
});

test('an ACK flood leaves no trace of rr, and of mh no more than its room', () => {
  const rr = planeOf({ scheduler: 'rr' }, [1, 2]);
  for (let n = 0; n < 100; n++) rr.goesTo(flags(n, ACK));
  assert.deepEqual(rr.flows(), []);
  const mh = planeOf({ scheduler: 'mh', schedulerFlags: [2] }, [1, 2], 4);
  for (let n = 0; n < 100; n++) assert.equal(mh.goesTo(flags(n, ACK)), mh.goesTo(flags(n, ACK)));
  assert.equal(mh.flows().length, mh.room);
});

test('datagrams are one flow, unless each is for itself', () => {
  const plane = planeOf({ scheduler: 'rr' }, [1, 2]);
  assert.deepEqual(
    [plane.goesTo(datagram(1)), plane.goesTo(datagram(1)), plane.goesTo(datagram(2))],
    [1, 1, 2],
  );
  assert.deepEqual(plane.conns(1), [0, 1]);
  const each = planeOf({ scheduler: 'rr', onePacket: true }, [1, 2]);
  assert.deepEqual([each.goesTo(datagram(1)), each.goesTo(datagram(1)), each.goesTo(datagram(1))], [1, 2, 1]);
  assert.deepEqual(each.flows(), []);
  assert.deepEqual(each.traffic(1), [2, 2, 56]);
});

test('a client that persists stays at its server for as long as it comes again in time', () => {
  const persistence = { timeout: 60, prefix: 24, engine: null };
  const plane = planeOf({ scheduler: 'rr', persistence }, [1, 2, 3]);
  const first = plane.goesTo(flags(1, SYN, 1000));
  assert.equal(first, 1);
  for (let port = 1001; port < 1010; port++) assert.equal(plane.goesTo(flags(1, SYN, port)), 1);
  assert.equal(plane.goesTo(flags(200, SYN, 1)), 1, 'a neighbour in its /24');
  assert.equal(plane.goesTo(flags(256, SYN, 1)), 2, 'another /24');
  const templates = plane.flows().filter(({ state }) => state === 'persist');
  assert.deepEqual(templates.map(({ server }) => server).sort(), [1, 2]);
  assert.ok(templates.every(({ left }) => left <= ticks(60) && left >= ticks(60) - 1));
  plane.expire();
  assert.equal(plane.goesTo(flags(1, SYN, 1000)), 3);
  // Its server goes: the client is given another one, which is then its own.
  plane.write({ op: 'retireServer', slot: 3 });
  const next = plane.goesTo(flags(1, SYN, 1001));
  assert.ok(next === 1 || next === 2, `${next}`);
  assert.equal(plane.goesTo(flags(1, SYN, 1002)), next);
});

test('a client that cannot be noted persists all the same', () => {
  const persistence = { timeout: 60, prefix: 32, engine: null };
  const plane = planeOf({ scheduler: 'rr', persistence }, [1, 2, 3], 1);
  for (let n = 0; n < 10; n++) plane.goesTo(flags(n, SYN));
  assert.equal(plane.flows().length, plane.room);
  for (let n = 50; n < 80; n++) {
    const servers = new Set(Array.from({ length: 5 }, (_, port) => plane.goesTo(flags(n, SYN, port))));
    assert.equal(servers.size, 1);
  }
});

test('lc and wlc choose whoever has the least to do, for its weight', () => {
  const lc = planeOf({ scheduler: 'lc' }, [1, 2, 3]);
  assert.deepEqual(
    Array.from({ length: 6 }, (_, n) => lc.goesTo(flags(n, SYN))),
    [1, 2, 3, 1, 2, 3],
  );
  lc.goesTo(flags(1, FIN | ACK));
  assert.equal(lc.goesTo(flags(9, SYN)), 2, 'what closes weighs less');
  // Its ring begins elsewhere than the first one.
  assert.deepEqual(
    [datagram(1), datagram(2), from(1, tcp(40_000, 80, SYN), 6, VIP6)].map((frame) => lc.goesTo(frame)),
    [1, 3, 1],
  );
  const wlc = planeOf({ scheduler: 'wlc' }, [1, 2]);
  wlc.server({ slot: 2, attrs: { weight: 3 } });
  for (let n = 0; n < 40; n++) wlc.goesTo(flags(n, SYN));
  assert.deepEqual([wlc.conns(1)[0], wlc.conns(2)[0]], [10, 30]);
  wlc.server({ slot: 1, attrs: { weight: 0 } });
  wlc.server({ slot: 2, attrs: { weight: 0 } });
  assert.equal(wlc.goesTo(flags(99, SYN)), 'drop');
  assert.equal(wlc.counter('no_server'), 1);
});

test('flows of a server that is gone are chosen anew, and its slot is free when they are cleared', () => {
  const plane = planeOf({ scheduler: 'rr' }, [1, 2]);
  for (let n = 0; n < 10; n++) plane.goesTo(flags(n, SYN));
  assert.deepEqual(plane.conns(1), [5, 0]);
  plane.ring(0, [2]);
  plane.write({ op: 'retireServer', slot: 1 });
  for (let n = 0; n < 10; n++) assert.equal(plane.goesTo(flags(n, SYN)), 2);
  assert.deepEqual(
    [plane.conns(1), plane.conns(2)],
    [
      [0, 0],
      [10, 0],
    ],
  );
  plane.goesTo(flags(11, SYN));
  plane.write({ op: 'retireServer', slot: 2 });
  plane.write({ op: 'clearFlows', servers: [2] });
  assert.deepEqual(plane.flows(), []);
  assert.deepEqual(plane.conns(2), [0, 0]);
});

test('the sweep takes what has expired and leaves the rest', () => {
  const plane = planeOf({ scheduler: 'rr' }, [1, 2]);
  for (let n = 0; n < 10; n++) plane.goesTo(flags(n, SYN));
  const buckets = plane.xdp.maps.entries.flows;
  assert.equal(plane.xdp.maps.sweep(0, buckets, null), 10);
  plane.expire();
  plane.goesTo(flags(50, SYN));
  assert.equal(plane.xdp.maps.sweep(0, buckets, null), 1);
  assert.equal(plane.flows().length, 1);
  assert.equal(plane.conns(1)[0] + plane.conns(2)[0], 1);
});
