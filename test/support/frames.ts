import assert from 'node:assert/strict';
import { ipFromBytes } from '../../src/base/ip.ts';
import type { Datagram } from '../../src/wire/datagram.ts';
import { decodeIpv4 } from '../../src/wire/ipv4.ts';

export const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
export const hex = (from: Uint8Array): string => Buffer.from(from).toString('hex');

const ETHERNET = 14;
const IPV6 = 40;

/** The datagram in an Ethernet frame, which is VRRP over either family. */
export function datagramIn(frame: string): Datagram {
  const packet = bytes(frame).subarray(ETHERNET);
  if ((packet[0] ?? 0) >> 4 === 4) {
    const decoded = decodeIpv4(packet);
    assert.ok(decoded.ok);
    assert.deepEqual([decoded.value.tos, decoded.value.protocol], [0xc0, 112]);
    return decoded.value;
  }
  assert.deepEqual([...packet.subarray(0, 2), packet[6]], [0x6c, packet[1], 112], 'traffic class 0xc0, VRRP');
  return {
    source: ipFromBytes(packet.subarray(8, 24)),
    destination: ipFromBytes(packet.subarray(24, IPV6)),
    ttl: packet[7] ?? 0,
    payload: packet.subarray(IPV6, IPV6 + new DataView(packet.buffer, packet.byteOffset).getUint16(4)),
  };
}
