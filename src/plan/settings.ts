import { keyed } from '../base/keyed.ts';
import type { CheckConfig, Config, ServiceConfig } from '../model/config.ts';
import type { NotifySinks } from '../model/notify.ts';
import type { FieldChange } from '../model/preview.ts';
import { destKey, serviceKey } from '../model/services.ts';
import { treeChanges } from './settings-tree.ts';

/** What differs between two configurations and shows neither in the kernel's table nor in an instance. */
export function previewSettings(before: Config, after: Config): readonly FieldChange[] {
  const services = keyed(before.services, ({ key }) => serviceKey(key));
  return [
    ...change('router_id', before.routerId, after.routerId),
    ...change('net_namespace', before.netNamespace ?? 'none', after.netNamespace ?? 'none'),
    ...change('drift', before.drift.policy, after.drift.policy),
    ...change('drift_interval', `${before.drift.interval}ms`, `${after.drift.interval}ms`),
    ...treeChanges('vrrp', before.vrrp, after.vrrp),
    ...treeChanges('heartbeat', pathsOf(before), pathsOf(after)),
    ...change('heartbeat_key', 'one', isSameKey(before, after) ? 'one' : 'another'),
    ...treeChanges('sync_groups', before.syncGroups, after.syncGroups),
    ...treeChanges('track_scripts', before.trackers.scripts, after.trackers.scripts),
    ...treeChanges('track_files', before.trackers.files, after.trackers.files),
    ...treeChanges('track_processes', before.trackers.processes, after.trackers.processes),
    ...treeChanges('bfd', before.trackers.bfd, after.trackers.bfd),
    ...treeChanges('statics', before.statics, after.statics),
    ...treeChanges('scripts', before.scripts, after.scripts),
    ...treeChanges('notify', withoutUrls(before.notify), withoutUrls(after.notify)),
    ...after.services.flatMap((service) => {
      const old = services.get(serviceKey(service.key));
      return old === undefined ? [] : serviceSettings(old, service);
    }),
  ];
}

const pathsOf = ({ heartbeat }: Config) => heartbeat?.paths ?? [];

/** A key is not shown, and what stands in a file is not known. */
const isSameKey = ({ heartbeat: before }: Config, { heartbeat: after }: Config): boolean =>
  before === null || after?.key.kind !== 'bytes' || JSON.stringify(before.key) === JSON.stringify(after.key);

/** The address of a webhook is as good as a password. */
const withoutUrls = (sinks: NotifySinks) => ({ ...sinks, webhooks: sinks.webhooks.length });

function serviceSettings(before: ServiceConfig, after: ServiceConfig): readonly FieldChange[] {
  const at = `services.${after.name}`;
  const servers = keyed(before.servers, ({ key }) => destKey(key));
  return [
    ...change(`${at}.name`, before.name, after.name),
    ...change(`${at}.drain_timeout`, `${before.drainTimeout}ms`, `${after.drainTimeout}ms`),
    ...after.servers.flatMap(({ key, check }) => {
      const old = servers.get(destKey(key));
      return old === undefined
        ? []
        : change(`${at}.${destKey(key)}.check`, showCheck(old.check), showCheck(check));
    }),
  ];
}

function showCheck(check: CheckConfig | null): string {
  if (check === null) return 'none';
  const { type, target, interval, timeout, retry, delayBeforeRetry, warmup } = check;
  const times = `interval ${interval}ms, timeout ${timeout}ms, delay_before_retry ${delayBeforeRetry}ms`;
  return `${type} ${destKey(target)}, ${times}, retry ${retry}, warmup ${warmup}ms`;
}

const change = (field: string, before: string, after: string): readonly FieldChange[] =>
  before === after ? [] : [{ field, before, after }];
