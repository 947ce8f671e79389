import { ok, type Result } from '../base/result.ts';
import { type Dest, destKey } from '../model/services.ts';
import type { Region, XdpRefusal, XdpServer, XdpService } from '../model/xdp.ts';
import { sameDest, sameService } from './ipvs.ts';
import { type ServiceDraft, told } from './xdp-draft.ts';
import type { StagedOp } from './xdp-order.ts';
import { refuseDest } from './xdp-refuse.ts';
import { ringRecipe, ringServer } from './xdp-ring.ts';
import { ringWrites } from './xdp-ring-writes.ts';
import type { XdpSlots } from './xdp-slots.ts';

export interface ServiceFacts {
  /** The servers that are configured for it. */
  readonly configured: readonly Dest[];
  /** This machine holds its address. */
  readonly isOwned: boolean;
}

export interface PlannedService {
  /** Where it is from here on. */
  readonly slot: number;
  readonly staged: readonly StagedOp[];
}

/**
 * The writes that make a service what its draft says, with the servers that are configured for it: those that it does
 * not have are there as `out`. Refused where there is no room; then nothing was given back.
 */
export function planService(
  draft: ServiceDraft,
  facts: ServiceFacts,
  slots: XdpSlots,
): Result<PlannedService, XdpRefusal> {
  const { key, attrs, of } = draft;
  const before = new Map(of?.servers.map((server) => [destKey(server.key), server]));
  const wanted = wantedServers(draft, facts.configured);
  const missing = [...wanted.keys()].filter((name) => !before.has(name));
  const taken = slots.takeServers(missing.length);
  if (!taken.ok) return taken;
  const found = of === null ? slots.takeService() : ok(of.slot);
  if (!found.ok) return found;
  const slot = found.value;
  const fresh = new Map(missing.map((name, i) => [name, taken.value[i]]));
  const servers = [...wanted].map(([name, server]): [string, XdpServer] => {
    const at = before.get(name)?.slot ?? fresh.get(name)?.slot;
    if (at === undefined) throw new Error(`${name} has no slot`);
    return [name, { ...server, slot: at }];
  });

  const recipe = ringRecipe(
    attrs.scheduler,
    servers.map(([name, server]) => ringServer(name, server)),
  );
  const ring = ringWrites(slot, recipe, of, slots);
  if (!ring.ok) return ring;
  const staged: StagedOp[] = [...ring.value];
  if (of === null) {
    const service = { key, attrs, isOwned: facts.isOwned, ring: NO_RING, ringOf: 0 };
    staged.push(
      { stage: 'fill', op: { op: 'putService', slot, service } },
      { stage: 'open', op: { op: 'putKey', key, service: slot } },
    );
  } else if (!sameService(of.attrs, attrs)) {
    // Who looks at every slot of a ring for each connection must not meet one that is hashed.
    const stage = COUNTING.includes(of.attrs.scheduler) ? 'fill' : 'set';
    staged.push({ stage, op: { op: 'setService', slot, attrs } });
  }
  for (const [name, server] of servers) {
    const was = before.get(name);
    if (was === undefined) {
      if (fresh.get(name)?.isRetired)
        staged.push({ stage: 'clear', op: { op: 'clearFlows', servers: [server.slot] } });
      staged.push({ stage: 'fill', op: { op: 'putServer', service: slot, server } });
    } else if (was.state === 'in' && server.state === 'out') {
      staged.push(
        { stage: 'retire', op: { op: 'setServer', server } },
        { stage: 'retire', op: { op: 'foldTraffic', server: server.slot, into: slot } },
      );
    } else if (!sameServer(was, server)) {
      staged.push({ stage: 'fill', op: { op: 'setServer', server } });
    }
  }
  for (const [name, { slot: gone }] of before) {
    if (wanted.has(name)) continue;
    staged.push(
      { stage: 'retire', op: { op: 'retireServer', slot: gone } },
      { stage: 'retire', op: { op: 'foldTraffic', server: gone, into: slot } },
    );
    slots.giveBack({ servers: [gone] });
  }
  return ok({ slot, staged });
}

/** The writes that remove a service: nothing finds it any more, then it is let go after its servers. */
export function planRemoval(
  { slot, key, ring, servers }: XdpService,
  isOpen: boolean,
  slots: XdpSlots,
): readonly StagedOp[] {
  slots.giveBack({ services: [slot], servers: servers.map((server) => server.slot), rings: [ring] });
  return [
    ...(isOpen ? [{ stage: 'close', op: { op: 'deleteKey', key } } as const] : []),
    // In this order, so that a crash in between leaves no servers of nobody.
    ...servers.map((server): StagedOp => ({ stage: 'free', op: { op: 'retireServer', slot: server.slot } })),
    { stage: 'free', op: { op: 'freeService', slot } },
  ];
}

const NO_RING: Region = { offset: 0, size: 0 };

const COUNTING: readonly string[] = ['lc', 'wlc'];

/** By destKey: those that the service has, and those that are configured for it and could be had. */
function wantedServers(
  { key: of, dests }: ServiceDraft,
  configured: readonly Dest[],
): ReadonlyMap<string, Omit<XdpServer, 'slot'>> {
  const possible = configured.filter((dest) => refuseDest(of, dest) === null);
  const known = new Map(possible.map((dest) => [destKey(dest.key), dest]));
  const wanted = new Map<string, Omit<XdpServer, 'slot'>>();
  for (const [name, { key, attrs }] of dests)
    wanted.set(name, { state: 'in', key, attrs, configuredWeight: known.get(name)?.attrs.weight ?? null });
  for (const [name, { key, attrs }] of known)
    if (!wanted.has(name))
      wanted.set(name, { state: 'out', key, attrs: told(attrs), configuredWeight: attrs.weight });
  return wanted;
}

const sameServer = (a: XdpServer, b: XdpServer): boolean =>
  a.state === b.state && a.configuredWeight === b.configuredWeight && sameDest(a.attrs, b.attrs);
