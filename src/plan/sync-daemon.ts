import { ipFamily } from '../base/ip.ts';
import type { IpvsSettingOp, SyncDaemon, SyncDaemonConfig, SyncRole } from '../model/ipvs-settings.ts';

/**
 * The daemons that are to run. With an instance its master tells of connections and all others learn them; without one
 * every director does both, which suits two that are masters of different addresses.
 */
export function desiredSyncDaemons(
  config: SyncDaemonConfig | null,
  masters: readonly string[],
): readonly SyncDaemon[] {
  if (config === null) return [];
  const { instance, ...channel } = config;
  const roles: readonly SyncRole[] =
    instance === null ? ['master', 'backup'] : [masters.includes(instance) ? 'master' : 'backup'];
  return roles.map((role) => ({ role, ...channel }));
}

/**
 * The changes that make these daemons run and no others. A change of role starts the new one before it stops the old, as
 * the kernel has room for both: what the former master still tells is learned, and nothing goes untold.
 */
export function planSyncDaemons(
  observed: readonly SyncDaemon[],
  desired: readonly SyncDaemon[],
): readonly IpvsSettingOp[] {
  const has = new Map(observed.map((daemon) => [daemon.role, daemon]));
  const wants = new Set(desired.map(({ role }) => role));
  const started = desired.flatMap((daemon): readonly IpvsSettingOp[] => {
    const before = has.get(daemon.role);
    if (before !== undefined && sameDaemon(before, daemon)) return [];
    const start = { op: 'startSyncDaemon', daemon } as const;
    return before === undefined ? [start] : [{ op: 'stopSyncDaemon', role: daemon.role }, start];
  });
  const stopped = observed.flatMap(({ role }): readonly IpvsSettingOp[] =>
    wants.has(role) ? [] : [{ op: 'stopSyncDaemon', role }],
  );
  return [...started, ...stopped];
}

function sameDaemon(observed: SyncDaemon, wanted: SyncDaemon): boolean {
  const length = wanted.maxLength === null ? observed.maxLength : keptLength(wanted, wanted.maxLength);
  return (
    observed.interface === wanted.interface &&
    observed.id === wanted.id &&
    observed.group === wanted.group &&
    observed.port === wanted.port &&
    observed.ttl === wanted.ttl &&
    observed.maxLength === length
  );
}

/** What the kernel makes of it (start_sync_thread in net/netfilter/ipvs/ip_vs_sync.c, Linux 6.1). */
function keptLength({ role, group }: SyncDaemon, length: number): number {
  const headers = ipFamily(group) === 'inet' ? 28 : 48;
  const least = role === 'backup' ? 1024 : 1;
  return Math.min(Math.max(length, least), 65_535 - headers);
}
