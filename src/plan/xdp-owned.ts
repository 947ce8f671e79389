import type { Ip } from '../base/ip.ts';
import type { XdpCounts, XdpService, XdpTable } from '../model/xdp.ts';
import type { StagedOp } from './xdp-order.ts';

/** A service after a change, and whether the maps say that it is owned. */
export type OwnedService = Pick<XdpService, 'slot' | 'key' | 'isOwned'>;

/**
 * What the program has to be told of these services, all that there are after the change, where this machine holds the
 * addresses `held`. A service is let go at once, and taken when everything else is done; in between, the counts have
 * those that were, and those that come.
 */
export function planOwned(
  { addresses, counts, services: before }: Pick<XdpTable, 'addresses' | 'counts' | 'services'>,
  services: readonly OwnedService[],
  held: ReadonlySet<Ip>,
): readonly StagedOp[] {
  const was = new Map(before.map(({ slot, isOwned }) => [slot, isOwned]));
  const unowned = services.filter(({ key }) => !held.has(key.address));
  const anyPort = services.filter(({ key }) => key.port === 0);
  const after = { unowned: unowned.length, anyPort: anyPort.length };
  const guard = {
    unowned: counts.unowned + unowned.filter(({ slot }) => was.get(slot) !== false).length,
    anyPort: counts.anyPort + anyPort.filter(({ slot }) => !was.has(slot)).length,
  };
  const staged: StagedOp[] = [...told('guard', counts, guard)];
  for (const { slot, key, isOwned } of services) {
    const owns = held.has(key.address);
    if (owns !== isOwned)
      staged.push({ stage: owns ? 'settle' : 'guard', op: { op: 'own', service: slot, isOwned: owns } });
  }
  const served = new Set(services.map(({ key }) => key.address));
  for (const address of served) {
    const isHeld = held.has(address);
    if (addresses.get(address) !== isHeld)
      staged.push({ stage: isHeld ? 'settle' : 'guard', op: { op: 'putAddress', address, isHeld } });
  }
  for (const address of addresses.keys())
    if (!served.has(address)) staged.push({ stage: 'settle', op: { op: 'deleteAddress', address } });
  return [...staged, ...told('settle', guard, after)];
}

function told(stage: 'guard' | 'settle', before: XdpCounts, counts: XdpCounts): readonly StagedOp[] {
  const isSame = before.unowned === counts.unowned && before.anyPort === counts.anyPort;
  return isSame ? [] : [{ stage, op: { op: 'setCounts', counts } }];
}
