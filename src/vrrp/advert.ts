import type { Ip } from '../base/ip.ts';
import { centisToSeconds } from '../base/units.ts';
import type { InstanceConfig } from '../model/config.ts';
import { encodeIpv4 } from '../wire/ipv4.ts';
import {
  AUTH_TYPES,
  encodeAdvert,
  passwordData,
  VRRP_GROUP4,
  VRRP_PROTOCOL,
  VRRP_TOS,
  VRRP_TTL,
} from '../wire/vrrp.ts';

/** The advert of an instance from its IPv4 header on, as it goes to 224.0.0.18 (RFC 3768 §5). */
export function encodeAdvertDatagram(config: InstanceConfig, source: Ip, priority: number): Uint8Array {
  const payload = encodeAdvert({
    version: 2,
    vrid: config.vrid,
    priority,
    authType: config.authentication === null ? AUTH_TYPES.none : AUTH_TYPES.pass,
    advertInterval: centisToSeconds(config.advertInterval),
    addresses: config.virtualAddresses.map((virtual) => virtual.address),
    authData: passwordData(config.authentication?.password ?? ''),
  });
  return encodeIpv4({
    source,
    destination: VRRP_GROUP4,
    ttl: VRRP_TTL,
    protocol: VRRP_PROTOCOL,
    tos: VRRP_TOS,
    payload,
  });
}
