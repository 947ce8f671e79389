// What random packets have found in the program.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import { ACK, ethernet, extension, fragmentHeader, icmp, ipv4, ipv6, SYN, tcp } from '../frames.ts';
import { CLIENT_MAC, OUR_MAC, TestPlane } from '../plane.ts';

const VIP = '10.0.0.1' as Ip;
const VIP6 = '2001:db8::1' as Ip;
const CLIENT = '198.51.100.7' as Ip;
const CLIENT6 = '2001:db8:c::7' as Ip;
const link = { destination: OUR_MAC, source: CLIENT_MAC };

let plane: TestPlane;
before(() => {
  plane = new TestPlane();
  plane.server({ slot: 7 });
  for (const [slot, address] of [VIP, VIP6].entries())
    plane.service({ slot, address, attrs: { scheduler: 'mh', schedulerFlags: [2] }, ring: [7] });
});
after(() => plane.close());

const v6 = (next: number, inside: Uint8Array) =>
  ethernet(link, ipv6({ source: CLIENT6, destination: VIP6, next }, inside));

test('an ICMP error ends where its packet ends, whatever Ethernet has added to it', () => {
  const error = icmp(3, 4, ipv4({ source: VIP, destination: CLIENT, protocol: 6 }, tcp(80, 4000, ACK)));
  const told = (length: number) =>
    plane.goesTo(ethernet(link, ipv4({ source: CLIENT, destination: VIP, protocol: 1, length }, error)));
  assert.deepEqual([told(20 + 36), told(20 + 35), told(20 + 7)], [7, 'drop', 'pass']);
  const answer = ipv6({ source: VIP6, destination: CLIENT6, next: 6 }, tcp(80, 4000, ACK));
  const told6 = (length: number) => {
    const frame = v6(58, icmp(2, 0, answer));
    frame[19] = length;
    return plane.goesTo(frame);
  };
  assert.deepEqual([told6(56), told6(55), told6(7)], [7, 'drop', 'pass']);
});

test('a packet that is in fragments twice is malformed', () => {
  const inner = fragmentHeader(6, 0, false, 2, tcp(4000, 80, ACK));
  assert.equal(plane.goesTo(v6(44, inner)), 7);
  assert.equal(plane.goesTo(v6(44, fragmentHeader(44, 0, true, 1, inner))), 'drop');
});

test('fragments of what is not balanced pass, the later ones too', () => {
  const gre = (offset: number) =>
    plane.goesTo(v6(44, fragmentHeader(47, offset, true, 1, new Uint8Array(32))));
  assert.deepEqual([gre(0), gre(32)], ['pass', 'pass']);
});

test('a packet that is on its way passes, whatever follows, but not with less than its routing header', () => {
  const routed = (units: number) => Uint8Array.from([60, units, 0, 1, 0, 0, 0, 0]);
  assert.equal(plane.goesTo(v6(43, routed(0))), 'pass');
  assert.equal(plane.goesTo(v6(43, routed(1))), 'drop');
  const quoted = (inside: Uint8Array) =>
    v6(58, icmp(2, 0, ipv6({ source: VIP6, destination: CLIENT6, next: 43 }, inside)));
  assert.equal(plane.goesTo(quoted(extension(6, 8, tcp(80, 4000, ACK)))), 7);
  assert.equal(
    plane.goesTo(quoted(Uint8Array.from([6, 0, 0, 1, 0, 0, 0, 0, ...tcp(80, 4000, ACK)]))),
    'pass',
  );
});

test('lc and wlc choose wherever their ring is in the pool', () => {
  const own = new TestPlane();
  own.servers(1, 2, 3);
  own.service({ slot: 0, address: VIP, port: 80, ring: [1, 2, 3] });
  for (const [i, scheduler] of ['lc', 'wlc'].entries()) {
    const port = 81 + i;
    own.service({ slot: 1 + i, address: VIP, port, attrs: { scheduler }, ring: [1, 2, 3] });
    const chosen = [1, 2, 3].map((n) =>
      own.goesTo(
        ethernet(link, ipv4({ source: CLIENT, destination: VIP, protocol: 6 }, tcp(4000 + n, port, SYN))),
      ),
    );
    assert.deepEqual(chosen, [1, 2, 3], scheduler);
  }
  own.close();
});
