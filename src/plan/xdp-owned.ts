import type { Ip } from '../base/ip.ts';
import type { XdpCounts, XdpService, XdpTable } from '../model/xdp.ts';
import type { StagedWrites } from './xdp-order.ts';

/** What the program is told of services beside themselves. */
export type Owned = Pick<XdpTable, 'services' | 'addresses' | 'counts'>;

/**
 * Adds the writes that tell the program of these services, all that there are after the change, where this machine
 * holds the addresses `held`; gives what it knows then. A service is let go at once, and taken when everything else is
 * done; in between, the counts have those that were, and those that come.
 */
export function planOwned(
  { addresses, counts, services: before }: Owned,
  services: readonly XdpService[],
  held: ReadonlySet<Ip>,
  writes: StagedWrites,
): Owned {
  const was = new Map(before.map(({ slot, isOwned }) => [slot, isOwned]));
  const unowned = services.filter(({ key }) => !held.has(key.address));
  const anyPort = services.filter(({ key }) => key.port === 0);
  const after = { unowned: unowned.length, anyPort: anyPort.length };
  const guard = {
    unowned: counts.unowned + unowned.filter(({ slot }) => was.get(slot) !== false).length,
    anyPort: counts.anyPort + anyPort.filter(({ slot }) => !was.has(slot)).length,
  };
  tell(writes, 'guard', counts, guard);
  const served = new Map<Ip, boolean>();
  const told = services.map((service) => {
    const { slot, key } = service;
    const isOwned = held.has(key.address);
    served.set(key.address, isOwned);
    if (isOwned === service.isOwned) return service;
    writes.add(isOwned ? 'settle' : 'guard', { op: 'own', service: slot, isOwned });
    return { ...service, isOwned };
  });
  for (const [address, isHeld] of served)
    if (addresses.get(address) !== isHeld)
      writes.add(isHeld ? 'settle' : 'guard', { op: 'putAddress', address, isHeld });
  for (const address of addresses.keys())
    if (!served.has(address)) writes.add('settle', { op: 'deleteAddress', address });
  tell(writes, 'settle', guard, after);
  return { services: told, addresses: served, counts: after };
}

function tell(writes: StagedWrites, stage: 'guard' | 'settle', before: XdpCounts, counts: XdpCounts): void {
  const isSame = before.unowned === counts.unowned && before.anyPort === counts.anyPort;
  if (!isSame) writes.add(stage, { op: 'setCounts', counts });
}
