import { bigEndian, dataView } from '../base/bytes.ts';
import { internetChecksum } from '../base/checksum.ts';
import { type Ip, ipFromBytes } from '../base/ip.ts';
import { type Mac, macFromBytes } from '../base/mac.ts';
import { err, ok, type Result } from '../base/result.ts';
import { ETHERTYPE_ARP } from './arp.ts';
import { ETHERTYPE_IPV6 } from './ndisc.ts';

/** What an ARP packet or a neighbour advertisement says: `address` is at `mac`. */
export interface Claim {
  readonly address: Ip;
  /** ARP: the sender hardware address. Neighbour advertisement: the target link-layer address, or the frame's source. */
  readonly mac: Mac;
  /**
   * `reply`: the answer to a question: an ARP reply that is not gratuitous, a neighbour advertisement with the Solicited
   * flag. `announcement`: anything else, also an ARP request that the holder sends, and the answer to a solicitation from
   * `::`, which goes to all nodes without the flag (RFC 4861 §7.2.4).
   */
  readonly kind: 'announcement' | 'reply';
}

/** `other`: a frame that claims nothing, or that a neighbour would ignore (RFC 826, RFC 4861 §7.1.2). */
export type ClaimError = 'truncated' | 'other';

const ETHERNET = 14;
const ARP_LENGTH = 28;
const IPV6 = 40;
const ADVERTISEMENT = 24;
const REPLY = 2;
const SOLICITED = 0x40;
const TARGET_LINK_LAYER = 2;

/** Reads an Ethernet frame without a VLAN tag. ARP from 0.0.0.0, which is a question, is `other`. */
export function decodeClaim(frame: Uint8Array): Result<Claim, ClaimError> {
  if (frame.length < ETHERNET) return err('truncated');
  switch (dataView(frame).getUint16(12)) {
    case ETHERTYPE_ARP:
      return decodeArpClaim(frame.subarray(ETHERNET));
    case ETHERTYPE_IPV6:
      return decodeAdvertisement(frame);
    default:
      return err('other');
  }
}

function decodeArpClaim(packet: Uint8Array): Result<Claim, ClaimError> {
  if (packet.length < ARP_LENGTH) return err('truncated');
  const view = dataView(packet);
  const opcode = view.getUint16(6);
  if (view.getUint32(0) !== 0x0001_0800 || view.getUint16(4) !== 0x0604) return err('other');
  if (opcode !== 1 && opcode !== REPLY) return err('other');
  const sender = view.getUint32(14);
  if (sender === 0) return err('other');
  return ok({
    address: ipFromBytes(packet.subarray(14, 18)),
    mac: macFromBytes(packet.subarray(8, 14)),
    kind: opcode === REPLY && sender !== view.getUint32(24) ? 'reply' : 'announcement',
  });
}

function decodeAdvertisement(frame: Uint8Array): Result<Claim, ClaimError> {
  const packet = frame.subarray(ETHERNET);
  if (packet.length < IPV6) return err('truncated');
  const view = dataView(packet);
  const length = view.getUint16(4);
  if (view.getUint8(0) >> 4 !== 6 || view.getUint8(6) !== 58 || view.getUint8(7) !== 255) return err('other');
  if (length < ADVERTISEMENT) return err('other');
  if (packet.length < IPV6 + length) return err('truncated');
  const message = packet.subarray(IPV6, IPV6 + length);
  const [source, destination] = [packet.subarray(8, 24), packet.subarray(24, 40)];
  if (message[0] !== 136 || message[1] !== 0 || message[8] === 0xff) return err('other');
  const pseudo = [source, destination, bigEndian(length, 4), bigEndian(58, 4)];
  if (internetChecksum(...pseudo, message) !== 0) return err('other');
  const solicited = ((message[4] ?? 0) & SOLICITED) !== 0;
  if (solicited && destination[0] === 0xff) return err('other');
  const linkLayer = readLinkLayer(message.subarray(ADVERTISEMENT));
  if (!linkLayer.ok) return linkLayer;
  return ok({
    address: ipFromBytes(message.subarray(8, 24)),
    mac: macFromBytes(linkLayer.value ?? frame.subarray(6, 12)),
    kind: solicited ? 'reply' : 'announcement',
  });
}

/** RFC 4861 §4.6: type, length in units of 8 bytes, value. Null when there is none. */
function readLinkLayer(options: Uint8Array): Result<Uint8Array | null, ClaimError> {
  let found: Uint8Array | null = null;
  for (let at = 0; at < options.length; ) {
    const length = (options[at + 1] ?? 0) * 8;
    // RFC 4861 §7.1.2: all of a message with an option of length 0 is ignored.
    if (length === 0 || at + length > options.length) return err('other');
    if (options[at] === TARGET_LINK_LAYER && length === 8) found ??= options.subarray(at + 2, at + 8);
    at += length;
  }
  return ok(found);
}
