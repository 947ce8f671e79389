import { keyed } from '../base/keyed.ts';
import type { ServiceConfig } from '../model/config.ts';
import type { FieldChange, ServerChange, ServiceChange } from '../model/preview.ts';
import {
  type DesiredService,
  type Dest,
  destKey,
  type ObservedDest,
  type ObservedService,
  type ServiceKey,
  serviceKey,
} from '../model/services.ts';
import { destFields, serviceFields } from './fields.ts';

export interface PreviewInput {
  /** What the kernel holds of the services of both configurations. */
  readonly observed: readonly ObservedService[];
  /** What the running configuration asks for at this moment. */
  readonly running: readonly DesiredService[];
  /** What the next one asks for, with the same health. */
  readonly next: readonly DesiredService[];
  /** The services of both configurations, the next ones last: for names and drain timeouts. */
  readonly configs: readonly ServiceConfig[];
}

/**
 * What the next configuration changes in the kernel, by service; nothing for what the kernel holds already. A
 * difference is drift where the running configuration asks for the same as the next one.
 */
export function previewServices({
  observed,
  running,
  next,
  configs,
}: PreviewInput): readonly ServiceChange[] {
  const has = keyed(observed, (service) => serviceKey(service.key));
  const wants = keyed(next, (service) => serviceKey(service.key));
  const wanted = keyed(running, (service) => serviceKey(service.key));
  const config = new Map(configs.map((each) => [serviceKey(each.key), each]));
  const aboutOf = (key: ServiceKey) => {
    const name = serviceKey(key);
    const { name: given = name, drainTimeout = 0 } = config.get(name) ?? {};
    return { name: given, key: name, drainMillis: drainTimeout };
  };
  const kept = next.flatMap((service) => {
    const name = serviceKey(service.key);
    return changed(aboutOf(service.key), has.get(name), service, wanted.get(name)) ?? [];
  });
  const gone = observed
    .filter(({ key }) => !wants.has(serviceKey(key)))
    .map((service) => removed(aboutOf(service.key), service));
  return [...kept, ...gone];
}

interface About {
  readonly name: string;
  readonly key: string;
  readonly drainMillis: number;
}

function changed(
  { name, key, drainMillis }: About,
  before: ObservedService | undefined,
  after: DesiredService,
  running: DesiredService | undefined,
): ServiceChange | null {
  const wanted = keyed(running?.dests ?? [], (dest) => destKey(dest.key));
  const has = keyed(before?.dests ?? [], (dest) => destKey(dest.key));
  const wants = new Set(after.dests.map((dest) => destKey(dest.key)));
  const servers = [
    ...after.dests.flatMap((dest) => {
      const server = destKey(dest.key);
      return changedServer(server, has.get(server), dest, wanted.get(server)) ?? [];
    }),
    ...(before?.dests ?? []).flatMap((dest) => {
      const server = destKey(dest.key);
      return wants.has(server) ? [] : (removedServer(server, dest, wanted.has(server), drainMillis) ?? []);
    }),
  ];
  const fields = before === undefined ? [] : changes(serviceFields(before.attrs), serviceFields(after.attrs));
  if (before !== undefined && fields.length + servers.length === 0) return null;
  const same =
    running !== undefined && changes(serviceFields(running.attrs), serviceFields(after.attrs)).length === 0;
  const change = before === undefined ? '+' : fields.length > 0 ? '~' : ' ';
  return { change, name, key, fields, servers, drift: change !== ' ' && same, cuts: null };
}

function changedServer(
  server: string,
  before: ObservedDest | undefined,
  after: Dest,
  running: Dest | undefined,
): ServerChange | null {
  const wants = destFields(after.attrs);
  const drift = running !== undefined && changes(destFields(running.attrs), wants).length === 0;
  if (before === undefined) {
    const fields = wants.map(({ field, value }) => ({ field, before: '', after: value }));
    return { change: '+', server, fields, drift, drains: null, cuts: 0 };
  }
  const fields = changes(destFields(before.attrs), wants);
  return fields.length === 0 ? null : { change: '~', server, fields, drift, drains: null, cuts: 0 };
}

/** Null for a server that is being drained already. */
function removedServer(
  server: string,
  { attrs, activeConns }: ObservedDest,
  isRunning: boolean,
  drainMillis: number,
): ServerChange | null {
  if (!isRunning && attrs.weight === 0) return null;
  const drains = drainMillis > 0 ? { activeConns, timeoutMillis: drainMillis } : null;
  return {
    change: '-',
    server,
    fields: [],
    drift: !isRunning,
    drains,
    cuts: drains === null ? activeConns : 0,
  };
}

function removed({ name, key, drainMillis }: About, { dests }: ObservedService): ServiceChange {
  const servers = dests.flatMap((dest) => removedServer(destKey(dest.key), dest, true, drainMillis) ?? []);
  return { change: '-', name, key, fields: [], servers, drift: false, cuts: null };
}

const changes = (
  before: ReturnType<typeof destFields>,
  after: ReturnType<typeof destFields>,
): readonly FieldChange[] => {
  const was = new Map(before.map(({ field, value }) => [field, value]));
  const is = new Map(after.map(({ field, value }) => [field, value]));
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((field) => {
    const [old, value] = [was.get(field) ?? 'none', is.get(field) ?? 'none'];
    return old === value ? [] : [{ field, before: old, after: value }];
  });
};
