import { type Instant, later, type Millis, millisToMicros } from '../base/units.ts';
import type { CheckDesired } from '../ipc/messages.ts';
import type { DriftConfig } from '../model/config.ts';
import { withOrders } from '../model/orders.ts';
import { type DesiredService, type DestKey, type ServiceKey, serviceKey } from '../model/services.ts';
import { desiredService, type ServiceView, wholeService } from '../plan/desired.ts';
import type { CheckOrders } from './check-orders.ts';

/** One of the services that are ours to change or remove. */
export interface OurService {
  readonly key: ServiceKey;
  readonly name: string;
  /** With all servers that it may have as it is ordered; null for a service of an earlier configuration. */
  readonly configured: DesiredService | null;
  /** With the servers that are to serve at this moment, and the weights that their checks ask for. */
  wanted(): DesiredService | null;
  /** When the drain of a server that is not to be in ends at the latest, that began at `since`. */
  endsAt(server: DestKey, since: Instant): Instant;
}

/** What the kernel should hold. */
export interface TableGoal {
  readonly generation: number;
  readonly drift: DriftConfig;
  /** The first reading is to leave no services but ours. */
  readonly flush: boolean;
  /** And so is the last. */
  readonly flushOnStop: boolean;
  /** By serviceKey. */
  readonly services: ReadonlyMap<string, OurService>;
}

/** The goal of a desired state. `nameOf` gives the name that a service had in an earlier configuration. */
export function tableGoal(
  { generation, drift, ipvs: { flush, flushOnStop }, services, retired }: CheckDesired,
  view: ServiceView,
  orders: CheckOrders,
  nameOf: (key: ServiceKey) => string,
): TableGoal {
  const orderOf = orders.all;
  const ours: OurService[] = [
    ...services.map((config) => {
      const ordered = withOrders(config, orderOf);
      return {
        key: config.key,
        name: config.name,
        configured: wholeService(ordered),
        wanted: () => desiredService(ordered, view),
        endsAt: (server: DestKey, since: Instant) => orders.endsAt(config, server, since),
      };
    }),
    ...retired.map(({ key, drainTimeout }) => leaving(key, nameOf(key), drainTimeout)),
  ];
  return {
    generation,
    drift,
    flush,
    flushOnStop,
    services: new Map(ours.map((service) => [serviceKey(service.key), service])),
  };
}

/** The service on its way out. */
export const leaving = (key: ServiceKey, name: string, drainTimeout: Millis): OurService => ({
  key,
  name,
  configured: null,
  wanted: () => null,
  endsAt: (_server, since) => later(since, millisToMicros(drainTimeout)),
});
