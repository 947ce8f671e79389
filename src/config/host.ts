import { inSubnet } from '../base/in-subnet.ts';
import { type Family, type Ip, ipFamily } from '../base/ip.ts';
import type { VirtualAddress } from '../model/addresses.ts';
import type { TlsConfig } from '../model/check.ts';
import type { Config, InstanceConfig } from '../model/config.ts';
import { groupsOf } from '../model/group.ts';
import { type Diagnostic, mistake, type Problem, warning } from './diagnostic.ts';
import { judgeChecks } from './host-checks.ts';
import { judgeScripts } from './host-scripts.ts';
import { judgeTakeover } from './host-takeover.ts';
import { nearest } from './nearest.ts';
import type { Path } from './path.ts';
import type { Reading } from './reading.ts';

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

/** What is wrong with the PEM files of a check by https. */
export interface TlsFault {
  readonly key: 'ca' | 'certificate' | 'key';
  /** A sentence that names the file, and has nothing of what stands in it. */
  readonly text: string;
}

export type TlsFaults = (tls: TlsConfig) => readonly TlsFault[];

/** Something that this machine lacks, and the part of the configuration that needs it. */
export interface Lack {
  readonly path: Path;
  readonly problem: Problem;
}

/** The same by its place in the file; what several parts lack that stand in one place, or one file, is told once. */
export function diagnoseHost(
  { config, placeOf }: Pick<Reading, 'config' | 'placeOf'>,
  host: HostFacts,
  tlsFaults: TlsFaults,
): readonly Diagnostic[] {
  if (config === null) return [];
  const found = new Map<string, Diagnostic>();
  for (const { path, problem } of judgeHost(config, host, tlsFaults)) {
    const one = { ...placeOf(path), ...problem };
    // One file may be named in many places, or, as in the SSL block of a keepalived.conf, in none of the check's own.
    const where = one.code === 'host_file' ? [] : [one.file, one.line, one.column];
    const place = JSON.stringify([one.message, ...where]);
    if (!found.has(place)) found.set(place, one);
  }
  return [...found.values()];
}

/** What this machine lacks for a configuration that is sound in itself. */
export function judgeHost(whole: Config, host: HostFacts, tlsFaults: TlsFaults): readonly Lack[] {
  // What a service lacks it lacks at all of its addresses.
  const config = { ...whole, services: groupsOf(whole.services).map(({ leader }) => leader) };
  return [
    ...interfaces(config, host),
    ...subnets(config, host),
    ...forwarding(config, host),
    ...modules(config, host),
    ...judgeScripts(config, host),
    ...judgeChecks(config, host, tlsFaults, basesOf(config.instances)),
    ...judgeTakeover(config, host),
  ];
}

function interfaces({ instances, ipvs, dataplane }: Config, { interfaces: has }: HostFacts) {
  const names = [...has.keys()];
  const missing = (name: string): Problem =>
    mistake('host_interface', `this machine has no interface ${name}`, {
      suggestion: nearest(name, names),
      allowed: names,
    });
  const bases = basesOf(instances);
  const synced = ipvs.syncDaemon?.interface;
  const known = new Set([...bases.keys(), ...instances.map((instance) => instance.interface)]);
  const arriving = dataplane.use === 'ipvs' ? [] : dataplane.interfaces;
  const found = instances.flatMap((instance) => [
    ...(has.has(instance.interface)
      ? []
      : [{ path: ['vrrp', instance.name, 'interface'], problem: missing(instance.interface) }]),
    ...placesOf(instance, bases).flatMap(({ dev, path }) =>
      dev === instance.interface || has.has(dev) ? [] : [{ path, problem: missing(dev) }],
    ),
  ]);
  // Those of the instances are told there.
  for (const [i, name] of arriving.entries()) {
    if (has.has(name) || known.has(name)) continue;
    found.push({ path: ['xdp', 'interfaces', i], problem: missing(name) });
  }
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

/** NAT passes the servers' answers on, which Linux does only as a router (net/ipv4/ip_input.c). Told at the first service. */
function forwarding({ services }: Config, host: HostFacts): readonly Lack[] {
  const needed: Readonly<Record<Family, string>> = {
    inet: 'net.ipv4.ip_forward',
    inet6: 'net.ipv6.conf.all.forwarding',
  };
  const found = new Map<string, Lack>();
  for (const { name, servers } of services) {
    const nat = servers.find(({ attrs }) => attrs.forward === 'nat');
    const sysctl = nat === undefined ? null : needed[ipFamily(nat.key.address)];
    if (sysctl === null || found.has(sysctl) || host.sysctl(sysctl) !== '0') continue;
    const text = `${sysctl} is 0: with forward nat no answer of a server passes this machine; set it to 1`;
    found.set(sysctl, { path: ['services', name], problem: warning('host_sysctl', text) });
  }
  return [...found.values()];
}

function modules({ services, dataplane: { use } }: Config, host: HostFacts) {
  if (services.length === 0 || use === 'xdp' || (use === 'auto' && host.module('ip_vs') === false)) return [];
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
