import type { FlowBatch, SharedFlow } from '../model/flow-sync.ts';
import { type DestKey, destKey, serviceKey } from '../model/services.ts';
import type { XdpServiceKey } from '../model/xdp.ts';
import { FLOW_SYNC_SIZES, MOST_NAMES } from './flow-sync.ts';
import { FLOW_SYNC_MAC } from './flow-sync-seal.ts';

/** Bytes of a datagram, so that it is whole on every link. */
export const MOST_BYTES = 1400;

/** What a slot is called on every director. */
export interface ServerName {
  readonly service: XdpServiceKey;
  readonly server: DestKey;
}

/** Flows, by the slots of their servers, as batches that each fit a datagram. Those of slots without a name are left out. */
export function packFlows(
  flows: readonly SharedFlow[],
  nameOf: (slot: number) => ServerName | null,
): readonly FlowBatch[] {
  const batches: Batch[] = [];
  for (const flow of flows) {
    const name = nameOf(flow.server);
    if (name === null) continue;
    if (batches.at(-1)?.add(flow, name) === true) continue;
    const next = new Batch();
    next.add(flow, name);
    batches.push(next);
  }
  return batches;
}

class Batch implements FlowBatch {
  readonly services: XdpServiceKey[] = [];
  readonly servers: FlowBatch['servers'][number][] = [];
  readonly flows: SharedFlow[] = [];
  readonly #services = new Map<string, number>();
  readonly #servers = new Map<string, number>();
  #size = FLOW_SYNC_SIZES.header + FLOW_SYNC_MAC;

  /** False where there is no room. */
  add(flow: SharedFlow, { service, server }: ServerName): boolean {
    const serviceName = serviceKey(service);
    const serverName = `${serviceName} ${destKey(server)}`;
    const isNewService = !this.#services.has(serviceName);
    const isNewServer = !this.#servers.has(serverName);
    const size =
      this.#size +
      FLOW_SYNC_SIZES.flow +
      (isNewService ? FLOW_SYNC_SIZES.service : 0) +
      (isNewServer ? FLOW_SYNC_SIZES.server : 0);
    if (size > MOST_BYTES || this.servers.length === MOST_NAMES) return false;
    this.#size = size;
    if (isNewService) this.#services.set(serviceName, this.services.push(service) - 1);
    if (isNewServer) {
      const named = { service: this.#services.get(serviceName) ?? 0, key: server };
      this.#servers.set(serverName, this.servers.push(named) - 1);
    }
    this.flows.push({ ...flow, server: this.#servers.get(serverName) ?? 0 });
    return true;
  }
}
