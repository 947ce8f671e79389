import { type Ip, ipFamily } from '../../src/base/ip.ts';
import type { Mac } from '../../src/base/mac.ts';
import type { VirtualAddress } from '../../src/model/addresses.ts';
import type { Config, InstanceConfig } from '../../src/model/config.ts';

/** Where keepalived 2.2.7 sends without peers. */
const GROUPS = { inet: '224.0.0.18' as Ip, inet6: 'ff02::12' as Ip };

/**
 * The instances of a configuration on the one interface that a machine has, whose VRIDs are then taken once, with what
 * keepalived 2.2.7 knows: it has no auth_hmac, owner_ignore_adverts and v3_checksum_as_v2, wants an address in adverts, and
 * takes no prefix length beside a peer.
 */
export function onOneInterface(config: Config, device: string): Config {
  const taken = new Set<number>();
  const instances = config.instances
    .filter(({ vrid }) => !taken.has(vrid) && taken.add(vrid))
    .filter(({ virtualAddresses }) => virtualAddresses.length > 0)
    .map((instance) => onInterface(instance, device));
  return { ...config, netNamespace: null, instances };
}

function onInterface(instance: InstanceConfig, device: string): InstanceConfig {
  const { family, vrid, transport, virtualAddresses, excludedAddresses } = instance;
  const last = vrid.toString(16).padStart(2, '0');
  const mac = `00:00:5e:00:0${family === 'inet' ? 1 : 2}:${last}` as Mac;
  // Two of a MAC address on one interface are too many for Linux.
  const vmac = instance.vmac === null ? null : { ...instance.vmac, base: device, mac };
  const place = (address: VirtualAddress): VirtualAddress => {
    const own = ipFamily(address.address) === family ? vmac?.name : undefined;
    const placed = { ...address, dev: own ?? device };
    const prefix = ipFamily(address.address) === 'inet' ? 32 : 128;
    return address.peer === null ? placed : { ...placed, prefix, broadcast: null };
  };
  return {
    ...instance,
    interface: device,
    vmac,
    // keepalived does it by itself then.
    promoteSecondaries: instance.promoteSecondaries && vmac === null,
    hmac: null,
    checksum: 'rfc5798',
    ownerIgnoresAdverts: false,
    routes: instance.routes.filter(({ nexthops }) => nexthops.length === 0),
    transport:
      transport.kind === 'unicast' && transport.peers.length === 0
        ? { kind: 'multicast', group: GROUPS[family] }
        : transport,
    virtualAddresses: virtualAddresses.map(place),
    excludedAddresses: excludedAddresses.map(place),
  };
}
