import type { InstanceConfig, ServiceConfig, VmacConfig } from '../../model/config.ts';
import { destKey, serviceKey } from '../../model/services.ts';
import { type ConfigCode, mistake } from '../diagnostic.ts';
import type { Path } from '../path.ts';
import { sayReservedName } from './reserved-name.ts';
import { once, type Say, under } from './say.ts';

interface Claim {
  /** What only one may have. */
  readonly of: string;
  readonly path: Path;
  /** What to say of the second; the path of the first is added. */
  readonly taken: string;
}

/**
 * Reports whatever two parts of a configuration both claim, at the second of them; gateways that are virtual addresses;
 * and names of instances that commands have for something else.
 */
export function sayConflicts(
  instances: readonly InstanceConfig[],
  services: readonly ServiceConfig[],
  say: Say,
  show: (path: Path) => string,
): void {
  claimOnce('duplicate_vrid', instances.map(vrid), say, show);
  claimOnce('duplicate_address', instances.flatMap(addresses), say, show);
  claimOnce('conflicting_keys', instances.flatMap(vmacs), say, show);
  sayOwnGateways(instances, say, show);
  for (const { name } of instances) sayReservedName(name, under(say, 'vrrp', name));
  claimOnce('duplicate_service', services.map(keys), say, show);
  // A service at several addresses says it at each of them.
  const sayOnce = once(say);
  for (const service of services) claimOnce('duplicate_server', servers(service), sayOnce, show);
}

function claimOnce(code: ConfigCode, claims: readonly Claim[], say: Say, show: (path: Path) => string) {
  const first = new Map<string, Claim>();
  for (const claim of claims) {
    const before = first.get(claim.of);
    if (before === undefined) first.set(claim.of, claim);
    else say(claim.path, mistake(code, `${claim.taken} by ${show(before.path)}`));
  }
}

const vrid = ({ name, interface: dev, family, vrid }: InstanceConfig): Claim => ({
  of: `${vrid} ${dev} ${family}`,
  path: ['vrrp', name, 'virtual_router_id'],
  taken: `VRID ${vrid} on ${dev} is taken`,
});

const vmacs = ({ name, vmac, addressVmacs }: InstanceConfig): readonly Claim[] => [
  ...(vmac === null ? [] : [madeBy(['vrrp', name, 'use_vmac'], vmac)]),
  ...addressVmacs.map((each) => madeBy(['vrrp', name], each)),
];

const madeBy = (path: Path, { name }: VmacConfig): Claim => ({
  of: name,
  path,
  taken: `the interface ${name} is made`,
});

const addresses = ({ name, virtualAddresses, excludedAddresses }: InstanceConfig): readonly Claim[] =>
  (
    [
      ['virtual_addresses', virtualAddresses],
      ['excluded_addresses', excludedAddresses],
    ] as const
  ).flatMap(([key, list]) =>
    list.map(({ address, dev }, i) => ({
      // A link-local address is another one on every link.
      of: isLinkLocal(address) ? `${address} ${dev}` : address,
      path: ['vrrp', name, key, i],
      taken: `${address} is taken`,
    })),
  );

/** A backup that asks a virtual address asks the master, whose death would then count as its own. */
function sayOwnGateways(instances: readonly InstanceConfig[], say: Say, show: (path: Path) => string): void {
  for (const { name, interface: dev, takeover } of instances) {
    const gateway = takeover?.gateway ?? null;
    if (gateway === null) continue;
    const key = isLinkLocal(gateway) ? `${gateway} ${dev}` : gateway;
    const own = instances.flatMap(addresses).find(({ of }) => of === key);
    if (own === undefined) continue;
    const text = `${gateway} is a virtual address itself (${show(own.path)}) and does not answer when its master dies: give the address of the router`;
    say(['vrrp', name, 'takeover', 'gateway'], mistake('conflicting_keys', text));
  }
}

const isLinkLocal = (address: string): boolean => /^fe[89ab]/.test(address);

const keys = ({ name, key }: ServiceConfig): Claim => ({
  of: serviceKey(key),
  path: ['services', name],
  taken: `${serviceKey(key)} is taken`,
});

const servers = ({ name, servers }: ServiceConfig): readonly Claim[] =>
  servers.map(({ key }, i) => ({
    of: destKey(key),
    path: ['services', name, 'servers', i],
    taken: `${destKey(key)} is already here, given`,
  }));
