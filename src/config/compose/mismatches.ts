import type { Ip } from '../../base/ip.ts';
import type { InstanceConfig, ServiceConfig } from '../../model/config.ts';
import { warning } from '../diagnostic.ts';
import type { Say } from './say.ts';

/**
 * Reports services at addresses that no instance owns, and addresses that no service is at. Nothing where only one of
 * both is configured. Forwarding by nat needs an address of the director's that the servers route through, and marks
 * may stand for any address, so with either of these an address without a service is no surprise.
 */
export function sayMismatches(
  instances: readonly InstanceConfig[],
  services: readonly ServiceConfig[],
  say: Say,
): void {
  if (instances.length === 0 || services.length === 0) return;
  const owned = new Set(
    instances.flatMap(({ virtualAddresses, excludedAddresses }) =>
      [...virtualAddresses, ...excludedAddresses].map(({ address }) => address),
    ),
  );
  const served = new Set<string>();
  const homeless = new Map<string, Ip[]>();
  let mayServeMore = false;
  for (const { name, key, servers } of services) {
    if (key.kind === 'fwmark') mayServeMore = true;
    else {
      served.add(key.address);
      if (!owned.has(key.address)) homeless.set(name, [...(homeless.get(name) ?? []), key.address]);
    }
    if (servers.some(({ attrs }) => attrs.forward === 'nat')) mayServeMore = true;
  }
  for (const [name, [first, ...others]] of homeless) {
    const more = others.length === 0 ? '' : ` and ${others.length} more of its addresses`;
    const text = `no instance has ${first}${more} as a virtual address: lbd puts it on no interface`;
    say(['services', name, 'address'], warning('service_without_vip', text));
  }
  if (mayServeMore) return;
  for (const { name, virtualAddresses } of instances) {
    for (const [i, { address }] of virtualAddresses.entries()) {
      if (served.has(address)) continue;
      const text = `no service is at ${address}`;
      say(['vrrp', name, 'virtual_addresses', i], warning('vip_without_service', text));
    }
  }
}
