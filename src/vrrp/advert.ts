import type { Ip } from '../base/ip.ts';
import { centisToSeconds } from '../base/units.ts';
import type { InstanceConfig } from '../model/config.ts';
import { type Advert, encodeAdvert } from '../wire/vrrp.ts';
import { AUTH_TYPES, passwordData } from '../wire/vrrp-auth.ts';
import { encodeChecksum } from '../wire/vrrp-checksum.ts';
import { type Sequence, signAdvert } from './signature.ts';

/**
 * What an instance sends to the group or to one peer, from the VRRP header on (RFC 3768 §5, RFC 9568 §5). A `sequence`
 * of null sends it unsigned. `source` is of the family of the instance.
 */
export function encodeAdvertPayload(
  config: InstanceConfig,
  about: {
    readonly source: Ip;
    readonly destination: Ip;
    readonly priority: number;
    readonly sequence: Sequence | null;
  },
): Uint8Array {
  const { source, sequence } = about;
  const pdu = encodeAdvert(advertOf(config, about.priority), config.family);
  const trailer =
    config.hmac === null || sequence === null ? null : signAdvert(config.hmac, source, pdu, sequence);
  return encodeChecksum(about, pdu, trailer, config.checksum === 'rfc5798' ? 'pseudo_header' : 'message');
}

function advertOf(config: InstanceConfig, priority: number): Advert {
  const { vrid, advertInterval, authentication } = config;
  // RFC 9568 §5.2.9: the same order everywhere helps whoever reads a capture.
  const addresses = config.virtualAddresses.map((virtual) => virtual.address);
  if (config.version === 3)
    return { version: 3, vrid, priority, maxAdvertInterval: advertInterval, addresses };
  return {
    version: 2,
    vrid,
    priority,
    authType: authentication === null ? AUTH_TYPES.none : AUTH_TYPES.pass,
    advertInterval: centisToSeconds(advertInterval),
    addresses,
    authData: passwordData(authentication?.password ?? ''),
  };
}
