import { type Ip, ipFamily } from '../../base/ip.ts';
import type { VirtualAddress } from '../../model/addresses.ts';
import type { WrittenAddress } from '../schema/virtual-address.ts';
import { subnetAddress } from '../subnet.ts';

/** `device` is where an address goes that names no interface. */
export function virtualAddressOf(written: WrittenAddress, device: string): VirtualAddress {
  const { address: subnet, scope, label = null, broadcast, peer = null, flags, no_track } = written;
  return {
    ...subnet,
    dev: written.dev ?? device,
    scope,
    label,
    broadcast:
      broadcast === undefined ? null : isHostBits(broadcast) ? subnetAddress(subnet, broadcast) : broadcast,
    peer,
    flags,
    preferredLifetime: lifetimeOf(written),
    noTrack: no_track,
  };
}

/** An IPv6 address that is no more than itself is no source of connections (RFC 3484, as keepalived sets it). */
function lifetimeOf({ preferred_lft: lifetime, address }: WrittenAddress): number | null {
  if (lifetime !== undefined) return lifetime === 'forever' ? null : lifetime;
  return ipFamily(address.address) === 'inet6' && address.prefix === 128 ? 0 : null;
}

const isHostBits = (broadcast: '+' | '-' | Ip): broadcast is '+' | '-' =>
  broadcast === '+' || broadcast === '-';
