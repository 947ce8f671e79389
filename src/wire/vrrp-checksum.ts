import { bigEndian, concatBytes, dataView } from '../base/bytes.ts';
import { internetChecksum } from '../base/checksum.ts';
import { ipBytes, ipFamily } from '../base/ip.ts';
import type { Datagram } from './datagram.ts';
import { VRRP_GROUP4, VRRP_PROTOCOL } from './vrrp-numbers.ts';

/**
 * What the checksum of an advert was made over.
 *
 * - `message`: the message alone. VRRPv2 (RFC 3768 §5.3.8), and VRRPv3 over IPv4 as RFC 9568 §5.2.8 has it.
 * - `pseudo_header`: with a pseudo-header before it. IPv6 (RFC 8200 §8.1), and VRRPv3 over IPv4 as most read RFC 5798 §5.2.8.
 * - `group_pseudo_header`: a unicast advert over IPv4 whose pseudo-header has the multicast group for destination,
 *   as keepalived sent it up to 1.3.6 (acassen/keepalived issue 642) and FRR does.
 */
export type ChecksumForm = 'message' | 'pseudo_header' | 'group_pseudo_header';

/** Source and destination of a datagram. */
export type Ends = Pick<Datagram, 'source' | 'destination'>;

const CHECKSUM = 6;

/** The form in which the checksum of a message is right, or null when it is in none. */
export function checksumFormOf(ends: Ends, pdu: Uint8Array, trailer: Uint8Array | null): ChecksumForm | null {
  const forms = possibleForms(ends, pdu);
  return forms.find((form) => internetChecksum(...covered(ends, pdu, trailer, form)) === 0) ?? null;
}

/**
 * The payload of a datagram: the message with its checksum, and the trailer. The form is a wish: VRRPv2 over IPv4 has
 * the message only, IPv6 the pseudo-header only.
 */
export function encodeChecksum(
  ends: Ends,
  pdu: Uint8Array,
  trailer: Uint8Array | null,
  wish: ChecksumForm,
): Uint8Array {
  const [only, ...more] = possibleForms(ends, pdu);
  const form = more.length === 0 && only !== undefined ? only : wish;
  const summed = pdu.slice();
  dataView(summed).setUint16(CHECKSUM, 0);
  dataView(summed).setUint16(CHECKSUM, internetChecksum(...covered(ends, summed, trailer, form)));
  return trailer === null ? summed : concatBytes([summed, trailer]);
}

function possibleForms({ source }: Ends, pdu: Uint8Array): readonly ChecksumForm[] {
  if (ipFamily(source) === 'inet6') return ['pseudo_header'];
  return (pdu[0] ?? 0) >> 4 === 2 ? ['message'] : ['pseudo_header', 'message', 'group_pseudo_header'];
}

// Over IPv4 the trailer is behind what VRRP sums; over IPv6 the kernel sums whatever a raw socket sends.
function covered(
  ends: Ends,
  pdu: Uint8Array,
  trailer: Uint8Array | null,
  form: ChecksumForm,
): readonly Uint8Array[] {
  const { source, destination } = ends;
  if (ipFamily(source) === 'inet6') {
    const length = pdu.length + (trailer?.length ?? 0);
    const pseudo = [ipBytes(source), ipBytes(destination), bigEndian(length, 4), bigEndian(VRRP_PROTOCOL, 4)];
    return [...pseudo, pdu, ...(trailer === null ? [] : [trailer])];
  }
  if (form === 'message') return [pdu];
  const to = form === 'group_pseudo_header' ? VRRP_GROUP4 : destination;
  return [ipBytes(source), ipBytes(to), bigEndian(VRRP_PROTOCOL, 2), bigEndian(pdu.length, 2), pdu];
}
