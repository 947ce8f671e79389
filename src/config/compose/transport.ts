import { type Family, type Ip, ipFamily } from '../../base/ip.ts';
import type { Transport } from '../../model/config.ts';
import { mistake } from '../diagnostic.ts';
import type { WrittenInstance } from '../schema/vrrp.ts';
import type { Say } from './say.ts';

/** Where the RFCs have adverts go (RFC 9568 §5.1.1.2, §5.1.2.2). */
export const GROUPS: Readonly<Record<Family, Ip>> = { inet: '224.0.0.18' as Ip, inet6: 'ff02::12' as Ip };

/** How adverts travel: to peers where some are given, else to the group. */
export function transportOf(written: WrittenInstance, family: Family, say: Say): Transport {
  const { unicast_peers: peers, mcast_dst_ip: group } = written;
  if (group !== undefined && ipFamily(group) !== family) {
    say(['mcast_dst_ip'], mistake('mixed_families', `${group} is not of the family of the addresses`));
  }
  if (peers === undefined && !written.unicast_fault_no_peer) {
    return { kind: 'multicast', group: group ?? GROUPS[family] };
  }
  const known = new Set<Ip>();
  for (const [i, { address }] of (peers ?? []).entries()) {
    if (ipFamily(address) !== family) {
      say(
        ['unicast_peers', i],
        mistake('mixed_families', `${address} is not of the family of the addresses`),
      );
    } else if (known.has(address)) {
      say(['unicast_peers', i], mistake('duplicate_address', `${address} is here already`));
    }
    known.add(address);
  }
  const isLimited = (peers ?? []).some((peer) => peer.isLimited);
  return {
    kind: 'unicast',
    peers: (peers ?? []).map(({ address, min_ttl: minTtl, max_ttl: maxTtl }) => ({
      address,
      minTtl,
      maxTtl,
    })),
    ttl: written.unicast_ttl,
    checkSource: written.check_unicast_src ?? isLimited,
    faultWithoutPeer: written.unicast_fault_no_peer,
  };
}
