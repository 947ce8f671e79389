import { concatBytes } from '../base/bytes.ts';
import { type Ip, ipBytes, ipFamily, ipFromBytes } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { attr, decodeAttrs, encodeAttrs, findAttr } from './netlink.ts';
import { ADDRESS_FAMILIES, numberIn } from './rtnl-route.ts';

/** linux/rtnetlink.h */
export const RTM_GETROUTE = 26;
const RTN_UNICAST = 1;
const RTA = { DST: 1, OIF: 4, GATEWAY: 5, PREFSRC: 7, VIA: 18 } as const;
const RTMSG = 12;

/** How packets of this machine get to an address. */
export interface Way {
  readonly ifindex: number;
  /** The router in between; null for an address on the link. */
  readonly gateway: Ip | null;
  /** The source address that this machine would use. */
  readonly source: Ip | null;
}

/** The payload of RTM_GETROUTE for one address. */
export function encodeWayQuestion(address: Ip): Uint8Array {
  const bytes = ipBytes(address);
  const head = new Uint8Array(RTMSG);
  head.set([ADDRESS_FAMILIES[ipFamily(address)], 8 * bytes.length]);
  return concatBytes([head, encodeAttrs([attr(RTA.DST, bytes)])]);
}

/** Reads the answer. `no_way`: the address is this machine's own, or no packet may go there. */
export function decodeWay(payload: Uint8Array): Result<Way, 'malformed' | 'no_way'> {
  if (payload.length < RTMSG) return err('malformed');
  const attrs = decodeAttrs(payload.subarray(RTMSG));
  if (!attrs.ok) return err('malformed');
  const ifindex = numberIn(attrs.value, RTA.OIF);
  if (payload[7] !== RTN_UNICAST || ifindex === null) return err('no_way');
  const addressIn = (bytes: Uint8Array | undefined): Ip | null =>
    bytes?.length === 4 || bytes?.length === 16 ? ipFromBytes(bytes) : null;
  // struct rtvia: the family in 2 bytes, then the address.
  const via = findAttr(attrs.value, RTA.VIA)?.payload.subarray(2);
  return ok({
    ifindex,
    gateway: addressIn(findAttr(attrs.value, RTA.GATEWAY)?.payload ?? via),
    source: addressIn(findAttr(attrs.value, RTA.PREFSRC)?.payload),
  });
}
