import { dataView } from '../base/bytes.ts';
import { type Ip, ipBytes, ipFamily, ipFromBytes } from '../base/ip.ts';
import { type Mac, macBytes, macFromBytes } from '../base/mac.ts';
import { err, ok, type Result } from '../base/result.ts';
import {
  ADDRESS_FLAGS,
  ADDRESS_SCOPES,
  type InterfaceAddress,
  type Link,
  type Macvlan,
  type VirtualAddress,
} from '../model/addresses.ts';
import {
  type Attr,
  attr,
  attrNumber,
  attrText,
  decodeAttrs,
  encodeAttrs,
  findAttr,
  nestedAttr,
  textAttr,
} from './netlink.ts';

/** linux/rtnetlink.h: message types. */
export const RTM = { NEWLINK: 16, DELLINK: 17, GETLINK: 18, NEWADDR: 20, DELADDR: 21, GETADDR: 22 } as const;
/** linux/rtnetlink.h: multicast groups. */
export const RTNLGRP = { LINK: 1, IPV4_IFADDR: 5, IPV6_IFADDR: 9 } as const;

export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_UNSPEC = 0;
/** linux/if.h */
const IFF_UP = 0x1;
const IFF_RUNNING = 0x40;
/** linux/if_link.h, linux/if_addr.h */
const IFLA = { ADDRESS: 1, IFNAME: 3, MTU: 4, LINK: 5, LINKINFO: 18 } as const;
const IFLA_INFO = { KIND: 1, DATA: 2 } as const;
const IFLA_MACVLAN_MODE = 1;
const MACVLAN_MODE_PRIVATE = 1;
const IFA = { ADDRESS: 1, LOCAL: 2, LABEL: 3, BROADCAST: 4, CACHEINFO: 6, FLAGS: 8, PROTO: 11 } as const;
const IFA_F_SECONDARY = 0x01;
const IFA_F_NODAD = ADDRESS_FLAGS.nodad;
const IFA_F_DADFAILED = 0x08;
const IFA_F_TENTATIVE = 0x40;
const FOREVER = 0xffffffff;

/**
 * Marks the addresses that VRRP put on an interface (IFA_PROTO, linux/if_addr.h): rtnetlink's number for
 * keepalived, whose place we take. Kernels before 5.18 ignore it.
 */
const PROTO_VRRP = 18;

const IFINFOMSG = 16;
const IFADDRMSG = 8;

/** The payload of RTM_NEWLINK for a private macvlan over the interface `base` (linux/if_link.h). */
export function encodeMacvlan(name: string, base: number, mac: Mac): Uint8Array {
  const data = nestedAttr(IFLA_INFO.DATA, [attr(IFLA_MACVLAN_MODE, words(MACVLAN_MODE_PRIVATE))]);
  const tail = encodeAttrs([
    textAttr(IFLA.IFNAME, name),
    attr(IFLA.LINK, words(base)),
    attr(IFLA.ADDRESS, macBytes(mac)),
    nestedAttr(IFLA.LINKINFO, [textAttr(IFLA_INFO.KIND, 'macvlan'), data]),
  ]);
  const payload = new Uint8Array(IFINFOMSG + tail.length);
  payload.set(tail, IFINFOMSG);
  return payload;
}

/** The payload of RTM_NEWLINK that sets an interface up. */
export function encodeLinkUp(ifindex: number): Uint8Array {
  const payload = encodeLinkKey(ifindex);
  const view = dataView(payload);
  view.setUint32(8, IFF_UP, true);
  view.setUint32(12, IFF_UP, true);
  return payload;
}

/** The payload of RTM_DELLINK for one interface. */
export function encodeLinkKey(ifindex: number): Uint8Array {
  const payload = new Uint8Array(IFINFOMSG);
  dataView(payload).setInt32(4, ifindex, true);
  return payload;
}

/** The payload of a request to dump every link. */
export const encodeLinkDump = (): Uint8Array => new Uint8Array(IFINFOMSG);

/** The payload of a request to dump every address of a family (0 for all). */
export function encodeAddressDump(family: number): Uint8Array {
  const payload = new Uint8Array(IFADDRMSG);
  payload[0] = family;
  return payload;
}

/**
 * The payload of RTM_NEWADDR and RTM_DELADDR for one address (struct ifaddrmsg, linux/if_addr.h).
 *
 * ```
 *  1 family   1 prefix length   1 flags   1 scope   4 interface index   attributes
 * ```
 *
 * IPv6 addresses are added without duplicate address detection: the peer that gives one up may still hold it for a moment,
 * and the address would be unusable for a second, or for good. `lifetime` is in seconds, null for ever.
 */
export function encodeAddress(
  of: Omit<VirtualAddress, 'dev' | 'noTrack'>,
  ifindex: number,
  lifetime: number | null,
): Uint8Array {
  const isIpv6 = ipFamily(of.address) === 'inet6';
  const own = ipBytes(of.address);
  const attrs = [
    attr(IFA.LOCAL, own),
    attr(IFA.ADDRESS, of.peer === null ? own : ipBytes(of.peer)),
    attr(IFA.PROTO, Uint8Array.of(PROTO_VRRP)),
  ];
  if (of.broadcast !== null && !isIpv6) attrs.push(attr(IFA.BROADCAST, ipBytes(of.broadcast)));
  if (of.label !== null && !isIpv6) attrs.push(textAttr(IFA.LABEL, of.label));
  const flags = of.flags.reduce((all, flag) => all | ADDRESS_FLAGS[flag], isIpv6 ? IFA_F_NODAD : 0);
  if (flags !== 0) attrs.push(attr(IFA.FLAGS, words(flags)));
  if (of.preferredLifetime !== null || lifetime !== null) {
    const valid = lifetime ?? FOREVER;
    // struct ifa_cacheinfo: preferred, valid, created, updated.
    attrs.push(attr(IFA.CACHEINFO, words(Math.min(of.preferredLifetime ?? valid, valid), valid, 0, 0)));
  }
  const tail = encodeAttrs(attrs);
  const payload = new Uint8Array(IFADDRMSG + tail.length);
  payload.set([isIpv6 ? AF_INET6 : AF_INET, of.prefix, 0, ADDRESS_SCOPES[of.scope]]);
  dataView(payload).setUint32(4, ifindex, true);
  payload.set(tail, IFADDRMSG);
  return payload;
}

function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  for (const [i, value] of values.entries()) dataView(bytes).setUint32(4 * i, value, true);
  return bytes;
}

/** Reads RTM_NEWLINK or RTM_DELLINK (struct ifinfomsg, linux/rtnetlink.h). */
export function decodeLink(payload: Uint8Array): Result<Link, 'malformed'> {
  if (payload.length < IFINFOMSG) return err('malformed');
  const view = dataView(payload);
  const attrs = decodeAttrs(payload.subarray(IFINFOMSG));
  if (!attrs.ok) return err('malformed');
  const name = findAttr(attrs.value, IFLA.IFNAME);
  if (name === undefined) return err('malformed');
  const mac = findAttr(attrs.value, IFLA.ADDRESS);
  const mtu = findAttr(attrs.value, IFLA.MTU);
  const flags = view.getUint32(8, true);
  return ok({
    ifindex: view.getInt32(4, true),
    name: attrText(name),
    mac: mac?.payload.length === 6 ? macFromBytes(mac.payload) : null,
    running: (flags & IFF_UP) !== 0 && (flags & IFF_RUNNING) !== 0,
    mtu: Number((mtu && attrNumber(mtu)) ?? 0),
    macvlan: decodeMacvlan(attrs.value),
  });
}

function decodeMacvlan(attrs: readonly Attr[]): Macvlan | null {
  const base = findAttr(attrs, IFLA.LINK);
  const info = nested(findAttr(attrs, IFLA.LINKINFO));
  const kind = findAttr(info, IFLA_INFO.KIND);
  if (base === undefined || kind === undefined || attrText(kind) !== 'macvlan') return null;
  const mode = findAttr(nested(findAttr(info, IFLA_INFO.DATA)), IFLA_MACVLAN_MODE);
  return {
    base: Number(attrNumber(base) ?? 0),
    isPrivate: mode !== undefined && attrNumber(mode) === BigInt(MACVLAN_MODE_PRIVATE),
  };
}

function nested(attribute: Attr | undefined): readonly Attr[] {
  const inner = attribute === undefined ? null : decodeAttrs(attribute.payload);
  return inner?.ok === true ? inner.value : [];
}

/** Reads RTM_NEWADDR or RTM_DELADDR. The local address where there is one, else the (peer's) address. */
export function decodeAddress(payload: Uint8Array): Result<InterfaceAddress, 'malformed'> {
  if (payload.length < IFADDRMSG) return err('malformed');
  const view = dataView(payload);
  const attrs = decodeAttrs(payload.subarray(IFADDRMSG));
  if (!attrs.ok) return err('malformed');
  const local = findAttr(attrs.value, IFA.LOCAL) ?? findAttr(attrs.value, IFA.ADDRESS);
  if (local === undefined || (local.payload.length !== 4 && local.payload.length !== 16))
    return err('malformed');
  // IFA_FLAGS holds all 32 flags; the header only the first 8.
  const wide = findAttr(attrs.value, IFA.FLAGS);
  const flags = Number((wide && attrNumber(wide)) ?? view.getUint8(2));
  const proto = findAttr(attrs.value, IFA.PROTO);
  const cache = findAttr(attrs.value, IFA.CACHEINFO);
  return ok({
    ifindex: view.getInt32(4, true),
    address: ipFromBytes(local.payload) as Ip,
    prefix: view.getUint8(1),
    secondary: (flags & IFA_F_SECONDARY) !== 0,
    scope: view.getUint8(3),
    usable: (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) === 0,
    ...(cache?.payload.length === 16 ? decodeLifetime(cache.payload) : { lifetime: null, setAt: null }),
    isByVrrp: proto !== undefined && attrNumber(proto) === BigInt(PROTO_VRRP),
  });
}

/** struct ifa_cacheinfo (linux/if_addr.h). */
function decodeLifetime(bytes: Uint8Array) {
  const view = dataView(bytes);
  const valid = view.getUint32(4, true);
  return { lifetime: valid === FOREVER ? null : valid, setAt: view.getUint32(12, true) };
}
