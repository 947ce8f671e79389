import type { z } from 'zod';
import { centisToMicros, type Micros, microsToMillis } from '../../base/units.ts';
import type { VirtualAddress } from '../../model/addresses.ts';
import type { Config, InstanceConfig } from '../../model/config.ts';
import { printDuration } from '../duration.ts';
import { fileSchema } from '../schema/file.ts';
import { instanceSchema } from '../schema/vrrp.ts';
import { subnetAddress } from '../subnet.ts';
import { millisUnless, unless } from './common.ts';
import { writeService } from './service-text.ts';

export type FileText = z.input<typeof fileSchema>;
type InstanceText = z.input<typeof instanceSchema>;

/** A file that says nothing. */
export const FILE = fileSchema.parse({});
/** An instance that says no more than it must. */
export const INSTANCE = instanceSchema.parse({
  interface: 'lo',
  virtual_router_id: 1,
  virtual_addresses: ['192.0.2.1'],
});

/**
 * A configuration as somebody would write it down: what the schema reads back as the same. Left out is what reading
 * would fill in, but for the priority of an instance and the scheduler and forwarding of a service, which one looks
 * for. `hostname` is the router_id that reading will fill in, or null where that is not known.
 */
export function writeFile(
  { routerId, instances, services, drift }: Config,
  hostname: string | null,
): FileText {
  return {
    router_id: unless(hostname, routerId) ?? undefined,
    drift: unless(FILE.drift, drift.policy),
    drift_interval: millisUnless(microsToMillis(FILE.drift_interval), drift.interval),
    vrrp: named(instances, writeInstance),
    services: named(services, writeService),
  };
}

function named<T extends { name: string }, Text>(
  items: readonly T[],
  write: (item: T) => Text,
): Record<string, Text> | undefined {
  return items.length === 0 ? undefined : Object.fromEntries(items.map((item) => [item.name, write(item)]));
}

function writeInstance(instance: InstanceConfig): InstanceText {
  const { authentication, garp } = instance;
  return {
    interface: instance.interface,
    virtual_router_id: instance.vrid,
    priority: instance.priority,
    preempt: unless(true, instance.preempt),
    advert_int: microsUnless(INSTANCE.advert_int, centisToMicros(instance.advertInterval)),
    authentication: authentication ?? undefined,
    mcast_src_ip: instance.sourceAddress ?? undefined,
    virtual_addresses: instance.virtualAddresses.map((address) => addressText(address, instance.interface)),
    garp_master_delay: microsUnless(INSTANCE.garp_master_delay, garp.delay),
    garp_master_repeat: unless(INSTANCE.garp_master_repeat, garp.repeat),
    garp_master_refresh: microsUnless(INSTANCE.garp_master_refresh, garp.refresh),
    garp_master_refresh_repeat: unless(INSTANCE.garp_master_refresh_repeat, garp.refreshRepeat),
  };
}

const microsUnless = (fallback: Micros, value: Micros): string | undefined =>
  value === fallback ? undefined : printDuration(value);

/** `172.25.1.100/24 brd + dev eth1 scope link label eth1:3`, in words that keepalived has too. */
export function addressText(virtual: VirtualAddress, device: string): string {
  const { address, prefix, dev, scope, label } = virtual;
  return [
    prefix === 32 ? address : `${address}/${prefix}`,
    ...broadcastWords(virtual),
    ...(dev === device ? [] : ['dev', dev]),
    ...(scope === 'global' ? [] : ['scope', scope]),
    ...(label === null ? [] : ['label', label]),
  ].join(' ');
}

function broadcastWords(virtual: VirtualAddress): readonly string[] {
  const { broadcast } = virtual;
  if (broadcast === null) return [];
  const hostBits = (['+', '-'] as const).find((bits) => subnetAddress(virtual, bits) === broadcast);
  // keepalived has no + and - for subnets of one or two addresses, and the schema no address that all hosts have.
  const isTiny = virtual.prefix > 30 && broadcast !== '255.255.255.255';
  return ['brd', hostBits === undefined || isTiny ? broadcast : hostBits];
}
