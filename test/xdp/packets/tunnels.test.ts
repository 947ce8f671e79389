import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { dataView } from '../../../src/base/bytes.ts';
import { internetChecksum } from '../../../src/base/checksum.ts';
import { type Ip, ipBytes } from '../../../src/base/ip.ts';
import { macBytes } from '../../../src/base/mac.ts';
import type { Tunnel } from '../../../src/model/services.ts';
import { ACK, be16, be32, ethernet, icmp, ipv4, ipv6, SYN, tcp, udp } from '../frames.ts';
import { CLIENT_MAC, macOf, OUR_MAC, TestPlane } from '../plane.ts';

const VIP = '10.0.0.1' as Ip;
const VIP6 = '2001:db8::1' as Ip;
const CLIENT = '198.51.100.7' as Ip;
const CLIENT6 = '2001:db8:c::7' as Ip;
const OURS = '10.0.9.1' as Ip;
const OURS6 = '2001:db8:9::1' as Ip;
const SERVER = '10.0.1.7' as Ip;
const SERVER6 = '2001:db8:1::7' as Ip;
const link = { destination: OUR_MAC, source: CLIENT_MAC };
const IPIP: Tunnel = { type: 'ipip', port: 0, checksum: 'none' };
const GUE: Tunnel = { type: 'gue', port: 6080, checksum: 'none' };

const inner4 = (data: number, tos = 0) =>
  ipv4(
    { source: CLIENT, destination: VIP, protocol: 6, tos },
    tcp(4000, 80, SYN, new Uint8Array(data).fill(1)),
  );
const inner6 = (data: number, trafficClass = 0) =>
  ipv6(
    { source: CLIENT6, destination: VIP6, next: 6, trafficClass },
    tcp(4000, 80, SYN, new Uint8Array(data).fill(1)),
  );

const planes: TestPlane[] = [];
after(() => {
  for (const plane of planes) plane.close();
});

/** A service of each family, with one server behind a tunnel. */
function planeOf(address: Ip, tunnel: Tunnel, mtu = 1500): TestPlane {
  const plane = new TestPlane();
  planes.push(plane);
  const outerSource = address === SERVER ? OURS : OURS6;
  plane.server({ slot: 7, address, attrs: { forward: 'tun', tunnel }, outerSource, mtu });
  plane.service({ slot: 0, address: VIP, ring: [7] });
  plane.service({ slot: 1, address: VIP6, ring: [7] });
  return plane;
}

/** The frame that left, apart from its Ethernet addresses and tags. */
function sent(plane: TestPlane, frame: Uint8Array, tags = 0): Uint8Array {
  const { verdict, packet } = plane.run(frame);
  assert.equal(verdict, 'tx');
  assert.deepEqual(packet.subarray(0, 12), Uint8Array.from([...macBytes(macOf(7)), ...macBytes(OUR_MAC)]));
  assert.deepEqual(packet.subarray(12, 12 + 4 * tags), frame.subarray(12, 12 + 4 * tags), 'its tags');
  return packet.subarray(12 + 4 * tags);
}

test('IP in IPv4: the packet as it was, behind a header that must not be fragmented', () => {
  const plane = planeOf(SERVER, IPIP);
  for (const [inside, protocol] of [
    [inner4(10, 0xb9), 4],
    [inner6(11, 0xb9), 41],
  ] as const)
    for (const tags of [[], [7], [7, 8]]) {
      const packet = sent(plane, ethernet({ ...link, tags }, inside), tags.length);
      const outer = ipv4(
        { source: OURS, destination: SERVER, protocol, fragment: 0x4000, tos: 0xb9 },
        inside,
      );
      assert.deepEqual(packet, Uint8Array.from([...be16(0x0800), ...outer]));
    }
  assert.deepEqual(plane.traffic(7), [2, 6, 3 * (50 + 71)], 'what is counted is what the client sent');
});

/** An IPv6 header with the flow label left out: what it is is free. */
const labelless = (packet: Uint8Array): Uint8Array =>
  packet.map((byte, i) => (i === 1 ? byte & 0xf0 : i === 2 || i === 3 ? 0 : byte));

test('IP in IPv6, the same for all packets of a flow', () => {
  const plane = planeOf(SERVER6, IPIP);
  for (const [inside, next] of [
    [inner4(10, 0xb9), 4],
    [inner6(11, 0xb9), 41],
  ] as const) {
    const packet = sent(plane, ethernet(link, inside));
    assert.deepEqual(packet.subarray(0, 2), be16(0x86dd));
    const outer = ipv6({ source: OURS6, destination: SERVER6, next, trafficClass: 0xb9 }, inside);
    assert.deepEqual(labelless(packet.subarray(2)), outer);
    assert.deepEqual(sent(plane, ethernet(link, inside)), packet);
  }
});

test('GUE: UDP from a port of the flow, without a checksum', () => {
  for (const [server, source] of [
    [SERVER, OURS],
    [SERVER6, OURS6],
  ] as const) {
    const plane = planeOf(server, GUE);
    for (const [inside, protocol] of [
      [inner4(10), 4],
      [inner6(11), 41],
    ] as const) {
      const packet = sent(plane, ethernet(link, inside));
      const at = server === SERVER ? 22 : 42;
      const port = dataView(packet).getUint16(at);
      assert.ok(port >= 49_152);
      const gue = udp(port, 6080, Uint8Array.from([0, protocol, 0, 0, ...inside]));
      const outer =
        server === SERVER
          ? ipv4({ source, destination: server, protocol: 17, fragment: 0x4000 }, gue)
          : ipv6({ source, destination: server, next: 17 }, gue);
      assert.deepEqual(server === SERVER ? packet.subarray(2) : labelless(packet.subarray(2)), outer);
    }
  }
});

test('who sends more than fits into the tunnel is told how much does', () => {
  const plane = planeOf(SERVER, GUE);
  assert.equal(plane.run(ethernet(link, inner4(1500 - 32 - 40))).verdict, 'tx');
  assert.equal(plane.traffic(7)[1], 1);
  const large = inner4(1500 - 32 - 40 + 1);
  const { verdict, packet } = plane.run(ethernet({ ...link, tags: [7] }, large));
  assert.equal(verdict, 'tx');
  // RFC 792 with RFC 1191 §4: type 3, code 4, the MTU in the second half of what was unused.
  const message = icmp(3, 4, large.subarray(0, 128));
  message.set(be16(1500 - 32), 6);
  message.set(be16(internetChecksum(message)), 2);
  const answer = ipv4({ source: VIP, destination: CLIENT, protocol: 1, fragment: 0x4000 }, message);
  const back = { destination: CLIENT_MAC, source: OUR_MAC, tags: [7] };
  assert.deepEqual(packet, ethernet(back, answer));
  assert.equal(plane.counter('too_big_told'), 1);
  assert.deepEqual(plane.traffic(7).slice(1), [1, 1468]);
});

test('the same for IPv6', () => {
  const plane = planeOf(SERVER6, IPIP);
  const large = inner6(1500 - 40 - 60 + 1);
  const { verdict, packet } = plane.run(ethernet(link, large));
  assert.equal(verdict, 'tx');
  // RFC 4443 §3.2, with the checksum over the pseudo-header of RFC 8200 §8.1.
  const message = icmp(2, 0, large.subarray(0, 128));
  message.set(be32(1500 - 40), 4);
  const pseudo = Uint8Array.from([
    ...ipBytes(VIP6),
    ...ipBytes(CLIENT6),
    ...be32(message.length),
    ...be32(58),
  ]);
  message.set(be16(internetChecksum(pseudo, message)), 2);
  const answer = ipv6({ source: VIP6, destination: CLIENT6, next: 58 }, message);
  assert.deepEqual(packet, ethernet({ destination: CLIENT_MAC, source: OUR_MAC }, answer));
});

test('no error is told about an error', () => {
  const plane = planeOf(SERVER, IPIP);
  plane.run(ethernet(link, inner4(0)));
  const answered = ipv4(
    { source: VIP, destination: CLIENT, protocol: 6 },
    tcp(80, 4000, ACK, new Uint8Array(1450)),
  );
  const error = ipv4({ source: '192.0.2.1' as Ip, destination: VIP, protocol: 1 }, icmp(3, 4, answered));
  assert.equal(plane.run(ethernet(link, error)).verdict, 'drop');
  assert.equal(plane.counter('too_big'), 1);
  const short = error.subarray(0, 20 + 8 + 28);
  short.set(be16(short.length), 2);
  assert.equal(plane.run(ethernet(link, short)).verdict, 'tx');
});
