import type { Ip } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { centisToSeconds } from '../base/units.ts';
import type { InstanceConfig } from '../model/config.ts';
import type { Refusal } from '../model/counters.ts';
import { decodeIpv4 } from '../wire/ipv4.ts';
import {
  type Advert,
  AUTH_TYPES,
  decodeAdvert,
  PRIORITY_OWNER,
  passwordData,
  peekVrid,
  VRRP_GROUP4,
  VRRP_PROTOCOL,
  VRRP_TTL,
} from '../wire/vrrp.ts';

/** An advert that is whole and well formed, whoever it is for. */
export interface ReceivedAdvert {
  readonly source: Ip;
  readonly advert: Advert;
}

/** An advert that may change what an instance does. */
export interface AcceptedAdvert {
  readonly source: Ip;
  readonly priority: number;
  /** Its address list is not ours: worth telling, not a reason to refuse it. */
  readonly addressListDiffers: boolean;
}

export interface EarlyRefusal {
  readonly refusal: Refusal;
  readonly source: Ip | null;
  /** The VRID that the message seems to be for, where that much can be read. */
  readonly vrid: number | null;
}

/**
 * The checks that need no configuration, in the order of RFC 3768 §7.1, on a datagram from its IP header on.
 * Total: any bytes give an answer.
 */
export function readAdvert(datagram: Uint8Array): Result<ReceivedAdvert, EarlyRefusal> {
  const ip = decodeIpv4(datagram);
  if (!ip.ok) return err({ refusal: ip.error, source: null, vrid: null });
  const { source, destination, ttl, protocol, payload } = ip.value;
  const refuse = (refusal: Refusal) => err({ refusal, source, vrid: peekVrid(payload) });
  if (protocol !== VRRP_PROTOCOL) return refuse('ip_header');
  if (destination !== VRRP_GROUP4) return refuse('destination');
  // RFC 3768 §7.1: MUST verify that the IP TTL is 255, which keeps out senders that are not on the link.
  if (ttl !== VRRP_TTL) return refuse('ttl');
  const advert = decodeAdvert(payload);
  return advert.ok ? ok({ source, advert: advert.value }) : refuse(advert.error);
}

/** The checks of RFC 3768 §7.1 against an instance, for an advert whose VRID is the instance's. */
export function acceptAdvert(
  config: InstanceConfig,
  localAddress: Ip,
  { source, advert }: ReceivedAdvert,
): Result<AcceptedAdvert, Refusal> {
  if (source === localAddress) return err('self');
  // RFC 3768 §7.1: MUST verify that the local router is not the IP Address owner.
  if (config.priority === PRIORITY_OWNER) return err('owner');
  // RFC 9568 §5.2.5: a count of 0 MUST be ignored; RFC 3768 is silent and has no use for such an advert.
  if (advert.addresses.length === 0) return err('count');
  const authType = config.authentication === null ? AUTH_TYPES.none : AUTH_TYPES.pass;
  if (advert.authType !== authType) return err('auth_type');
  if (
    config.authentication !== null &&
    !equal(advert.authData, passwordData(config.authentication.password))
  ) {
    return err('auth');
  }
  // RFC 3768 §7.1: MUST discard when the Adver Interval is not the locally configured one.
  if (advert.advertInterval !== centisToSeconds(config.advertInterval)) return err('interval');
  // deviates: RFC 3768 §7.1 drops a list that differs unless the sender owns the addresses. Adding an address
  // on one router would then make two masters, so the difference is reported instead, as RFC 9568 §7.1 has it.
  const ours = config.virtualAddresses.map((virtual) => virtual.address);
  return ok({ source, priority: advert.priority, addressListDiffers: !sameSet(ours, advert.addresses) });
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function sameSet(a: readonly Ip[], b: readonly Ip[]): boolean {
  const left = new Set(a);
  const right = new Set(b);
  return left.size === right.size && [...left].every((address) => right.has(address));
}
