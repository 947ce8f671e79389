import { bigEndian, concatBytes } from '../base/bytes.ts';
import { internetChecksum } from '../base/checksum.ts';
import { type Ip, ipBytes, ipFromBytes } from '../base/ip.ts';
import { type Mac, macBytes } from '../base/mac.ts';

export const ETHERTYPE_IPV6 = 0x86dd;

const ALL_NODES = 'ff02::1' as Ip;
const NOBODY = '::' as Ip;
/** RFC 4291 §2.7.1; the last three bytes are those of the address. */
const SOLICITED_NODE = 'ff02::1:ff00:0' as Ip;
const ICMP6_PROTOCOL = 58;
const NEIGHBOUR_SOLICITATION = 135;
const NEIGHBOUR_ADVERTISEMENT = 136;
const SOURCE_LINK_LAYER = 1;
const TARGET_LINK_LAYER = 2;
const ROUTER = 0x80;
const OVERRIDE = 0x20;

/**
 * An Ethernet frame that tells the whole segment where `address` now lives: an unsolicited neighbour advertisement
 * (RFC 4861 §4.4, §7.2.6) from the address itself to all nodes, with the Override flag and the target link-layer
 * address. `router` sets the Router flag, for a machine that forwards.
 */
export const encodeUnsolicitedNa = (mac: Mac, address: Ip, router: boolean): Uint8Array =>
  encodeNeighbourMessage({
    type: NEIGHBOUR_ADVERTISEMENT,
    mac,
    source: address,
    destination: ALL_NODES,
    flags: OVERRIDE | (router ? ROUTER : 0),
    target: address,
    option: TARGET_LINK_LAYER,
  });

/**
 * An Ethernet frame that asks who has `target`: a neighbour solicitation (RFC 4861 §4.3) from `source` to the target's
 * solicited-node group, with the source link-layer address. A `source` of null is nobody, `::`, without that option, in
 * the form of duplicate address detection (RFC 4862 §5.4.2): it changes no cache, and the answer goes to all nodes.
 */
export const encodeNeighbourSolicitation = (mac: Mac, source: Ip | null, target: Ip): Uint8Array =>
  encodeNeighbourMessage({
    type: NEIGHBOUR_SOLICITATION,
    mac,
    source: source ?? NOBODY,
    destination: solicitedNode(target),
    flags: 0,
    target,
    option: source === null ? null : SOURCE_LINK_LAYER,
  });

const solicitedNode = (address: Ip): Ip =>
  ipFromBytes(concatBytes([ipBytes(SOLICITED_NODE).subarray(0, 13), ipBytes(address).subarray(13)]));

interface NeighbourMessage {
  readonly type: number;
  readonly mac: Mac;
  readonly source: Ip;
  /** A group. */
  readonly destination: Ip;
  readonly flags: number;
  readonly target: Ip;
  /** The type of the option that carries `mac`. */
  readonly option: number | null;
}

/**
 * ```
 *  6 destination MAC   6 source MAC   2 0x86dd
 *  4 version, class, flow   2 payload length   1 next header 58   1 hop limit 255   16 source   16 destination
 *  1 type   1 code 0   2 checksum   1 flags R S O   3 reserved   16 target
 *  1 option   1 length 1 (8 bytes)   6 MAC
 * ```
 */
function encodeNeighbourMessage(message: NeighbourMessage): Uint8Array {
  const { type, mac, flags } = message;
  const source = ipBytes(message.source);
  const destination = ipBytes(message.destination);
  const target = ipBytes(message.target);
  const option = message.option === null ? [] : [Uint8Array.of(message.option, 1), macBytes(mac)];
  const icmp6 = concatBytes([Uint8Array.of(type, 0, 0, 0, flags, 0, 0, 0), target, ...option]);
  const length = bigEndian(icmp6.length, 4);
  icmp6.set(
    bigEndian(internetChecksum(source, destination, length, bigEndian(ICMP6_PROTOCOL, 4), icmp6), 2),
    2,
  );
  return concatBytes([
    // RFC 2464 §7: 33-33 and the last four bytes of the group.
    Uint8Array.of(0x33, 0x33),
    destination.subarray(12),
    macBytes(mac),
    bigEndian(ETHERTYPE_IPV6, 2),
    Uint8Array.of(0x60, 0, 0, 0),
    length.subarray(2),
    // RFC 4861 §7.1: a receiver discards what has another hop limit.
    Uint8Array.of(ICMP6_PROTOCOL, 255),
    source,
    destination,
    icmp6,
  ]);
}
