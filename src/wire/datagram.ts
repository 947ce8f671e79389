import type { Ip } from '../base/ip.ts';

/** The payload of an IP datagram and what of its header matters to VRRP. Both addresses are of one family. */
export interface Datagram {
  readonly source: Ip;
  readonly destination: Ip;
  /** TTL, or hop limit. */
  readonly ttl: number;
  readonly payload: Uint8Array;
}
