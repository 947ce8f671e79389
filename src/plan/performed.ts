import type { IpvsOp } from '../model/ops.ts';
import { type DesiredService, type Dest, destKey } from '../model/services.ts';

/** A service after these changes to it; null is a service that is not there. */
export function performed(before: DesiredService | null, ops: readonly IpvsOp[]): DesiredService | null {
  let service = before;
  let dests = destsOf(before);
  for (const op of ops) {
    if (op.op === 'newService' || op.op === 'setService') {
      service = { ...op.service, dests: [] };
    } else if (op.op === 'delService') {
      service = null;
      dests = destsOf(null);
    } else if (op.op === 'delDest') {
      dests.delete(destKey(op.key));
    } else {
      dests.set(destKey(op.dest.key), op.dest);
    }
  }
  return service === null ? null : { key: service.key, attrs: service.attrs, dests: [...dests.values()] };
}

const destsOf = (service: DesiredService | null): Map<string, Dest> =>
  new Map(service?.dests.map((dest) => [destKey(dest.key), dest]));
