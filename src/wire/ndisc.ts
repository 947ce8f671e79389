import { bigEndian } from '../base/bytes.ts';
import { internetChecksum } from '../base/checksum.ts';
import { type Ip, ipBytes } from '../base/ip.ts';
import { type Mac, macBytes } from '../base/mac.ts';

export const ETHERTYPE_IPV6 = 0x86dd;

const ALL_NODES = 'ff02::1' as Ip;
const ALL_NODES_MAC = '33:33:00:00:00:01' as Mac;
const ICMP6_PROTOCOL = 58;
const NEIGHBOUR_ADVERTISEMENT = 136;
const ROUTER = 0x80;
const OVERRIDE = 0x20;

const ETHERNET = 14;
const IPV6 = 40;
const ICMP6 = 32;

/**
 * An Ethernet frame that tells the whole segment where `address` now lives: an unsolicited neighbour advertisement
 * (RFC 4861 §4.4, §7.2.6) from the address itself to all nodes, with the Override flag and the target link-layer
 * address. `router` sets the Router flag, for a machine that forwards.
 *
 * ```
 *  6 destination MAC   6 source MAC   2 0x86dd
 *  4 version, class, flow   2 payload length   1 next header 58   1 hop limit 255   16 source   16 destination
 *  1 type 136   1 code 0   2 checksum   1 flags R S O   3 reserved   16 target
 *  1 option 2   1 length 1 (8 bytes)   6 MAC
 * ```
 */
export function encodeUnsolicitedNa(mac: Mac, address: Ip, router: boolean): Uint8Array {
  const frame = new Uint8Array(ETHERNET + IPV6 + ICMP6);
  const view = new DataView(frame.buffer);
  frame.set(macBytes(ALL_NODES_MAC), 0);
  frame.set(macBytes(mac), 6);
  view.setUint16(12, ETHERTYPE_IPV6);
  view.setUint8(14, 0x60);
  view.setUint16(18, ICMP6);
  view.setUint8(20, ICMP6_PROTOCOL);
  // RFC 4861 §7.1.2: a receiver discards what has another hop limit.
  view.setUint8(21, 255);
  frame.set(ipBytes(address), 22);
  frame.set(ipBytes(ALL_NODES), 38);
  view.setUint8(54, NEIGHBOUR_ADVERTISEMENT);
  view.setUint8(58, OVERRIDE | (router ? ROUTER : 0));
  frame.set(ipBytes(address), 62);
  frame.set([2, 1], 78);
  frame.set(macBytes(mac), 80);
  const pseudo = [ipBytes(address), ipBytes(ALL_NODES), bigEndian(ICMP6, 4), bigEndian(ICMP6_PROTOCOL, 4)];
  view.setUint16(56, internetChecksum(...pseudo, frame.subarray(ETHERNET + IPV6)));
  return frame;
}
