import { type AddressKey, addressKey, type VirtualAddress } from '../model/addresses.ts';
import type { InstanceConfig } from '../model/config.ts';

/** How a set of running instances becomes another one. */
export interface InstanceChanges {
  readonly stop: readonly InstanceConfig[];
  /** Same virtual router under new settings: its state carries over. */
  readonly keep: readonly { readonly before: InstanceConfig; readonly after: InstanceConfig }[];
  readonly start: readonly InstanceConfig[];
}

/** A virtual router is its interface and VRID: a renamed instance is kept, a moved one is stopped and started. */
export function planInstances(
  running: readonly InstanceConfig[],
  desired: readonly InstanceConfig[],
): InstanceChanges {
  const before = new Map(running.map((config) => [routerKey(config), config]));
  const after = new Map(desired.map((config) => [routerKey(config), config]));
  return {
    stop: running.filter((config) => !after.has(routerKey(config))),
    keep: desired.flatMap((config) => {
      const old = before.get(routerKey(config));
      return old === undefined ? [] : [{ before: old, after: config }];
    }),
    start: desired.filter((config) => !before.has(routerKey(config))),
  };
}

export const routerKey = (config: Pick<InstanceConfig, 'interface' | 'vrid'>): string =>
  `${config.interface} ${config.vrid}`;

/** What a master has to take off and put on when its address list changes. A changed attribute is both. */
export function planAddresses(
  before: readonly VirtualAddress[],
  after: readonly VirtualAddress[],
): { readonly remove: readonly AddressKey[]; readonly add: readonly VirtualAddress[] } {
  const had = new Map(before.map((address) => [addressKey(address), address]));
  const wants = new Map(after.map((address) => [addressKey(address), address]));
  const same = (a: VirtualAddress, b: VirtualAddress | undefined) =>
    b !== undefined && a.scope === b.scope && a.label === b.label && a.broadcast === b.broadcast;
  return {
    remove: before.filter((address) => !same(address, wants.get(addressKey(address)))),
    add: after.filter((address) => !same(address, had.get(addressKey(address)))),
  };
}
