import { seconds } from '../../base/units.ts';
import type { InstanceConfig } from '../../model/config.ts';
import type { IpvsConfig, SyncDaemonConfig } from '../../model/ipvs-settings.ts';
import { printDuration } from '../duration.ts';
import { IPVS_KEYS } from '../schema/ipvs.ts';
import { someOf, unless } from './common.ts';
import type { Leave } from './keepalived-lines.ts';
import { quote, type Statement } from './keepalived-words.ts';

const {
  port: USUAL_PORT,
  ttl: USUAL_TTL,
  group: USUAL_GROUP,
} = {
  ...IPVS_KEYS.ipvs.parse({ sync_daemon: { interface: 'lo' } }).sync_daemon,
};

/** The key `ipvs`. */
export const writeIpvs = (
  { flush, flushOnStop, timeouts, syncDaemon }: IpvsConfig,
  instances: readonly InstanceConfig[],
) => ({
  ipvs: someOf({
    flush: unless(false, flush),
    flush_on_stop: unless(false, flushOnStop),
    timeouts: someOf({
      tcp: durationText(timeouts.tcp),
      tcp_fin: durationText(timeouts.tcpFin),
      udp: durationText(timeouts.udp),
    }),
    sync_daemon: syncDaemon === null ? undefined : syncDaemonText(syncDaemon, instances),
  }),
});

const durationText = (value: number | null): string | undefined =>
  value === null ? undefined : printDuration(seconds(value));

const syncDaemonText = (
  { interface: name, instance, id, maxLength, port, ttl, group }: SyncDaemonConfig,
  instances: readonly InstanceConfig[],
) => ({
  interface: name,
  instance: instance ?? undefined,
  id: unless(usualId(instance, instances), id),
  max_length: maxLength ?? undefined,
  port: unless(USUAL_PORT, port),
  ttl: unless(USUAL_TTL, ttl),
  group: unless(USUAL_GROUP, group),
});

const usualId = (instance: string | null, instances: readonly InstanceConfig[]): number =>
  instances.find(({ name }) => name === instance)?.vrid ?? 0;

/** What global_defs says of it. */
export function ipvsLines(
  { flush, flushOnStop, timeouts, syncDaemon }: IpvsConfig,
  instances: readonly InstanceConfig[],
  leave: Leave,
): readonly Statement[] {
  const words = [
    ['tcp', timeouts.tcp],
    ['tcpfin', timeouts.tcpFin],
    ['udp', timeouts.udp],
  ] as const;
  const given = words.flatMap(([word, value]) => (value === null ? [] : [`${word} ${value}`]));
  return [
    ...(flush ? [{ text: 'lvs_flush' }] : []),
    ...(flushOnStop ? [{ text: 'lvs_flush_on_stop' }] : []),
    ...(given.length === 0 ? [] : [{ text: `lvs_timeouts ${given.join(' ')}` }]),
    ...(syncDaemon === null ? [] : syncDaemonLine(syncDaemon, instances, leave)),
  ];
}

function syncDaemonLine(
  { interface: name, instance, id, maxLength, port, ttl, group }: SyncDaemonConfig,
  instances: readonly InstanceConfig[],
  leave: Leave,
): readonly Statement[] {
  const [dev, followed] = [quote(name), instance === null ? '' : quote(instance)];
  if (dev === null || followed === null) {
    leave({ path: ['ipvs', 'sync_daemon'], text: 'sync_daemon: keepalived cannot quote its names' });
    return [];
  }
  const words = [
    ['id', unless(usualId(instance, instances), id)],
    ['maxlen', maxLength ?? undefined],
    ['port', unless(USUAL_PORT, port)],
    ['ttl', unless(USUAL_TTL, ttl)],
    ['group', unless(USUAL_GROUP, group)],
  ] as const;
  const options = words.flatMap(([word, value]) => (value === undefined ? [] : [`${word} ${value}`]));
  return [{ text: ['lvs_sync_daemon', dev, ...(followed === '' ? [] : [followed]), ...options].join(' ') }];
}
