import { type Ip, ipBytes } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type Centis, centis } from '../base/units.ts';
import type { InstanceConfig, Peer } from '../model/config.ts';
import type { Refusal } from '../model/counters.ts';
import type { Datagram } from '../wire/datagram.ts';
import {
  type Advert,
  type AdvertV2,
  type DecodedAdvert,
  decodeAdvert,
  PRIORITY_OWNER,
  peekVrid,
  VRRP_TTL,
} from '../wire/vrrp.ts';
import { AUTH_TYPES, passwordData } from '../wire/vrrp-auth.ts';
import type { ChecksumForm } from '../wire/vrrp-checksum.ts';

/** An advert that is whole and well formed, whoever it is for. A signature has not been looked at. */
export interface ReceivedAdvert extends DecodedAdvert {
  readonly source: Ip;
  readonly destination: Ip;
  readonly ttl: number;
}

/** An advert that may change what an instance does. */
export interface AcceptedAdvert {
  readonly source: Ip;
  readonly priority: number;
  /** The sender's. */
  readonly advertInterval: Centis;
  /** Its sender is one of those that the configuration names, or it names nobody (multicast). */
  readonly isExpected: boolean;
  /** Its address list is not ours: worth telling, not a reason to refuse it. */
  readonly addressListDiffers: boolean;
  /** Its interval is not ours (VRRPv3 only): worth telling too. */
  readonly intervalDiffers: boolean;
  readonly checksumForm: ChecksumForm;
}

export interface EarlyRefusal {
  readonly refusal: Refusal;
  readonly source: Ip;
  /** The VRID that the message seems to be for, where that much can be read. */
  readonly vrid: number | null;
}

/**
 * The checks that need no configuration (RFC 9568 §7.1, RFC 3768 §7.1): a known version, type, length and checksum.
 * Total: any bytes give an answer.
 */
export function readAdvert(datagram: Datagram): Result<ReceivedAdvert, EarlyRefusal> {
  const { source, destination, ttl, payload } = datagram;
  const decoded = decodeAdvert(datagram);
  if (!decoded.ok) return err({ refusal: decoded.error, source, vrid: peekVrid(payload) });
  return ok({ source, destination, ttl, ...decoded.value });
}

/**
 * The checks of RFC 9568 §7.1 and RFC 3768 §7.1 against an instance, for an advert whose VRID is the instance's and
 * which came in on its interface. A signature is verified afterwards, with `verifySignature`.
 */
export function acceptAdvert(
  config: InstanceConfig,
  localAddress: Ip,
  received: ReceivedAdvert,
): Result<AcceptedAdvert, Refusal> {
  const { source, advert, checksumForm } = received;
  const refusal = refuseTransport(config, received) ?? refuseSender(config, localAddress, received);
  if (refusal !== null) return err(refusal);
  // RFC 9568 §5.2.5, erratum 8299: a count of 0 MUST be ignored; RFC 3768 is silent and has no use for such an advert.
  if (advert.addresses.length === 0) return err('count');
  // deviates: RFC 9568 §5.2.9, erratum 8300 wants a link-local address first over IPv6. keepalived sends whatever it is
  // configured with, so refusing others would make two masters.
  if (advert.version === 2) {
    const wrong = refuseAuthentication(config, advert);
    if (wrong !== null) return err(wrong);
  }
  const advertInterval = intervalOf(advert);
  const intervalDiffers = advertInterval !== config.advertInterval;
  // RFC 3768 §7.1: MUST discard when the Adver Interval is not the locally configured one. RFC 9568 §7.1: MUST NOT
  // discard, SHOULD log; erratum 8301 excludes 0, which would make a backup take over at once.
  if (advert.version === 2 ? intervalDiffers : advertInterval === 0) return err('interval');
  // deviates: RFC 3768 §7.1 drops a list that differs unless the sender owns the addresses. Adding an address
  // on one router would then make two masters, so the difference is reported instead, as RFC 9568 §7.1 has it.
  const ours = config.virtualAddresses.map((virtual) => virtual.address);
  const addressListDiffers = !sameSet(ours, advert.addresses);
  return ok({
    source,
    priority: advert.priority,
    advertInterval,
    isExpected: config.transport.kind === 'multicast' || peerOf(config, source) !== null,
    addressListDiffers,
    intervalDiffers,
    checksumForm,
  });
}

function refuseTransport(config: InstanceConfig, received: ReceivedAdvert): Refusal | null {
  const { source, destination, ttl, advert } = received;
  const { transport } = config;
  if (transport.kind === 'multicast') {
    if (destination !== transport.group) return 'destination';
    // RFC 9568 §7.1: MUST verify that the IPvX TTL/Hop Limit is 255, which keeps out senders that are not on the link.
    if (ttl !== VRRP_TTL) return 'ttl';
  } else {
    if (isMulticast(destination)) return 'destination';
    // deviates: RFC 9568 §7.1 on the TTL. Unicast peers, which the RFC does not have, may be some hops away, so the
    // limits are theirs.
    const peer = peerOf(config, source);
    if (peer !== null && (ttl < peer.minTtl || ttl > peer.maxTtl)) return 'ttl';
  }
  return advert.version === config.version ? null : 'version';
}

function refuseSender(config: InstanceConfig, localAddress: Ip, { source }: ReceivedAdvert): Refusal | null {
  const { transport } = config;
  const mustBePeer = transport.kind === 'unicast' && (transport.checkSource || config.hmac !== null);
  if (mustBePeer && peerOf(config, source) === null) return 'source';
  if (config.allowedSources?.includes(source) === false) return 'source';
  if (source === localAddress) return 'self';
  // deviates: RFC 3768 §7.1 and RFC 9568 §7.1 have an owner discard what it hears. Erratum 8298 has it processed, so
  // that two owners settle who is master; the configuration chooses, for either version.
  return config.priority === PRIORITY_OWNER && config.ownerIgnoresAdverts ? 'owner' : null;
}

// RFC 2338 §5.3.6, RFC 3768 §5.3.6: the type must be ours; the data of type 0 is ignored. IPv6 has no data.
function refuseAuthentication({ authentication, family }: InstanceConfig, advert: AdvertV2): Refusal | null {
  const authType = authentication === null ? AUTH_TYPES.none : AUTH_TYPES.pass;
  if (advert.authType !== authType) return 'auth_type';
  if (authentication === null || family === 'inet6') return null;
  return equal(advert.authData, passwordData(authentication.password)) ? null : 'auth';
}

function intervalOf(advert: Advert): Centis {
  return advert.version === 2 ? centis(advert.advertInterval * 100) : advert.maxAdvertInterval;
}

function peerOf({ transport }: InstanceConfig, source: Ip): Peer | null {
  if (transport.kind === 'multicast') return null;
  return transport.peers.find((peer) => peer.address === source) ?? null;
}

function isMulticast(address: Ip): boolean {
  const [first = 0, ...rest] = ipBytes(address);
  return rest.length === 3 ? first >> 4 === 0xe : first === 0xff;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function sameSet(a: readonly Ip[], b: readonly Ip[]): boolean {
  const left = new Set(a);
  const right = new Set(b);
  return left.size === right.size && [...left].every((address) => right.has(address));
}
