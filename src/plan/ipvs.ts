import { keyed } from '../base/keyed.ts';
import type { IpvsOp } from '../model/ops.ts';
import {
  type DesiredService,
  type Dest,
  type DestAttrs,
  type ObservedService,
  type ObservedTable,
  type Persistence,
  type ServiceAttrs,
  type ServiceKey,
  serviceKey,
  type Tunnel,
} from '../model/services.ts';
import { DestIndex } from './dest-index.ts';

/**
 * The changes that turn the observed services into the desired ones, none where they are equal. `observed` holds
 * only what is ours to change: what is there and not desired is deleted.
 *
 * Each service is finished before the next one is begun, created before its servers; servers are added and set
 * before others are deleted, so that a service is not empty in between. Services are deleted last, their
 * destinations with them. What exists is set and never made anew, which would cut its connections.
 */
export function planIpvs(
  observed: readonly ObservedService[],
  desired: readonly DesiredService[],
): readonly IpvsOp[] {
  const there = keyed(observed, (service) => serviceKey(service.key));
  const wanted = keyed(desired, (service) => serviceKey(service.key));
  return [
    ...[...wanted].flatMap(([key, service]) => planService(there.get(key), service)),
    ...[...there]
      .filter(([key]) => !wanted.has(key))
      .map(([, { key }]): IpvsOp => ({ op: 'delService', key })),
  ];
}

/** The services of the table that these keys name, in the table's order. */
export function ours(table: ObservedTable, keys: readonly ServiceKey[]): readonly ObservedService[] {
  const names = new Set(keys.map(serviceKey));
  return table.services.filter((service) => names.has(serviceKey(service.key)));
}

/** The services of the table that none of these keys names. */
export function strangers(table: ObservedTable, keys: readonly ServiceKey[]): readonly ServiceKey[] {
  const names = new Set(keys.map(serviceKey));
  return table.services.flatMap(({ key }) => (names.has(serviceKey(key)) ? [] : [key]));
}

function planService(observed: ObservedService | undefined, desired: DesiredService): readonly IpvsOp[] {
  const { key, attrs } = desired;
  const service = { key, attrs };
  const ops: IpvsOp[] = [];
  const isBuiltOnce =
    observed === undefined && REBUILT.has(attrs.scheduler) && desired.dests.length >= REBUILT_FROM;
  if (observed === undefined) ops.push({ op: 'newService', service });
  else if (!sameService(observed.attrs, attrs)) ops.push({ op: 'setService', service });
  // Only now, so that a scheduler whose module is missing is refused before anything is served.
  if (isBuiltOnce) ops.push({ op: 'setService', service: { key, attrs: { ...attrs, scheduler: 'rr' } } });
  planDests(key, observed?.dests ?? [], desired.dests, ops);
  if (isBuiltOnce) ops.push({ op: 'setService', service });
  return ops;
}

function planDests(of: ServiceKey, observed: readonly Dest[], desired: readonly Dest[], ops: IpvsOp[]): void {
  if (observed.length === 0) {
    // A server that is named twice is refused, and told when it is planned again.
    for (const dest of desired) ops.push({ op: 'newDest', of, dest: plain(dest) });
    return;
  }
  const [there, wanted] = [new DestIndex(observed), new DestIndex(desired)];
  for (const dest of desired) {
    const before = there.get(dest.key);
    if (before === undefined) ops.push({ op: 'newDest', of, dest: plain(dest) });
    else if (!sameDest(before.attrs, dest.attrs)) ops.push({ op: 'setDest', of, dest: plain(dest) });
  }
  for (const { key } of observed) if (!wanted.has(key)) ops.push({ op: 'delDest', of, key });
}

/** Schedulers that build their whole table anew for every server that is added (net/netfilter/ipvs/ip_vs_mh.c). */
const REBUILT: ReadonlySet<string> = new Set(['mh']);
/** From so many servers on a new service gets its scheduler last: 0.8 ms a server otherwise, of 1000 servers. */
const REBUILT_FROM = 16;

const plain = ({ key, attrs }: Dest): Dest => ({ key, attrs });

/** True where the kernel would not be told anything. */
export function sameService(observed: ServiceAttrs, desired: ServiceAttrs): boolean {
  return (
    observed.scheduler === desired.scheduler &&
    observed.onePacket === desired.onePacket &&
    ([1, 2, 3] as const).every(
      (flag) => observed.schedulerFlags.includes(flag) === desired.schedulerFlags.includes(flag),
    ) &&
    samePersistence(observed.persistence, desired.persistence)
  );
}

function samePersistence(a: Persistence | null, b: Persistence | null): boolean {
  if (a === null || b === null) return a === b;
  return a.timeout === b.timeout && a.prefix === b.prefix && a.engine === b.engine;
}

/** True where the kernel would not be told anything. */
export function sameDest(observed: DestAttrs, desired: DestAttrs): boolean {
  return (
    observed.weight === desired.weight &&
    observed.forward === desired.forward &&
    observed.upperThreshold === desired.upperThreshold &&
    observed.lowerThreshold === desired.lowerThreshold &&
    (desired.forward !== 'tun' || sameTunnel(observed, desired))
  );
}

const IPIP: Tunnel = { type: 'ipip', port: 0, checksum: 'none' };

/** A tunnel that is not described is plain IPIP, which is what the kernel makes and reports. */
function sameTunnel(a: DestAttrs, b: DestAttrs): boolean {
  const [one, other] = [a.tunnel ?? IPIP, b.tunnel ?? IPIP];
  return one.type === other.type && one.port === other.port && one.checksum === other.checksum;
}
