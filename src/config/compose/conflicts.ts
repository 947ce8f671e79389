import type { InstanceConfig, ServerConfig, ServiceConfig, VmacConfig } from '../../model/config.ts';
import { type DestKey, destKey, serviceKey } from '../../model/services.ts';
import { type ConfigCode, mistake } from '../diagnostic.ts';
import type { Path } from '../path.ts';
import { sayReservedName } from './reserved-name.ts';
import { once, type Say, under } from './say.ts';

interface Claim {
  readonly path: Path;
  /** What to say of the second; the path of the first is added. */
  readonly taken: string;
}

/** With what only one may have. */
interface Named extends Claim {
  readonly of: string;
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
  claimNamed('duplicate_vrid', instances.map(vrid), say, show);
  claimNamed('duplicate_address', instances.flatMap(addresses), say, show);
  claimNamed('conflicting_keys', instances.flatMap(vmacs), say, show);
  sayOwnGateways(instances, say, show);
  for (const { name } of instances) sayReservedName(name, under(say, 'vrrp', name));
  claimOnce('duplicate_service', services, ({ key }) => serviceKey(key), ofService, say, show);
  // A service at several addresses says it at each of them.
  const sayOnce = once(say);
  for (const { name, servers } of services) {
    const claim = ({ key }: ServerConfig, i: number) => ofServer(name, key, i);
    claimOnce('duplicate_server', servers, ({ key }) => destKey(key), claim, sayOnce, show);
  }
}

const claimNamed = (code: ConfigCode, claims: readonly Named[], say: Say, show: (path: Path) => string) =>
  claimOnce(
    code,
    claims,
    ({ of }) => of,
    (claim) => claim,
    say,
    show,
  );

/** `of` names what only one of the items may have; what there is to say of it is asked only where two do. */
function claimOnce<Item>(
  code: ConfigCode,
  items: readonly Item[],
  of: (item: Item) => string,
  claim: (item: Item, place: number) => Claim,
  say: Say,
  show: (path: Path) => string,
): void {
  const first = new Map<string, readonly [Item, number]>();
  for (const [i, item] of items.entries()) {
    const name = of(item);
    const before = first.get(name);
    if (before === undefined) first.set(name, [item, i]);
    else {
      const { path, taken } = claim(item, i);
      say(path, mistake(code, `${taken} by ${show(claim(...before).path)}`));
    }
  }
}

const vrid = ({ name, interface: dev, family, vrid }: InstanceConfig): Named => ({
  of: `${vrid} ${dev} ${family}`,
  path: ['vrrp', name, 'virtual_router_id'],
  taken: `VRID ${vrid} on ${dev} is taken`,
});

const vmacs = ({ name, vmac, addressVmacs }: InstanceConfig): readonly Named[] => [
  ...(vmac === null ? [] : [madeBy(['vrrp', name, 'use_vmac'], vmac)]),
  ...addressVmacs.map((each) => madeBy(['vrrp', name], each)),
];

const madeBy = (path: Path, { name }: VmacConfig): Named => ({
  of: name,
  path,
  taken: `the interface ${name} is made`,
});

const addresses = ({ name, virtualAddresses, excludedAddresses }: InstanceConfig): readonly Named[] =>
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

const ofService = ({ name, key }: ServiceConfig): Claim => ({
  path: ['services', name],
  taken: `${serviceKey(key)} is taken`,
});

const ofServer = (service: string, key: DestKey, i: number): Claim => ({
  path: ['services', service, 'servers', i],
  taken: `${destKey(key)} is already here, given`,
});
