import { keyed } from '../base/keyed.ts';
import { type CheckConfig, subjectOf } from '../model/check.ts';
import type { Config, HmacKey, ServerConfig, ServiceConfig } from '../model/config.ts';
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
    ...change('dataplane', before.dataplane.use, after.dataplane.use),
    ...treeChanges('xdp.interfaces', before.dataplane.interfaces, after.dataplane.interfaces),
    ...change('xdp.key', 'one', isSameSecret(before.dataplane.key, after.dataplane.key) ? 'one' : 'another'),
    ...treeChanges('xdp.sync', before.dataplane.sync ?? {}, after.dataplane.sync ?? {}),
    ...treeChanges('ipvs', before.ipvs, after.ipvs),
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

/** A key is not shown; one that is new or gone is told with the paths. */
const isSameKey = ({ heartbeat: before }: Config, { heartbeat: after }: Config): boolean =>
  before === null || after === null || isSameSecret(before.key, after.key);

const isSameSecret = (before: HmacKey['secret'] | null, after: HmacKey['secret'] | null): boolean =>
  JSON.stringify(before) === JSON.stringify(after);

/** The address of a webhook is as good as a password. */
const withoutUrls = (sinks: NotifySinks) => ({ ...sinks, webhooks: sinks.webhooks.length });

function serviceSettings(before: ServiceConfig, after: ServiceConfig): readonly FieldChange[] {
  const at = `services.${after.name}`;
  const servers = keyed(before.servers, ({ key }) => destKey(key));
  return [
    ...change(`${at}.name`, before.name, after.name),
    ...change(`${at}.drain_timeout`, `${before.drainTimeout}ms`, `${after.drainTimeout}ms`),
    ...treeChanges(at, logicOf(before), logicOf(after)),
    ...after.servers.flatMap((server) => {
      const old = servers.get(destKey(server.key));
      const place = `${at}.${destKey(server.key)}`;
      return old === undefined
        ? []
        : [
            ...changedChecks(`${place}.check`, old.checks, server.checks),
            ...treeChanges(place, toldOf(old), toldOf(server)),
          ];
    }),
  ];
}

const logicOf = ({ quorum, sorry, omega, haSuspend, mail }: ServiceConfig) => ({
  quorum: quorum.quorum,
  hysteresis: quorum.hysteresis,
  quorumUp: quorum.up,
  quorumDown: quorum.down,
  sorryServer: sorry,
  omega,
  haSuspend,
  mail,
});

const toldOf = ({ inhibitOnFailure, slowStart, notifyUp, notifyDown, mail }: ServerConfig) => ({
  inhibitOnFailure,
  slowStart,
  notifyUp,
  notifyDown,
  mail,
});

/** What is told of checks, but for the values of their headers, which may be passwords. */
function changedChecks(
  field: string,
  before: readonly CheckConfig[],
  after: readonly CheckConfig[],
): readonly FieldChange[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const [was, is] = [showAll(before), showAll(after)];
  return change(field, was, was === is ? `${is} (with other values of headers)` : is);
}

const showAll = (checks: readonly CheckConfig[]): string =>
  checks.length === 0 ? 'none' : checks.map(showCheck).join('; ');

function showCheck(check: CheckConfig): string {
  const { interval, timeout, retry, delayBeforeRetry, rise, warmup, alpha, ...asked } = check;
  const times = `interval ${interval}ms, timeout ${timeout}ms, delay_before_retry ${delayBeforeRetry}ms`;
  const counts = `retry ${retry}, rise ${rise}, warmup ${warmup}ms${alpha ? ', alpha' : ''}`;
  return [`${check.type} ${subjectOf(check)}`, times, counts, ...detailsOf(asked)].join(', ');
}

/** What else it says, as far as it says something: `helo lb`, `payload {…}`. */
const detailsOf = (asked: object): readonly string[] =>
  Object.entries(asked).flatMap(([name, value]) =>
    ['type', 'target'].includes(name) || value === null || value === false
      ? []
      : [`${name} ${JSON.stringify(value, withoutHeaders)}`],
  );

const withoutHeaders = (name: string, value: unknown): unknown =>
  name === 'headers' && Array.isArray(value) ? value.map(([header]) => header) : value;

const change = (field: string, before: string, after: string): readonly FieldChange[] =>
  before === after ? [] : [{ field, before, after }];
