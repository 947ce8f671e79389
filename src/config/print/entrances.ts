import type { Ip } from '../../base/ip.ts';
import type { ServiceGroup } from '../../model/group.ts';
import type { ServiceKey } from '../../model/services.ts';
import { type AddressRange, joinAddresses } from '../address-range.ts';

export type Entrance =
  | ({ readonly kind: 'address'; readonly port: number } & AddressRange)
  | Extract<ServiceKey, { readonly kind: 'fwmark' }>;

/** The addresses and marks of a service in their order, neighbours put together. */
export function entrancesOf(members: ServiceGroup['members']): readonly Entrance[] {
  const found: Entrance[] = [];
  let run: { readonly address: Ip; readonly of: number }[] = [];
  const end = () => {
    for (const { first, count, of } of joinAddresses(run)) {
      found.push({ kind: 'address', first, count, port: of });
    }
    run = [];
  };
  for (const { key } of members) {
    if (key.kind === 'address') run.push({ address: key.address, of: key.port });
    else {
      end();
      found.push(key);
    }
  }
  end();
  return found;
}
