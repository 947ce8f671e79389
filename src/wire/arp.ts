import { type Ip, ipBytes } from '../base/ip.ts';
import { BROADCAST_MAC, type Mac, macBytes } from '../base/mac.ts';

export const ETHERTYPE_ARP = 0x0806;

const NOBODY = '0.0.0.0' as Ip;
const UNKNOWN_MAC = '00:00:00:00:00:00' as Mac;

/**
 * An Ethernet frame that tells the whole segment where `address` now lives: an ARP request (opcode 1) whose
 * sender and target address are both `address` and whose target hardware address is broadcast, the form that
 * keepalived sends (RFC 826; RFC 5944 §4.6 allows request or reply).
 */
export const encodeGratuitousArp = (mac: Mac, address: Ip): Uint8Array =>
  encodeBroadcastRequest(mac, address, BROADCAST_MAC, address);

/** An Ethernet frame that asks the whole segment who has `target`, and tells it where `source` is (RFC 826). */
export const encodeArpRequest = (mac: Mac, source: Ip, target: Ip): Uint8Array =>
  encodeBroadcastRequest(mac, source, UNKNOWN_MAC, target);

/** The same question from nobody, which changes no neighbour's cache (RFC 5227 §2.1.1). */
export const encodeArpProbe = (mac: Mac, target: Ip): Uint8Array => encodeArpRequest(mac, NOBODY, target);

/**
 * ```
 *  6 destination MAC   6 source MAC   2 0x0806
 *  2 hardware 1   2 protocol 0x0800   1 hlen 6   1 plen 4   2 opcode 1
 *  6 sender MAC   4 sender IP   6 target MAC   4 target IP
 * ```
 */
function encodeBroadcastRequest(mac: Mac, source: Ip, targetMac: Mac, target: Ip): Uint8Array {
  const frame = new Uint8Array(42);
  const view = new DataView(frame.buffer);
  frame.set(macBytes(BROADCAST_MAC), 0);
  frame.set(macBytes(mac), 6);
  view.setUint16(12, ETHERTYPE_ARP);
  view.setUint16(14, 1);
  view.setUint16(16, 0x0800);
  view.setUint8(18, 6);
  view.setUint8(19, 4);
  view.setUint16(20, 1);
  frame.set(macBytes(mac), 22);
  frame.set(ipBytes(source), 28);
  frame.set(macBytes(targetMac), 32);
  frame.set(ipBytes(target), 38);
  return frame;
}
