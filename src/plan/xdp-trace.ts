import type { TraceAnswer, TraceChoice, TraceFlag, TraceHash, TraceLoad } from '../model/trace.ts';
import type { XdpServer, XdpService } from '../model/xdp.ts';
import { MAGLEV_SLOTS, maglev, SOURCE_SLOTS } from './maglev.ts';
import { ringRecipe, ringServers } from './xdp-ring.ts';
import { nameServers } from './xdp-servers.ts';

/** An entry of the table of flows that is alive. */
export interface TraceFlow {
  readonly state: string;
  /** A slot. */
  readonly server: number;
  /** That is a server whose flows go on. */
  readonly isServed: boolean;
  readonly secondsLeft: number;
}

/** What the program finds when a packet of a service comes. */
export interface TraceFacts {
  readonly isTcp: boolean;
  readonly flag: TraceFlag;
  readonly service: XdpService;
  /** Its ring: slots of servers. */
  readonly ring: Uint32Array;
  /** Choices of rr and wrr so far. */
  readonly turns: bigint;
  /** Active and inactive connections of the server in a slot. */
  readonly connections: (server: number) => readonly [active: number, inactive: number];
  readonly flow: TraceFlow | null;
  /** The flow could be stored. */
  readonly hasRoom: boolean;
  /** Of a service with persistence. */
  readonly template: TraceFlow | null;
  readonly hasTemplateRoom: boolean;
  /** The slots of the ring that its hashes fall on: of the connection, and of the client as far as the service tells it apart. */
  readonly slots: { readonly connection: number; readonly client: number };
}

export interface Traced {
  readonly choice: TraceChoice | null;
  readonly passedOver: TraceAnswer['passedOver'];
  /** The slot of the server; null where there is none to choose. */
  readonly server: number | null;
}

/** Which server the program gives a packet of a service, and why: native/bpf/balance.h in its own order. */
export function traceChoice(facts: TraceFacts): Traced {
  const { flow, isTcp, flag } = facts;
  const reopens = isTcp && flag === 'syn' && flow?.state === 'fin';
  if (flow?.isServed && !reopens) {
    const { state, secondsLeft, server } = flow;
    return { choice: { kind: 'flow', state, secondsLeft }, passedOver: null, server };
  }
  const passedOver = flow === null ? null : flow.isServed ? 'closing' : 'server_gone';
  return { ...chooseAnew(facts), passedOver };
}

type Chosen = Omit<Traced, 'passedOver'>;

const HASHED: readonly string[] = ['mh', 'sh'];

function chooseAnew(facts: TraceFacts): Chosen {
  const { service, ring } = facts;
  const { persistence, onePacket, scheduler } = service.attrs;
  const isByHash = HASHED.includes(scheduler) && persistence === null;
  if (persistence !== null && facts.template?.isServed) {
    const { secondsLeft, server } = facts.template;
    const choice = { kind: 'template', prefix: persistence.prefix, secondsLeft } as const;
    return { choice, server };
  }
  if (ring.length === 0) return { choice: null, server: null };
  if (isByHash || (onePacket && persistence === null)) return bySchedule(facts);
  if (facts.isTcp && facts.flag !== 'syn') return byHash(facts, 'opens_nothing');
  const isKept = persistence === null ? facts.hasRoom : facts.hasTemplateRoom;
  const chosen = bySchedule(facts);
  return isKept || chosen.server === null ? chosen : byHash(facts, 'no_room');
}

function bySchedule(facts: TraceFacts): Chosen {
  const { service, ring, turns } = facts;
  switch (service.attrs.scheduler) {
    case 'rr':
    case 'wrr': {
      const turn = Number(turns % BigInt(ring.length));
      return { choice: { kind: 'turn', turn, of: ring.length }, server: ring[turn] ?? null };
    }
    case 'lc':
    case 'wlc':
      return byLoad(facts);
    default:
      return byHash(facts, 'scheduler');
  }
}

function byHash({ service, ring, slots }: TraceFacts, because: TraceHash['because']): Chosen {
  const { scheduler, schedulerFlags, persistence } = service.attrs;
  const isHashed = HASHED.includes(scheduler);
  // ip_vs_sh.c and ip_vs_mh.c: the client's address alone, unless flag 2 (port) is set.
  const by = persistence !== null || (isHashed && !schedulerFlags.includes(2)) ? 'client' : 'connection';
  const slot = slots[by];
  const server = ring[slot] as number;
  const instead = isHashed ? insteadOf(service, slot, server) : null;
  return { choice: { kind: 'hash', by, because, slot, of: ring.length, instead }, server };
}

/** Whose slot it is in a ring that all configured servers share; null where that is who has it. */
function insteadOf(service: XdpService, slot: number, server: number): TraceHash['instead'] {
  const { scheduler } = service.attrs;
  const counting = ringServers(ringRecipe(scheduler, nameServers(service.servers)));
  if (counting.every(({ weight, alive }) => alive >= weight)) return null;
  const base = maglev(counting, scheduler === 'mh' ? MAGLEV_SLOTS : SOURCE_SLOTS);
  const own = counting[base[slot] ?? -1];
  const owner = service.servers.find((each) => each.slot === own?.slot);
  if (own === undefined || owner === undefined || owner.slot === server) return null;
  return { of: owner.key, why: own.alive === 0 ? 'out' : 'part_of_its_weight' };
}

function byLoad({ service, ring, connections }: TraceFacts): Chosen {
  const isWeighted = service.attrs.scheduler === 'wlc';
  const bySlot = new Map(service.servers.map((server) => [server.slot, server]));
  const servers = [...ring].flatMap((slot) => bySlot.get(slot) ?? []).filter(isAvailable);
  const loads = servers.map((server) => {
    const [active, inactive] = connections(server.slot);
    return { slot: server.slot, server: server.key, active, inactive, weight: server.attrs.weight };
  });
  const least = loads.reduce<Load | null>((best, load) => leaster(best, load, isWeighted), null);
  if (least === null) return { choice: null, server: null };
  const others = loads.filter((load) => load !== least);
  const next = others.reduce<Load | null>((best, load) => leaster(best, load, isWeighted), null);
  const shown = ({ slot: _, ...load }: Load): TraceLoad => load;
  return {
    choice: { kind: 'load', least: shown(least), next: next && shown(next), of: loads.length },
    server: least.slot,
  };
}

interface Load extends TraceLoad {
  readonly slot: number;
}

/** The one with less to do for its weight; of equals the first. An active connection counts as 256 others. */
function leaster(best: Load | null, load: Load, isWeighted: boolean): Load {
  if (best === null) return load;
  const cost = ({ active, inactive }: Load): bigint => BigInt(active) * 256n + BigInt(inactive);
  const weight = (of: Load): bigint => (isWeighted ? BigInt(of.weight) : 1n);
  return cost(load) * weight(best) < cost(best) * weight(load) ? load : best;
}

const isAvailable = ({ state, attrs }: XdpServer): boolean => state === 'in' && attrs.weight > 0;
