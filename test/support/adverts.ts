import type { InstanceConfig } from '../../src/model/config.ts';
import { encodeAdvertPayload } from '../../src/vrrp/advert.ts';
import type { Datagram } from '../../src/wire/datagram.ts';
import { VRRP_GROUP4, VRRP_TTL } from '../../src/wire/vrrp.ts';
import { instanceConfig, ip } from './instances.ts';

/** An advert as another router of the same virtual router multicasts it. */
export function advertFrom(source: string, priority: number, over: Partial<InstanceConfig> = {}): Datagram {
  const from = { source: ip(source), destination: VRRP_GROUP4 };
  const payload = encodeAdvertPayload(instanceConfig(over), { ...from, priority, sequence: null });
  return { ...from, ttl: VRRP_TTL, payload };
}
