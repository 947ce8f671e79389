import type { VirtualAddress } from '../model/addresses.ts';
import type { InstanceConfig } from '../model/config.ts';
import type { RouteConfig, RuleConfig } from '../model/routes.ts';

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

/** What makes a virtual router the same one: with another of these it is stopped, and started anew. */
export const routerKey = ({ interface: dev, family, vrid, vmac }: RouterKey): string =>
  `${dev} ${family} ${vrid} ${vmac?.name ?? ''}`;

export type RouterKey = Pick<InstanceConfig, 'interface' | 'family' | 'vrid' | 'vmac'>;

/** The interface that adverts go out of and come in by. */
export function carrierOf({
  interface: dev,
  vmac,
  transport,
}: Pick<InstanceConfig, 'interface' | 'vmac' | 'transport'>): string {
  // Unicast adverts are addressed to the base interface, and only that one receives them.
  return vmac === null || vmac.transmitsOnBase || transport.kind === 'unicast' ? dev : vmac.name;
}

/** Everything that is on the machine while an instance is master. */
export interface Belongings {
  readonly addresses: readonly VirtualAddress[];
  readonly routes: readonly RouteConfig[];
  readonly rules: readonly RuleConfig[];
}

export const addressesOf = (config: InstanceConfig): readonly VirtualAddress[] => [
  ...config.virtualAddresses,
  ...config.excludedAddresses,
];

export const belongingsOf = (config: InstanceConfig): Belongings => ({
  addresses: addressesOf(config),
  routes: config.routes,
  rules: config.rules,
});

/** What a master has to take off and put on when its settings change. A changed object is both. */
export function planBelongings(
  before: Belongings,
  after: Belongings,
): { readonly remove: Belongings; readonly add: Belongings } {
  const routes = difference(before.routes, after.routes);
  const rules = difference(before.rules, after.rules);
  const addresses = difference(before.addresses, after.addresses);
  return {
    remove: { addresses: addresses.gone, routes: routes.gone, rules: rules.gone },
    add: { addresses: addresses.come, routes: routes.come, rules: rules.come },
  };
}

function difference<T>(before: readonly T[], after: readonly T[]) {
  const had = new Set(before.map((one) => JSON.stringify(one)));
  const wants = new Set(after.map((one) => JSON.stringify(one)));
  return {
    gone: before.filter((one) => !wants.has(JSON.stringify(one))),
    come: after.filter((one) => !had.has(JSON.stringify(one))),
  };
}
