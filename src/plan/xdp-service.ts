import { ok, type Result } from '../base/result.ts';
import { type Dest, destKey } from '../model/services.ts';
import type { Region, XdpRefusal, XdpServer, XdpService, XdpServiceKey } from '../model/xdp.ts';
import { sameDest, sameService } from './ipvs.ts';
import type { ConfiguredDests } from './xdp-configured.ts';
import { type ServiceDraft, told } from './xdp-draft.ts';
import type { StagedWrites } from './xdp-order.ts';
import { refuseDest } from './xdp-refuse.ts';
import { ringRecipe } from './xdp-ring.ts';
import { planRing } from './xdp-ring-writes.ts';
import { editNamed, editSlots, findServer, type ServerEdit, type ServerNames } from './xdp-servers.ts';
import type { XdpSlots } from './xdp-slots.ts';

export interface ServiceFacts {
  readonly configured: ConfiguredDests;
  /** This machine holds its address. */
  readonly isOwned: boolean;
  /** All of its servers are looked at, not only those that its draft names. */
  readonly isReviewed: boolean;
}

/**
 * Adds the writes that make a service what its draft says, with the servers that are configured for it: those that it
 * does not have are there as `out`. Gives the service as it is then. Refused where there is no room; then nothing was
 * given back, and nothing is written.
 */
export function planService(
  draft: ServiceDraft,
  facts: ServiceFacts,
  slots: XdpSlots,
  names: ServerNames,
  writes: StagedWrites,
): Result<XdpService, XdpRefusal> {
  const { key, attrs, of } = draft;
  const edits = editsOf(draft, facts);
  const fresh = edits.filter(({ was }) => was === null);
  const taken = slots.takeServers(fresh.length);
  if (!taken.ok) return taken;
  const found = of === null ? slots.takeService() : ok(of.slot);
  if (!found.ok) return found;
  const slot = found.value;
  const { free, retired } = taken.value;
  for (const [i, { server }] of fresh.entries())
    if (server !== null) server.slot = (i < free.length ? free[i] : retired[i - free.length]) as number;
  const named = editNamed(draft.before, edits);
  const planned = planRing(slot, ringRecipe(attrs.scheduler, named), of, slots);
  if (!planned.ok) return planned;

  const { ring, ringOf } = planned.value;
  for (const write of planned.value.writes) writes.add('ring', write);
  const isOwned = of === null ? facts.isOwned : of.isOwned;
  if (of === null) {
    writes.add('fill', {
      op: 'putService',
      slot,
      service: { key, attrs, isOwned, ring: NO_RING, ringOf: 0 },
    });
    writes.add('open', { op: 'putKey', key, service: slot });
  } else if (!sameService(of.attrs, attrs)) {
    // Who looks at every slot of a ring for each connection must not meet one that is hashed.
    const stage = COUNTING.includes(of.attrs.scheduler) ? 'fill' : 'set';
    writes.add(stage, { op: 'setService', slot, attrs });
  }
  if (retired.length > 0) writes.add('clear', { op: 'clearFlows', servers: retired });
  for (const edit of edits) writeEdit(edit, slot, writes);
  const gone = edits.flatMap(({ was, server }) => (was !== null && server === null ? [was.slot] : []));
  slots.giveBack({ servers: gone });
  const servers = editSlots(of === null ? [] : of.servers, edits);
  names.keep(servers, named);
  return ok({ slot, key, attrs, isOwned, ring, ringOf, servers });
}

/** Adds the writes that remove a service: nothing finds it any more, then it is let go after its servers. */
export function planRemoval(
  { slot, key, ring, servers }: XdpService,
  isOpen: boolean,
  slots: XdpSlots,
  writes: StagedWrites,
): void {
  slots.giveBack({ services: [slot], servers: servers.map((server) => server.slot), rings: [ring] });
  if (isOpen) writes.add('close', { op: 'deleteKey', key });
  // In this order, so that a crash in between leaves no servers of nobody.
  for (const server of servers) writes.add('free', { op: 'retireServer', slot: server.slot });
  writes.add('free', { op: 'freeService', slot });
}

const NO_RING: Region = { offset: 0, size: 0 };

const COUNTING: readonly string[] = ['lc', 'wlc'];

/** The slot of a server that comes is known when all that come are. */
interface Edit extends ServerEdit {
  readonly server: { -readonly [Field in keyof XdpServer]: XdpServer[Field] } | null;
}

/** What becomes of the servers that are looked at, as far as they are to be others. */
function editsOf(
  { key, dests, before }: ServiceDraft,
  { configured, isReviewed }: ServiceFacts,
): readonly Edit[] {
  const edits: Edit[] = [];
  const isSeen = new Uint8Array(isReviewed ? configured.dests.length : 0);
  let likely = 0;
  const look = (name: string, dest: Dest | null, was: XdpServer | null) => {
    const place = configured.placeOf(name, (dest ?? was)?.key, likely);
    likely = place + 1;
    isSeen[place] = 1;
    const server = wantedServer(key, dest, configured.dests[place], was);
    if (server === null ? was !== null : was === null || !sameServer(was, server))
      edits.push({ name, was, server });
  };
  for (const [name, dest] of dests) look(name, dest, findServer(before, name));
  if (!isReviewed) return edits;
  before.servers.forEach((was, i) => {
    const name = before.names[i] as string;
    if (!dests.has(name)) look(name, was.state === 'in' ? was : null, was);
  });
  configured.dests.forEach((known, place) => {
    if (isSeen[place] === 1) return;
    const server = wantedServer(key, null, known, null);
    if (server !== null) edits.push({ name: destKey(known.key), was: null, server });
  });
  return edits;
}

/** A server that the service has, or that is configured for it and could be had; null for neither. */
function wantedServer(
  of: XdpServiceKey,
  dest: Dest | null,
  known: Dest | undefined,
  was: XdpServer | null,
): Edit['server'] {
  const slot = was === null ? NOWHERE : was.slot;
  const possible = known === undefined || refuseDest(of, known) !== null ? null : known;
  const configuredWeight = possible === null ? null : possible.attrs.weight;
  if (dest !== null) return { slot, state: 'in', key: dest.key, attrs: dest.attrs, configuredWeight };
  if (possible === null) return null;
  return { slot, state: 'out', key: possible.key, attrs: told(possible.attrs), configuredWeight };
}

const NOWHERE = -1;

function writeEdit({ was, server }: Edit, into: number, writes: StagedWrites): void {
  if (was === null) {
    if (server !== null) writes.add('fill', { op: 'putServer', service: into, server });
  } else if (server === null) {
    writes.add('retire', { op: 'retireServer', slot: was.slot });
    writes.add('retire', { op: 'foldTraffic', server: was.slot, into });
  } else if (was.state === 'in' && server.state === 'out') {
    writes.add('retire', { op: 'setServer', server });
    writes.add('retire', { op: 'foldTraffic', server: was.slot, into });
  } else writes.add('fill', { op: 'setServer', server });
}

const sameServer = (a: XdpServer, b: XdpServer): boolean =>
  a.state === b.state && a.configuredWeight === b.configuredWeight && sameDest(a.attrs, b.attrs);
