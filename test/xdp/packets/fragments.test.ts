import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import { ACK, ethernet, fragmentHeader, icmp, ipv4, ipv6, SYN, tcp, udp } from '../frames.ts';
import { CLIENT_MAC, clientOf, OUR_MAC, TestPlane } from '../plane.ts';

const VIP = '10.0.0.1' as Ip;
const VIP6 = '2001:db8::1' as Ip;
const link = { destination: OUR_MAC, source: CLIENT_MAC };
const DATA = new Uint8Array(64).fill(0x55);
const MORE = 0x2000;

const planes: TestPlane[] = [];
after(() => {
  for (const plane of planes) plane.close();
});

function planeOf(scheduler: string): TestPlane {
  const plane = new TestPlane();
  planes.push(plane);
  plane.servers(1, 2, 3);
  let slot = 0;
  for (const address of [VIP, VIP6])
    for (const protocol of ['udp', 'tcp'] as const)
      plane.service({
        slot: slot++,
        address,
        protocol,
        attrs: { scheduler, schedulerFlags: [2] },
        ring: [1, 2, 3],
      });
  return plane;
}

const fragment4 = (n: number, id: number, fragment: number, inside: Uint8Array, destination = VIP) =>
  ethernet(link, ipv4({ source: clientOf(VIP, n), destination, protocol: 17, id, fragment }, inside));
const fragment6 = (n: number, id: number, offset: number, more: boolean, inside: Uint8Array) =>
  ethernet(
    link,
    ipv6(
      { source: clientOf(VIP6, n), destination: VIP6, next: 44 },
      fragmentHeader(17, offset, more, id, inside),
    ),
  );

test('the fragments of a packet go where its first one goes', () => {
  for (const scheduler of ['rr', 'mh']) {
    const plane = planeOf(scheduler);
    for (let n = 0; n < 12; n++) {
      const to = plane.goesTo(fragment4(n, 7, MORE, udp(1000 + n, 80, DATA)));
      assert.ok(typeof to === 'number');
      assert.equal(plane.goesTo(fragment4(n, 7, MORE | 9, DATA)), to);
      assert.equal(plane.goesTo(fragment4(n, 7, 17, DATA)), to);
      const to6 = plane.goesTo(fragment6(n, 7, 0, true, udp(1000 + n, 80, DATA)));
      assert.equal(plane.goesTo(fragment6(n, 7, 72, false, DATA)), to6);
    }
    assert.equal(plane.counter('fragment_unknown'), 0);
  }
});

test('a fragment whose first one nobody has seen is dropped, if it is for a service at all', () => {
  const plane = planeOf('rr');
  plane.goesTo(fragment4(1, 7, MORE, udp(1000, 80, DATA)));
  assert.equal(plane.goesTo(fragment4(1, 8, 9, DATA)), 'drop', 'another packet');
  assert.equal(plane.goesTo(fragment4(2, 7, 9, DATA)), 'drop', 'another client');
  assert.equal(plane.goesTo(fragment6(1, 7, 72, false, DATA)), 'drop');
  assert.equal(plane.goesTo(fragment4(1, 8, 9, DATA, '10.0.0.2' as Ip)), 'pass');
  assert.equal(plane.counter('fragment_unknown'), 3);
  plane.expire();
  assert.equal(plane.goesTo(fragment4(1, 7, 9, DATA)), 'drop', 'its first one was too long ago');
  const echo = ipv4({ source: clientOf(VIP, 1), destination: VIP, protocol: 1, id: 3, fragment: 9 }, DATA);
  assert.equal(plane.goesTo(ethernet(link, echo)), 'pass');
});

test('a first fragment without all of its ports is dropped', () => {
  const plane = planeOf('rr');
  for (let length = 0; length < 8; length++)
    assert.equal(plane.goesTo(fragment4(1, 7, MORE, udp(1000, 80).subarray(0, length))), 'drop');
  assert.equal(plane.counter('malformed'), 8);
});

const error4 = (type: number, inner: Uint8Array, destination = VIP) =>
  ethernet(
    link,
    ipv4({ source: '192.0.2.1' as Ip, destination, protocol: 1 }, icmp(type, type === 3 ? 4 : 0, inner)),
  );
const error6 = (type: number, inner: Uint8Array) =>
  ethernet(link, ipv6({ source: '2001:db8:f::1' as Ip, destination: VIP6, next: 58 }, icmp(type, 0, inner)));
/** What a server answered client `n`. */
const answer4 = (n: number, port: number) =>
  ipv4({ source: VIP, destination: clientOf(VIP, n), protocol: 6 }, tcp(80, port, ACK));
const answer6 = (n: number, port: number) =>
  ipv6({ source: VIP6, destination: clientOf(VIP6, n), next: 6 }, tcp(80, port, ACK));

test('an ICMP error goes to the server whose packet it is about, and changes nothing of the flow', () => {
  const plane = planeOf('rr');
  for (let n = 0; n < 6; n++) {
    const to = plane.goesTo(
      ethernet(link, ipv4({ source: clientOf(VIP, n), destination: VIP, protocol: 6 }, tcp(1000, 80, SYN))),
    );
    for (const type of [3, 11, 12]) assert.equal(plane.goesTo(error4(type, answer4(n, 1000))), to);
    // RFC 792 quotes 8 bytes behind the IP header.
    assert.equal(plane.goesTo(error4(3, answer4(n, 1000).subarray(0, 28))), to);
    const to6 = plane.goesTo(
      ethernet(link, ipv6({ source: clientOf(VIP6, n), destination: VIP6, next: 6 }, tcp(1000, 80, SYN))),
    );
    for (const type of [1, 2, 3, 4]) assert.equal(plane.goesTo(error6(type, answer6(n, 1000))), to6);
  }
  assert.ok(plane.flows().every(({ state }) => state === 'syn'));
});

test('without a flow, an ICMP error goes where the hash says, and passes where nothing says', () => {
  const mh = planeOf('mh');
  for (let n = 0; n < 12; n++) {
    const to = mh.goesTo(
      ethernet(link, ipv4({ source: clientOf(VIP, n), destination: VIP, protocol: 6 }, tcp(1000, 80, SYN))),
    );
    assert.equal(mh.goesTo(error4(3, answer4(n, 1000))), to);
  }
  const rr = planeOf('rr');
  assert.equal(rr.goesTo(error4(3, answer4(1, 1000))), 'pass');
  assert.equal(mh.goesTo(error4(5, answer4(1, 1000))), 'pass', 'a redirect');
  const ours = ipv4(
    { source: '10.0.0.2' as Ip, destination: clientOf(VIP, 1), protocol: 6 },
    tcp(80, 1000, ACK),
  );
  assert.equal(mh.goesTo(error4(3, ours)), 'pass', 'about what another address sent');
  for (let length = 0; length < 28; length++) {
    const verdict = mh.goesTo(error4(3, answer4(1, 1000).subarray(0, length)));
    assert.ok(verdict === 'drop' || verdict === 'pass', `cut at ${length}: ${verdict}`);
  }
});
