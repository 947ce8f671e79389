import type { Ip } from '../base/ip.ts';
import { keyed } from '../base/keyed.ts';
import { err, type Result } from '../base/result.ts';
import type { IpvsOp } from '../model/ops.ts';
import { type Dest, serviceKey } from '../model/services.ts';
import type { XdpOp, XdpRefusal, XdpTable } from '../model/xdp.ts';
import { draftOf, draftXdp, namedBy } from './xdp-draft.ts';
import { openServices } from './xdp-open.ts';
import { inOrder, type StagedOp } from './xdp-order.ts';
import { type OwnedService, planOwned } from './xdp-owned.ts';
import { planRemoval, planService } from './xdp-service.ts';
import { type Resting, xdpSlots } from './xdp-slots.ts';

export interface XdpChange {
  /** The maps as they are. */
  readonly table: XdpTable;
  /** What the change before gave back. */
  readonly resting: Resting;
  readonly ops: readonly IpvsOp[];
  /** The servers that are configured now for each service, whether they are well or not, by serviceKey. */
  readonly configured: ReadonlyMap<string, readonly Dest[]>;
  /** The addresses of services that this machine holds. */
  readonly held: ReadonlySet<Ip>;
  /** All services are looked at, not only those that `ops` name: after a start, and when `configured` has changed. */
  readonly reviewsAll: boolean;
}

export interface XdpPlan {
  /** In an order that is safe for packets in between. */
  readonly writes: readonly XdpOp[];
  /** The outcome of each of `ops`. */
  readonly results: readonly Result<void, XdpRefusal>[];
  /** Services that stay as they are for want of room, by serviceKey: also those that no operation names. */
  readonly full: ReadonlyMap<string, XdpRefusal>;
  /** For the next change. One that writes nothing is none, unless it found no room: it may be tried again. */
  readonly resting: Resting;
}

/**
 * The writes that make of the maps what the operations ask for. They are told apart one by one; then each service
 * becomes at once what they make of it together, or, where there is no room for that, stays as it is: all operations
 * on it are refused with ENOSPC. What a crash left of a change goes.
 */
export function planXdp(change: XdpChange): XdpPlan {
  const { table, configured, held } = change;
  const services = keyed(openServices(table), ({ key }) => serviceKey(key));
  const drafted = draftXdp(services, change.ops);
  const slots = xdpSlots(table, change.resting);
  const after = new Map<string, OwnedService>(services);
  const full = new Map<string, XdpRefusal>();
  const staged: StagedOp[] = [];
  for (const name of new Set([...drafted.drafts.keys(), ...(change.reviewsAll ? services.keys() : [])])) {
    const before = services.get(name) ?? null;
    const known = drafted.drafts.get(name);
    const draft = known === undefined ? draftOf(before) : known;
    if (draft !== null) {
      const { key } = draft;
      const isOwned = held.has(key.address);
      const facts = { configured: configured.get(name) ?? [], isOwned };
      const planned = planService(draft, facts, slots);
      if (!planned.ok) {
        full.set(name, planned.error);
        continue;
      }
      // One by one: there may be more servers than a call takes arguments.
      for (const each of planned.value.staged) staged.push(each);
      after.set(name, { slot: planned.value.slot, key, isOwned: draft.of?.isOwned ?? isOwned });
    }
    if (before !== null && draft?.of !== before) {
      for (const each of planRemoval(before, true, slots)) staged.push(each);
      if (draft === null) after.delete(name);
    }
  }
  for (const service of table.services)
    if (!table.open.has(service.slot)) staged.push(...planRemoval(service, false, slots));
  staged.push(...planOwned(table, [...after.values()], held));
  const writes = inOrder(staged);
  return {
    writes,
    results: drafted.results.map((result, i) => {
      const op = change.ops[i];
      const refused = op === undefined ? undefined : full.get(namedBy(op));
      return result.ok && refused !== undefined ? err(refused) : result;
    }),
    full,
    resting: writes.length === 0 && full.size === 0 ? change.resting : slots.resting(),
  };
}
