import { keyed } from '../base/keyed.ts';
import type { ServiceConfig } from '../model/config.ts';
import { type DesiredService, type Dest, destKey, serviceKey } from '../model/services.ts';
import type { ServiceStatus } from '../model/status.ts';
import { sameDest, sameService } from './ipvs.ts';

/**
 * What the next configuration asks for, with the changes that somebody made by hand and `adopt` keeps: those to things
 * that are the same in both configurations.
 */
export function withAdopted(
  desired: readonly DesiredService[],
  running: readonly ServiceConfig[],
  next: readonly ServiceConfig[],
  status: readonly ServiceStatus[],
): readonly DesiredService[] {
  const before = keyed(running, ({ key }) => serviceKey(key));
  const after = keyed(next, ({ key }) => serviceKey(key));
  const known = keyed(status, ({ key }) => serviceKey(key));
  return desired.flatMap((service) => {
    const name = serviceKey(service.key);
    const [old, now, byHand] = [before.get(name), after.get(name), known.get(name)];
    if (old === undefined || now === undefined || byHand === undefined) return [service];
    const isSame = sameService(old.attrs, now.attrs);
    const attrs = isSame && byHand.byHand !== null ? byHand.byHand.attrs : service.attrs;
    return attrs === null
      ? []
      : [{ key: service.key, attrs, dests: adoptedDests(service, old, now, byHand) }];
  });
}

function adoptedDests(
  { dests }: DesiredService,
  before: ServiceConfig,
  after: ServiceConfig,
  { servers }: ServiceStatus,
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
    if (byHand.attrs === null) wanted.delete(name);
    else if (wanted.has(name) || now === undefined) wanted.set(name, { key, attrs: byHand.attrs });
  }
  return [...wanted.values()];
}
