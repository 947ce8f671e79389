import { inSubnet } from '../base/in-subnet.ts';
import { type Family, type Ip, ipFamily } from '../base/ip.ts';
import type { VirtualAddress } from '../model/addresses.ts';
import type { Config, InstanceConfig } from '../model/config.ts';
import { groupsOf } from '../model/group.ts';
import type { NotifyConfig } from '../model/notify.ts';
import type { ScriptCommand } from '../model/script.ts';
import { mistake, type Problem, warning } from './diagnostic.ts';
import { judgeTakeover } from './host-takeover.ts';
import { nearest } from './nearest.ts';
import type { Path } from './path.ts';

/** What a machine has, as far as a configuration depends on it. */
export interface HostFacts {
  /** By interface, its addresses with their prefix lengths. */
  readonly interfaces: ReadonlyMap<string, readonly { readonly address: Ip; readonly prefix: number }[]>;
  /** The value of a sysctl such as `net.ipv4.ip_forward`, or null where the kernel has none of that name. */
  sysctl(name: string): string | null;
  /** Why a program, by its path or its name, cannot be run; null where it can. */
  program(name: string): string | null;
  user(name: string): boolean;
  /** Whether a module is in the kernel or can be loaded; null where that cannot be told. */
  module(name: string): boolean | null;
  /**
   * What is wrong with the file of a key, as what follows its path in a sentence; null for nothing. Fatal where lbd does
   * not start with it.
   */
  keyFile(path: string): { readonly isFatal: boolean; readonly text: string } | null;
}

/** What this machine lacks for a configuration that is sound in itself. */
export function judgeHost(
  whole: Config,
  host: HostFacts,
): readonly { readonly path: Path; readonly problem: Problem }[] {
  // What a service lacks it lacks at all of its addresses.
  const config = { ...whole, services: groupsOf(whole.services).map(({ leader }) => leader) };
  return [
    ...interfaces(config, host),
    ...subnets(config, host),
    ...forwarding(config, host),
    ...modules(config, host),
    ...scripts(config, host),
    ...judgeTakeover(config, host),
  ];
}

function interfaces({ instances, ipvs }: Config, { interfaces: has }: HostFacts) {
  const names = [...has.keys()];
  const missing = (name: string): Problem =>
    mistake('host_interface', `this machine has no interface ${name}`, {
      suggestion: nearest(name, names),
      allowed: names,
    });
  const bases = basesOf(instances);
  const synced = ipvs.syncDaemon?.interface;
  const found = instances.flatMap((instance) => [
    ...(has.has(instance.interface)
      ? []
      : [{ path: ['vrrp', instance.name, 'interface'], problem: missing(instance.interface) }]),
    ...placesOf(instance, bases).flatMap(({ dev, path }) =>
      dev === instance.interface || has.has(dev) ? [] : [{ path, problem: missing(dev) }],
    ),
  ]);
  if (synced === undefined || has.has(synced) || bases.has(synced)) return found;
  return [...found, { path: ['ipvs', 'sync_daemon', 'interface'], problem: missing(synced) }];
}

interface Place {
  readonly address: Ip;
  /** An interface of the machine, also where lbd puts one with a virtual MAC over it. */
  readonly dev: string;
  readonly path: Path;
}

/** By an interface with a virtual MAC, which lbd makes, the one that it lies over. */
const basesOf = (instances: readonly InstanceConfig[]): ReadonlyMap<string, string> =>
  new Map(
    instances
      .flatMap(({ vmac, addressVmacs }) => [...(vmac === null ? [] : [vmac]), ...addressVmacs])
      .map(({ name, base }) => [name, base]),
  );

function placesOf(instance: InstanceConfig, bases: ReadonlyMap<string, string>): readonly Place[] {
  const { name, virtualAddresses, excludedAddresses } = instance;
  const under = (key: string, addresses: readonly VirtualAddress[]) =>
    addresses.map(({ address, dev }, i) => ({
      address,
      dev: bases.get(dev) ?? dev,
      path: ['vrrp', name, key, i],
    }));
  return [...under('virtual_addresses', virtualAddresses), ...under('excluded_addresses', excludedAddresses)];
}

/** A virtual address in a subnet that the interface is not in has nobody on the segment who would ask for it. */
function subnets({ instances }: Config, { interfaces: has }: HostFacts) {
  const bases = basesOf(instances);
  return instances.flatMap((instance) =>
    placesOf(instance, bases).flatMap(({ address, dev, path }) => {
      const own = has.get(dev) ?? [];
      const same = own.filter((each) => ipFamily(each.address) === ipFamily(address));
      if (!has.has(dev) || dev === LOOPBACK || same.some((each) => inSubnet(address, each))) return [];
      const others = same.map((each) => `${each.address}/${each.prefix}`).join(', ');
      const text = `${address} is in no subnet of ${dev} (${others === '' ? 'it has no address' : others}): hosts there may not reach it`;
      return [{ path, problem: warning('host_subnet', text) }];
    }),
  );
}

/** Its addresses are reached by routes. */
const LOOPBACK = 'lo';

/** NAT passes the servers' answers on, which Linux does only as a router (net/ipv4/ip_input.c). */
function forwarding({ services }: Config, host: HostFacts) {
  const needed: Readonly<Record<Family, string>> = {
    inet: 'net.ipv4.ip_forward',
    inet6: 'net.ipv6.conf.all.forwarding',
  };
  return services.flatMap(({ name, servers }) => {
    const nat = servers.find(({ attrs }) => attrs.forward === 'nat');
    if (nat === undefined) return [];
    const sysctl = needed[ipFamily(nat.key.address)];
    if (host.sysctl(sysctl) !== '0') return [];
    const text = `${sysctl} is 0: with forward nat no answer of a server passes this machine; set it to 1`;
    return [{ path: ['services', name], problem: warning('host_sysctl', text) }];
  });
}

function modules({ services }: Config, host: HostFacts) {
  if (services.length === 0) return [];
  if (host.module('ip_vs') === false) {
    const text =
      'this kernel has no IPVS (ip_vs is neither loaded nor installed): no service can be balanced';
    return [{ path: ['services'], problem: mistake('host_module', text) }];
  }
  return services.flatMap(({ name, attrs: { scheduler, persistence } }) => {
    const wanted = [`ip_vs_${scheduler}`, ...(persistence?.engine ? [`ip_vs_pe_${persistence.engine}`] : [])];
    return wanted
      .filter((module) => host.module(module) === false)
      .map((module) => ({
        path: ['services', name, 'scheduler'],
        problem: mistake('host_module', `this kernel has no module ${module}`),
      }));
  });
}

/** A script that cannot be run is said again when it should run; here it is said before. */
function scripts({ trackers, instances, syncGroups, services, scripts }: Config, host: HostFacts) {
  const commands: readonly (readonly [Path, ScriptCommand | null])[] = [
    ...trackers.scripts.map(({ name, command }) => [['track_scripts', name], command] as const),
    ...instances.flatMap(({ name, notify }) => told(['vrrp', name], notify)),
    ...syncGroups.flatMap(({ name, notify }) => told(['sync_groups', name], notify)),
    ...services.flatMap(({ name, servers }) =>
      servers.flatMap(({ checks }, i) =>
        checks.flatMap((check) =>
          check.type === 'misc' ? [[['services', name, 'servers', i, 'check'], check.command] as const] : [],
        ),
      ),
    ),
  ];
  return commands.flatMap(([path, command]) => {
    if (command === null) return [];
    const [program] = command.argv;
    const user = command.user ?? scripts.user;
    // `</PATH` asks whether PATH can be opened.
    const obstacle = program.startsWith('</') ? null : host.program(program);
    const nobody = user === null || host.user(user) ? null : `this machine has no user ${user}`;
    return [obstacle, nobody]
      .filter((text) => text !== null)
      .map((text) => ({ path, problem: warning('host_script', text) }));
  });
}

const told = (path: Path, notify: NotifyConfig): readonly (readonly [Path, ScriptCommand | null])[] =>
  Object.values(notify).flatMap((value) =>
    typeof value === 'object' ? [[path, value as ScriptCommand | null] as const] : [],
  );
