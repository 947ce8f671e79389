import type { Ip } from '../base/ip.ts';
import { keyed } from '../base/keyed.ts';
import { err, type Result } from '../base/result.ts';
import type { IpvsOp } from '../model/ops.ts';
import { serviceKey } from '../model/services.ts';
import type { XdpOp, XdpRefusal, XdpService, XdpTable } from '../model/xdp.ts';
import { ConfiguredDests, type ConfiguredServers } from './xdp-configured.ts';
import { draftOf, draftXdp, namedBy } from './xdp-draft.ts';
import { openServices } from './xdp-open.ts';
import { StagedWrites } from './xdp-order.ts';
import { type Owned, planOwned } from './xdp-owned.ts';
import { ServerNames } from './xdp-servers.ts';
import { planRemoval, planService } from './xdp-service.ts';
import { NOTHING_RESTS, type Resting, xdpSlots } from './xdp-slots.ts';

/** What one change leaves to the next one. */
export interface XdpMemory {
  /** What it gave back. */
  readonly resting: Resting;
  /** Services that are not as they should be for want of room, by serviceKey. */
  readonly full: ReadonlyMap<string, XdpRefusal>;
  /** There may be room now that it did not find. */
  readonly mayFit: boolean;
  readonly names: ServerNames;
}

export const newXdpMemory = (): XdpMemory => ({
  resting: NOTHING_RESTS,
  full: new Map(),
  mayFit: false,
  names: new ServerNames(),
});

export interface XdpChange {
  /** The maps as they are. */
  readonly table: XdpTable;
  readonly memory: XdpMemory;
  readonly ops: readonly IpvsOp[];
  /** As of now. */
  readonly configured: ConfiguredServers;
  /** The addresses of services that this machine holds. */
  readonly held: ReadonlySet<Ip>;
  /**
   * All servers of all services are looked at, not only those that `ops` name: after a start or a failure, and when
   * `configured` has changed.
   */
  readonly reviewsAll: boolean;
}

export interface XdpPlan {
  /** In an order that is safe for packets in between. */
  readonly writes: readonly XdpOp[];
  /** The maps after them. */
  readonly after: XdpTable;
  /** The outcome of each of `ops`. */
  readonly results: readonly Result<void, XdpRefusal>[];
  readonly memory: XdpMemory;
}

/**
 * The writes that make of the maps what the operations ask for. They are told apart one by one; then each service
 * becomes at once what they make of it together, or, where there is no room for that, stays as it is: all operations
 * on it are refused with ENOSPC, and it is looked at again when there is more room. What a crash left of a change goes.
 */
export function planXdp(change: XdpChange): XdpPlan {
  const { table, memory, configured, held } = change;
  const { names } = memory;
  const services = keyed(openServices(table), ({ key }) => serviceKey(key));
  const drafted = draftXdp(services, change.ops, names);
  const slots = xdpSlots(table, memory.resting);
  const writes = new StagedWrites();
  const after = new Map<string, XdpService>(services);
  const refused = new Map<string, XdpRefusal>();
  const looked = new Set(drafted.drafts.keys());
  if (change.reviewsAll) for (const name of services.keys()) looked.add(name);
  else if (memory.mayFit) for (const name of memory.full.keys()) looked.add(name);
  for (const name of looked) {
    const before = services.get(name) ?? null;
    const known = drafted.drafts.get(name);
    const draft = known === undefined ? draftOf(before, names) : known;
    if (draft !== null) {
      const facts = {
        configured: configured.get(name) ?? NOBODY,
        isOwned: held.has(draft.key.address),
        isReviewed: change.reviewsAll || draft.of === null || memory.full.has(name),
      };
      const planned = planService(draft, facts, slots, names, writes);
      if (!planned.ok) {
        refused.set(name, planned.error);
        continue;
      }
      after.set(name, planned.value);
    }
    if (before !== null && draft?.of !== before) {
      planRemoval(before, true, slots, writes);
      if (draft === null) after.delete(name);
    }
  }
  for (const service of table.services)
    if (!table.open.has(service.slot)) planRemoval(service, false, slots, writes);
  const owned = planOwned(table, [...after.values()], held, writes);
  const written = writes.inOrder();
  // A change that writes nothing is none, unless it found no room: it may be tried again.
  const isNone = written.length === 0 && refused.size === 0;
  const full = [...memory.full].filter(
    ([name]) =>
      configured.has(name) && !drafted.drafts.has(name) && !(looked.has(name) && services.has(name)),
  );
  return {
    writes: written,
    after: written.length === 0 ? table : tableAfter(table.room, owned, slots.retired()),
    results: refused.size === 0 ? drafted.results : refuse(drafted.results, change.ops, refused),
    memory: {
      resting: isNone ? memory.resting : slots.resting(),
      full: new Map([...full, ...refused]),
      mayFit: isNone ? memory.mayFit : hasAny(memory.resting),
      names,
    },
  };
}

const NOBODY = new ConfiguredDests([]);

const hasAny = ({ services, servers, rings }: Resting): boolean =>
  services.length + servers.length + rings.length > 0;

const tableAfter = (room: XdpTable['room'], owned: Owned, retired: readonly number[]): XdpTable => ({
  room,
  ...owned,
  services: [...owned.services].sort((a, b) => a.slot - b.slot),
  open: new Set(owned.services.map(({ slot }) => slot)),
  retired,
});

/** Operations on services that found no room are refused, whatever became of them by themselves. */
const refuse = (
  results: XdpPlan['results'],
  ops: readonly IpvsOp[],
  refused: ReadonlyMap<string, XdpRefusal>,
): XdpPlan['results'] =>
  results.map((result, i) => {
    const op = ops[i];
    const because = op === undefined ? undefined : refused.get(namedBy(op));
    return result.ok && because !== undefined ? err(because) : result;
  });
