import { concatBytes, dataView } from '../base/bytes.ts';
import { type Ip, ipBytes, ipFamily, ipFromBytes } from '../base/ip.ts';
import { type Mac, macFromBytes } from '../base/mac.ts';
import { err, ok, type Result } from '../base/result.ts';
import { attr, decodeAttrs, encodeAttrs, findAttr } from './netlink.ts';
import { ADDRESS_FAMILIES } from './rtnl-route.ts';

/** linux/rtnetlink.h: message types, and the multicast group. */
export const RTM_NEIGH = { NEW: 28, DEL: 29, GET: 30 } as const;
export const RTNLGRP_NEIGH = 3;

/** linux/neighbour.h: nda_type, ndm_state, ndm_flags. */
const NDA = { DST: 1, LLADDR: 2 } as const;
const NUD = { INCOMPLETE: 0x01, FAILED: 0x20, NOARP: 0x40, PERMANENT: 0x80 } as const;
const NTF_USE = 0x01;
const NDMSG = 12;

export interface NeighbourKey {
  readonly ifindex: number;
  readonly address: Ip;
}

/** What the kernel knows of a host on a link. */
export interface Neighbour extends NeighbourKey {
  /** Null while it is being asked for, and where it has no Ethernet address. */
  readonly mac: Mac | null;
  /** It has been asked, and did not answer. */
  readonly hasFailed: boolean;
  /** It is where somebody said that it is, and is not to be asked. */
  readonly isFixed: boolean;
}

/** The payload of a request to dump every neighbour of both families. */
export const encodeNeighbourDump = (): Uint8Array => new Uint8Array(NDMSG);

/**
 * The payload of an RTM_NEWNEIGH that has the kernel find out where a neighbour is, as if there were a packet for it
 * (struct ndmsg, linux/neighbour.h). Not for those that are fixed: they would not be any more (__neigh_update in
 * net/core/neighbour.c).
 *
 * ```
 *  1 family   3 padding   4 interface index   2 state   1 flags   1 type   attributes
 * ```
 */
export function encodeNeighbourUse({ ifindex, address }: NeighbourKey): Uint8Array {
  const head = new Uint8Array(NDMSG);
  head[0] = ADDRESS_FAMILIES[ipFamily(address)];
  dataView(head).setInt32(4, ifindex, true);
  head[10] = NTF_USE;
  return concatBytes([head, encodeAttrs([attr(NDA.DST, ipBytes(address))])]);
}

/** Reads RTM_NEWNEIGH and RTM_DELNEIGH; `family` where it is of neither IPv4 nor IPv6 (a bridge's). */
export function decodeNeighbour(payload: Uint8Array): Result<Neighbour, 'malformed' | 'family'> {
  if (payload.length < NDMSG) return err('malformed');
  const length = { [ADDRESS_FAMILIES.inet]: 4, [ADDRESS_FAMILIES.inet6]: 16 }[payload[0] ?? 0];
  if (length === undefined) return err('family');
  const attrs = decodeAttrs(payload.subarray(NDMSG));
  if (!attrs.ok) return err('malformed');
  const address = findAttr(attrs.value, NDA.DST)?.payload;
  if (address?.length !== length) return err('malformed');
  const mac = findAttr(attrs.value, NDA.LLADDR)?.payload;
  const view = dataView(payload);
  const state = view.getUint16(8, true);
  const isKnown = (state & (NUD.INCOMPLETE | NUD.FAILED)) === 0 && state !== 0;
  return ok({
    ifindex: view.getInt32(4, true),
    address: ipFromBytes(address),
    mac: isKnown && mac?.length === 6 ? macFromBytes(mac) : null,
    hasFailed: (state & NUD.FAILED) !== 0,
    isFixed: (state & (NUD.NOARP | NUD.PERMANENT)) !== 0,
  });
}
