import { dataView } from '../../base/bytes.ts';
import { type Ip, ipFamily } from '../../base/ip.ts';
import type { Protocol } from '../../model/services.ts';
import type { XdpServiceKey } from '../../model/xdp.ts';
import { decodeAddress, encodeAddress, familyNumber, familyOf } from './address.ts';
import { ADDRESS_PROTOCOL, SERVICE_KEY } from './layout.ts';

/** IANA's protocol numbers. */
export const PROTOCOLS: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 };

/** The key of a service in `service_keys`. */
export function encodeServiceKey({ address, port, protocol }: XdpServiceKey): Uint8Array {
  return encode(address, port, PROTOCOLS[protocol]);
}

/** The key under which `service_keys` says whether an address is held here. */
export const encodeAddressKey = (address: Ip): Uint8Array => encode(address, 0, ADDRESS_PROTOCOL);

/** The address of a key that is of no service, else null. */
export function decodeAddressKey(bytes: Uint8Array): Ip | null {
  if (bytes[SERVICE_KEY.at.protocol] !== ADDRESS_PROTOCOL) return null;
  return decodeAddress(familyOf(bytes[SERVICE_KEY.at.family] ?? 0), bytes, SERVICE_KEY.at.address);
}

function encode(address: Ip, port: number, protocol: number): Uint8Array {
  const bytes = new Uint8Array(SERVICE_KEY.size);
  bytes.set(encodeAddress(address), SERVICE_KEY.at.address);
  dataView(bytes).setUint16(SERVICE_KEY.at.port, port);
  bytes[SERVICE_KEY.at.protocol] = protocol;
  bytes[SERVICE_KEY.at.family] = familyNumber(ipFamily(address));
  return bytes;
}
