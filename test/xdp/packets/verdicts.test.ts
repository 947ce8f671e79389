import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import { type Mac, macBytes } from '../../../src/base/mac.ts';
import { writeInterface } from '../../../src/kernel/xdp-links.ts';
import { ACK, ethernet, extension, icmp, ipv4, ipv6, SYN, sctp, tcp, udp } from '../frames.ts';
import { CLIENT_MAC, LOOPBACK, macOf, OUR_MAC, TestPlane } from '../plane.ts';

const VIP = '10.0.0.1' as Ip;
const VIP6 = '2001:db8::1' as Ip;
const CLIENT = '198.51.100.7' as Ip;
const CLIENT6 = '2001:db8:c::7' as Ip;

const link = { destination: OUR_MAC, source: CLIENT_MAC };
const v4 = (inside: Uint8Array, protocol = 6, more = {}) =>
  ethernet(link, ipv4({ source: CLIENT, destination: VIP, protocol, ...more }, inside));
const v6 = (inside: Uint8Array, next = 6) =>
  ethernet(link, ipv6({ source: CLIENT6, destination: VIP6, next }, inside));
const syn = tcp(40_000, 80, SYN);

const planes: TestPlane[] = [];
after(() => {
  for (const plane of planes) plane.close();
});

/** A service of each family and protocol at port 80, with one server. */
function plane(): TestPlane {
  const made = new TestPlane();
  planes.push(made);
  made.server({ slot: 7 });
  let slot = 0;
  for (const address of [VIP, VIP6])
    for (const protocol of ['tcp', 'udp', 'sctp'] as const)
      made.service({ slot: slot++, address, protocol, ring: [7] });
  return made;
}

test('what is for a service goes to its server by direct routing: the MAC addresses change and nothing else', () => {
  const made = plane();
  const padding = new Uint8Array(6);
  const frames: Record<string, Uint8Array> = {
    'tcp over IPv4': v4(syn),
    'udp over IPv4': v4(udp(40_000, 80), 17),
    'sctp over IPv4': v4(sctp(40_000, 80), 132),
    'IPv4 with options': v4(syn, 6, { options: new Uint8Array(40).fill(1) }),
    'a frame that was padded': Uint8Array.from([...v4(syn), ...padding]),
    'one tag': ethernet({ ...link, tags: [7] }, ipv4({ source: CLIENT, destination: VIP, protocol: 6 }, syn)),
    'two tags': ethernet(
      { ...link, tags: [7, 8] },
      ipv4({ source: CLIENT, destination: VIP, protocol: 6 }, syn),
    ),
    'tcp over IPv6': v6(syn),
    'udp over IPv6': v6(udp(40_000, 80), 17),
    'sctp over IPv6': v6(sctp(40_000, 80), 132),
    'IPv6 with extension headers': v6(extension(60, 8, extension(43, 16, extension(6, 24, syn))), 0),
    'an atomic fragment': v6(Uint8Array.from([6, 0, 0, 0, 0, 0, 0, 1, ...syn]), 44),
  };
  for (const [name, frame] of Object.entries(frames)) {
    const { verdict, packet } = made.run(frame);
    assert.equal(verdict, 'tx', name);
    const expected = Uint8Array.from([...macBytes(macOf(7)), ...macBytes(OUR_MAC), ...frame.subarray(12)]);
    assert.deepEqual(packet, expected, name);
  }
  assert.equal(made.traffic(7)[1], Object.keys(frames).length);
});

test('what is nobody’s business here passes as it came', () => {
  const made = plane();
  const other = { destination: '02:00:00:00:00:99' as Mac, source: CLIENT_MAC };
  const at = (destination: Ip) => ipv4({ source: CLIENT, destination, protocol: 6 }, syn);
  const frames: Record<string, Uint8Array> = {
    'another port': v4(tcp(40_000, 81, SYN)),
    'another address': ethernet(link, at('10.0.0.2' as Ip)),
    'a frame to another machine': ethernet(other, at(VIP)),
    'a virtual router MAC that is not ours': ethernet(
      { ...link, destination: '00:00:5e:00:01:33' as Mac },
      at(VIP),
    ),
    'another protocol': v4(syn, 47),
    'an echo': v4(icmp(8, 0, new Uint8Array(8)), 1),
    'an echo over IPv6': v6(icmp(128, 0, new Uint8Array(8)), 58),
    'three tags': ethernet({ ...link, tags: [1, 2, 3] }, at(VIP)),
    'a routing header with further nodes': v6(Uint8Array.from([6, 0, 0, 1, 0, 0, 0, 0, ...syn]), 43),
    'another version': v4(syn).map((byte, i) => (i === 14 ? 0x55 : byte)),
  };
  for (const [name, frame] of Object.entries(frames)) {
    const { verdict, packet } = made.run(frame);
    assert.equal(verdict, 'pass', name);
    assert.deepEqual(packet, frame, name);
  }
  assert.deepEqual(made.flows(), []);
});

test('a packet that is cut off anywhere, or says that it is longer or shorter, goes nowhere', () => {
  const made = plane();
  const options = new Uint8Array(12).fill(1);
  const whole: Record<string, Uint8Array> = {
    tcp: v4(syn),
    udp: v4(udp(40_000, 80), 17),
    sctp: v4(sctp(40_000, 80), 132),
    options: v4(syn, 6, { options }),
    tagged: ethernet({ ...link, tags: [1, 2] }, ipv4({ source: CLIENT, destination: VIP, protocol: 6 }, syn)),
    'tcp over IPv6': v6(syn),
    extensions: v6(extension(60, 8, extension(6, 16, syn)), 0),
  };
  for (const [name, frame] of Object.entries(whole)) {
    assert.equal(made.run(frame).verdict, 'tx', name);
    for (let length = 14; length < frame.length; length++) {
      const { verdict, packet } = made.run(frame.subarray(0, length));
      assert.ok(verdict === 'pass' || verdict === 'drop', `${name} cut at ${length}: ${verdict}`);
      assert.deepEqual(packet, frame.subarray(0, length), `${name} cut at ${length}`);
    }
  }
  // The transport header does not fit into what the IP header says there is, whatever the frame has.
  for (let length = 0; length < 40; length++)
    assert.equal(made.run(v4(syn, 6, { length })).verdict, 'drop', `a total length of ${length}`);
  assert.equal(made.run(v4(syn, 6, { length: 41 })).verdict, 'drop');
  for (let words = 0; words < 5; words++)
    assert.equal(made.run(v4(syn).map((byte, i) => (i === 14 ? 0x40 | words : byte))).verdict, 'drop');
  assert.ok(made.counter('malformed') > 40);
  const elsewhere = ipv4({ source: CLIENT, destination: '10.0.0.9' as Ip, protocol: 6, length: 39 }, syn);
  assert.equal(made.run(ethernet(link, elsewhere)).verdict, 'pass', 'it is not for a service');
});

test('what is for a service and cannot be served is dropped and counted', () => {
  const made = plane();
  made.service({ slot: 8, address: VIP, port: 81, ring: [] });
  assert.equal(made.run(v4(tcp(40_000, 81, SYN))).verdict, 'drop');
  assert.equal(made.counter('no_server'), 1);
  made.service({ slot: 9, address: VIP, port: 82, ring: [9] });
  made.write({
    op: 'putServer',
    service: 9,
    server: {
      slot: 9,
      state: 'in',
      key: { address: '10.0.1.9' as Ip, port: 80 },
      attrs: { weight: 1, forward: 'dr', upperThreshold: 0, lowerThreshold: 0, tunnel: null },
      configuredWeight: 1,
    },
  });
  assert.equal(made.run(v4(tcp(40_000, 82, SYN))).verdict, 'drop');
  assert.equal(made.counter('server_unreachable'), 1);
});

test('what a machine does not hold passes, also for flows that it once had', () => {
  const made = plane();
  assert.equal(made.goesTo(v4(syn)), 7);
  made.write({ op: 'setCounts', counts: { unowned: 1, anyPort: 0 } });
  made.write({ op: 'own', service: 0, isOwned: false });
  assert.equal(made.goesTo(v4(syn)), 'pass');
  assert.equal(made.goesTo(v4(tcp(40_000, 80, ACK))), 'pass');
  made.write({ op: 'own', service: 0, isOwned: true });
  assert.equal(made.goesTo(v4(tcp(40_000, 80, ACK))), 7);
});

test('the MACs of virtual routers are for this machine where it takes them', () => {
  const made = plane();
  const to = (destination: string) =>
    made.goesTo(
      ethernet(
        { ...link, destination: destination as Mac },
        ipv4({ source: CLIENT, destination: VIP, protocol: 6 }, syn),
      ),
    );
  assert.equal(to('00:00:5e:00:01:33'), 'pass');
  writeInterface(made.xdp, { ifindex: LOOPBACK, mac: OUR_MAC, takesVirtualMacs: true });
  assert.deepEqual([to('00:00:5e:00:01:33'), to('00:00:5e:00:02:33')], [7, 7]);
  assert.deepEqual([to('00:00:5e:00:03:33'), to('00:00:5f:00:01:33')], ['pass', 'pass']);
});

test('a server behind another interface gets its packets there', () => {
  const made = plane();
  made.server({ slot: 8, ifindex: 2 });
  made.service({ slot: 8, address: VIP, port: 81, ring: [8] });
  assert.equal(made.run(v4(tcp(40_000, 81, SYN))).verdict, 'redirect');
});

test('a service of port 0 has every port that no other service has', () => {
  const made = plane();
  made.server({ slot: 8 });
  made.service({ slot: 8, address: VIP, port: 0, ring: [8] });
  made.write({ op: 'setCounts', counts: { unowned: 0, anyPort: 1 } });
  assert.equal(made.goesTo(v4(tcp(40_000, 4711, SYN))), 8);
  assert.equal(made.goesTo(v4(syn)), 7);
});

test('a service that was found before is not found when its key is gone, or another fits better', () => {
  const made = plane();
  made.server({ slot: 8 });
  made.server({ slot: 9 });
  made.service({ slot: 8, address: VIP, port: 0, ring: [8] });
  made.write({ op: 'setCounts', counts: { unowned: 0, anyPort: 1 } });
  const to = (port: number, flags: number, client = 40_000) => made.goesTo(v4(tcp(client, port, flags)));
  for (let n = 0; n < 3; n++) assert.deepEqual([to(80, ACK), to(4711, ACK), to(22, ACK)], [7, 8, 8]);
  made.service({ slot: 9, address: VIP, port: 4711, ring: [9] });
  for (let n = 0; n < 3; n++) assert.deepEqual([to(80, ACK), to(4711, ACK), to(22, ACK)], [7, 9, 8]);
  const key = (port: number) => ({ kind: 'address', protocol: 'tcp', address: VIP, port }) as const;
  made.write({ op: 'deleteKey', key: key(4711) });
  assert.deepEqual([to(80, ACK), to(4711, ACK), to(22, ACK)], [7, 8, 8]);
  made.write({ op: 'deleteKey', key: key(0) });
  made.write({ op: 'setCounts', counts: { unowned: 0, anyPort: 0 } });
  assert.deepEqual([to(80, ACK), to(4711, ACK), to(22, ACK)], [7, 'pass', 'pass']);
  // The record is there, its key is not yet.
  made.write({ op: 'deleteKey', key: key(80) });
  assert.equal(to(80, ACK), 'pass');
  made.write({ op: 'putKey', key: key(80), service: 9 });
  assert.equal(to(80, ACK, 40_001), 9, 'the same key, and another service');
});
