import { ipFamily } from '../../base/ip.ts';
import type { Micros } from '../../base/units.ts';
import type { InstanceConfig, ServiceConfig } from '../../model/config.ts';
import type { IpvsConfig, SyncDaemonConfig } from '../../model/ipvs-settings.ts';
import { mistake } from '../diagnostic.ts';
import type { Suggest } from '../nearest.ts';
import type { WrittenIpvs, WrittenSyncDaemon } from '../schema/ipvs.ts';
import { type Say, under } from './say.ts';

/** What IPVS is to be besides its services. */
export function composeIpvs(
  { flush, flush_on_stop, timeouts, sync_daemon: daemon }: WrittenIpvs,
  instances: readonly InstanceConfig[],
  services: readonly ServiceConfig[],
  suggest: Suggest,
  say: Say,
): IpvsConfig {
  if (daemon !== undefined) sayMixed(services, under(say, 'sync_daemon'));
  return {
    flush,
    flushOnStop: flush_on_stop,
    timeouts: {
      tcp: wholeSeconds(timeouts.tcp),
      tcpFin: wholeSeconds(timeouts.tcp_fin),
      udp: wholeSeconds(timeouts.udp),
    },
    syncDaemon:
      daemon === undefined ? null : composeSyncDaemon(daemon, instances, suggest, under(say, 'sync_daemon')),
  };
}

const wholeSeconds = (duration: Micros | undefined): number | null =>
  duration === undefined ? null : duration / 1_000_000;

function composeSyncDaemon(
  { interface: name, instance: wanted, id, max_length, group, port, ttl }: WrittenSyncDaemon,
  instances: readonly InstanceConfig[],
  suggest: Suggest,
  say: Say,
): SyncDaemonConfig {
  const instance = instances.find((each) => each.name === wanted) ?? null;
  if (wanted !== undefined && instance === null) {
    const names = instances.map((each) => each.name);
    const problem = mistake('unknown_name', `there is no instance "${wanted}"`, {
      suggestion: suggest(wanted, names),
    });
    say(['instance'], problem);
  }
  return {
    interface: name,
    instance: instance?.name ?? null,
    id: id ?? instance?.vrid ?? 0,
    maxLength: max_length ?? null,
    group,
    port,
    ttl,
  };
}

/** The protocol cannot tell of such connections, and the kernel refuses both (ip_vs_genl_new_daemon in ip_vs_ctl.c). */
function sayMixed(services: readonly ServiceConfig[], say: Say): void {
  const mixed = services.find(({ key, servers }) => {
    const family = key.kind === 'fwmark' ? key.family : ipFamily(key.address);
    return servers.some((server) => ipFamily(server.key.address) !== family);
  });
  if (mixed === undefined) return;
  const text = `the kernel syncs no connections while a service has servers of the other family, as ${mixed.name} has`;
  say([], mistake('conflicting_keys', text));
}
