import type { FlowBatch, SharedFlow, SharedState } from '../model/flow-sync.ts';
import { destKey, type Protocol, serviceKey } from '../model/services.ts';
import type { XdpService, XdpTable } from '../model/xdp.ts';
import { openServices } from './xdp-open.ts';

/** Which flows of a service other directors are told of. */
export type SyncScope = 'none' | 'all' | 'off_the_ring';

/**
 * What others could not find out by themselves: where the server is chosen by the hash of a flow, only the flows whose
 * server the ring would not give now. A hash of the client alone is not known of a flow, so all of those are told.
 */
export function syncScope({ attrs }: Pick<XdpService, 'attrs'>, isHeld: boolean): SyncScope {
  const { scheduler, schedulerFlags, persistence, onePacket } = attrs;
  if (!isHeld || onePacket) return 'none';
  const isHashed = (scheduler === 'mh' || scheduler === 'sh') && persistence === null;
  return isHashed && schedulerFlags.includes(2) ? 'off_the_ring' : 'all';
}

/** What flows of others are looked up in. */
export type SyncIndex = ReadonlyMap<string, SyncService>;

interface SyncService {
  readonly service: XdpService;
  /** Slots by destKey. */
  readonly servers: ReadonlyMap<string, number>;
}

export const indexForSync = (table: XdpTable): SyncIndex =>
  new Map(
    openServices(table).map((service) => {
      const slots = service.servers.map(({ key, slot }) => [destKey(key), slot] as const);
      return [serviceKey(service.key), { service, servers: new Map(slots) }];
    }),
  );

/** What becomes of flows that another director told. */
export interface TakenFlows {
  /** Of services whose address is elsewhere: they take the place of what is known here. */
  readonly followed: readonly SharedFlow[];
  /** Of services whose address is here: what is known here is newer. */
  readonly added: readonly SharedFlow[];
  /** Those of services or servers that are not here, and in states that such a service has not. */
  readonly unknown: number;
}

/** Ticks for which a flow of a service is kept at most. */
export type SyncTimeouts = (state: SharedState, service: XdpService) => number;

/** The flows of a batch, by slots here. `timeouts` bounds for how long they are kept. */
export function takeFlows(
  { services, servers, flows }: FlowBatch,
  index: SyncIndex,
  isHeld: (service: XdpService) => boolean,
  timeouts: SyncTimeouts,
): TakenFlows {
  const found = services.map((key) => index.get(serviceKey(key)));
  const held = found.map((each) => each !== undefined && isHeld(each.service));
  const slots = servers.map(({ service, key }) => found[service]?.servers.get(destKey(key)));
  const followed: SharedFlow[] = [];
  const added: SharedFlow[] = [];
  let unknown = 0;
  for (const { tag, server, state, left } of flows) {
    const place = servers[server]?.service ?? -1;
    const service = found[place]?.service;
    const slot = slots[server];
    if (service === undefined || slot === undefined || !hasState(service, state)) {
      unknown++;
      continue;
    }
    const flow = { tag, server: slot, state, left: Math.min(left, timeouts(state, service)) };
    (held[place] === true ? added : followed).push(flow);
  }
  return { followed, added, unknown };
}

const STATES: Readonly<Record<Protocol, readonly SharedState[]>> = {
  tcp: ['established', 'fin'],
  udp: ['udp'],
  sctp: ['sctp'],
};

const hasState = ({ key, attrs }: XdpService, state: SharedState): boolean =>
  state === 'persist' ? attrs.persistence !== null : STATES[key.protocol].includes(state);
