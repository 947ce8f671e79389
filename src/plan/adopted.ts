import { keyed } from '../base/keyed.ts';
import type { ServiceConfig } from '../model/config.ts';
import type { KeptByHand } from '../model/preview.ts';
import { type DesiredService, type Dest, destKey, serviceKey } from '../model/services.ts';
import type { ByHand, ServiceStatus } from '../model/status.ts';
import { sameDest, sameService } from './ipvs.ts';

export interface Adopted {
  readonly desired: readonly DesiredService[];
  /** What of that is not as the next configuration asks for. */
  readonly kept: readonly KeptByHand[];
}

/**
 * What the next configuration asks for, with the changes that somebody made by hand and `adopt` keeps: those to things
 * that are the same in both configurations.
 */
export function withAdopted(
  desired: readonly DesiredService[],
  running: readonly ServiceConfig[],
  next: readonly ServiceConfig[],
  status: readonly ServiceStatus[],
): Adopted {
  const before = keyed(running, ({ key }) => serviceKey(key));
  const after = keyed(next, ({ key }) => serviceKey(key));
  const known = keyed(status, ({ key }) => serviceKey(key));
  const kept: KeptByHand[] = [];
  const services = desired.flatMap((service): readonly DesiredService[] => {
    const name = serviceKey(service.key);
    const [old, now, status] = [before.get(name), after.get(name), known.get(name)];
    if (old === undefined || now === undefined || status === undefined) return [service];
    const byHand = sameService(old.attrs, now.attrs) ? status.byHand : null;
    const keep = (server: string | null, { difference }: ByHand<unknown>) =>
      kept.push({ service: now.name, key: name, server, difference });
    if (byHand !== null) keep(null, byHand);
    // Its servers went with it.
    if (byHand !== null && byHand.attrs === null) return [];
    const dests = adoptedDests(service, old, now, status, keep);
    return [{ key: service.key, attrs: byHand?.attrs ?? service.attrs, dests }];
  });
  return { desired: services, kept };
}

function adoptedDests(
  { dests }: DesiredService,
  before: ServiceConfig,
  after: ServiceConfig,
  { servers }: ServiceStatus,
  keep: (server: string, byHand: ByHand<unknown>) => void,
): readonly Dest[] {
  const was = keyed(before.servers, ({ key }) => destKey(key));
  const is = keyed(after.servers, ({ key }) => destKey(key));
  const wanted = new Map(dests.map((dest) => [destKey(dest.key), dest]));
  for (const { key, byHand } of servers) {
    const name = destKey(key);
    const [old, now] = [was.get(name), is.get(name)];
    const isSame =
      old === undefined ? now === undefined : now !== undefined && sameDest(old.attrs, now.attrs);
    if (byHand === null || !isSame) continue;
    // A server that is down is not there to differ.
    if (!wanted.has(name) && (now !== undefined || byHand.attrs === null)) continue;
    if (byHand.attrs === null) wanted.delete(name);
    else wanted.set(name, { key, attrs: byHand.attrs });
    keep(name, byHand);
  }
  return [...wanted.values()];
}
