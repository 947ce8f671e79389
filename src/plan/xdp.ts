import type { Ip } from '../base/ip.ts';
import { keyed } from '../base/keyed.ts';
import { err, type Result } from '../base/result.ts';
import type { IpvsOp } from '../model/ops.ts';
import { type Dest, serviceKey } from '../model/services.ts';
import type { XdpOp, XdpRefusal, XdpTable } from '../model/xdp.ts';
import { draftOf, draftXdp, namedBy } from './xdp-draft.ts';
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
  readonly resting: Resting;
}

/**
 * The writes that make of the maps what the operations ask for. They are told apart one by one; then each service
 * becomes at once what they make of it together, or, where there is no room for that, stays as it is: all operations
 * on it are refused with ENOSPC.
 */
export function planXdp(change: XdpChange): XdpPlan {
  const { table, configured, held } = change;
  const services = keyed(table.services, ({ key }) => serviceKey(key));
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
      const isOpen = draft.of !== null && table.open.has(draft.of.slot);
      const planned = planService(draft, { configured: configured.get(name) ?? [], isOwned, isOpen }, slots);
      if (!planned.ok) {
        full.set(name, planned.error);
        continue;
      }
      staged.push(...planned.value.staged);
      after.set(name, { slot: planned.value.slot, key, isOwned: draft.of?.isOwned ?? isOwned });
    }
    if (before !== null && draft?.of !== before) {
      staged.push(...planRemoval(before, table.open.has(before.slot), slots));
      if (draft === null) after.delete(name);
    }
  }
  staged.push(...planOwned(table, [...after.values()], held));
  return {
    writes: inOrder(staged),
    results: drafted.results.map((result, i) => {
      const op = change.ops[i];
      const refused = op === undefined ? undefined : full.get(namedBy(op));
      return result.ok && refused !== undefined ? err(refused) : result;
    }),
    resting: slots.resting(),
  };
}
