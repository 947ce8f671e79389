import type { Ip } from '../base/ip.ts';

export const VRRP_PROTOCOL = 112;
/** RFC 9568 §5.1.1.2. */
export const VRRP_GROUP4 = '224.0.0.18' as Ip;
/** RFC 9568 §5.1.2.2. */
export const VRRP_GROUP6 = 'ff02::12' as Ip;
/** TTL and hop limit of what must come from the same link (RFC 9568 §5.1.1.3, §5.1.2.3). */
export const VRRP_TTL = 255;
/** Internetwork control, the precedence of routing protocols (RFC 791 §3.1); the traffic class of IPv6 too. */
export const VRRP_TOS = 0xc0;
/** Priority of a master that resigns (RFC 9568 §5.2.4). */
export const PRIORITY_RESIGN = 0;
/** Priority of the router that owns the addresses (RFC 9568 §5.2.4). */
export const PRIORITY_OWNER = 255;
