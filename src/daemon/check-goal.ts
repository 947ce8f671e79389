import type { Millis } from '../base/units.ts';
import type { CheckDesired } from '../ipc/messages.ts';
import type { DriftConfig } from '../model/config.ts';
import { type DesiredService, type ServiceKey, serviceKey } from '../model/services.ts';
import { desiredService, type ServiceView, wholeService } from '../plan/desired.ts';

/** One of the services that are ours to change or remove. */
export interface OurService {
  readonly key: ServiceKey;
  readonly name: string;
  /** With all servers that it may have; null for a service of an earlier configuration. */
  readonly configured: DesiredService | null;
  /** With the servers that are to serve at this moment, and the weights that their checks ask for. */
  wanted(): DesiredService | null;
  readonly drainTimeout: Millis;
}

/** What the kernel should hold. */
export interface TableGoal {
  readonly generation: number;
  readonly drift: DriftConfig;
  /** By serviceKey. */
  readonly services: ReadonlyMap<string, OurService>;
}

/** The goal of a desired state. `nameOf` gives the name that a service had in an earlier configuration. */
export function tableGoal(
  { generation, drift, services, retired }: CheckDesired,
  view: ServiceView,
  nameOf: (key: ServiceKey) => string,
): TableGoal {
  const ours: OurService[] = [
    ...services.map((config) => ({
      key: config.key,
      name: config.name,
      configured: wholeService(config),
      wanted: () => desiredService(config, view),
      drainTimeout: config.drainTimeout,
    })),
    ...retired.map(({ key, drainTimeout }) => leaving(key, nameOf(key), drainTimeout)),
  ];
  return { generation, drift, services: new Map(ours.map((service) => [serviceKey(service.key), service])) };
}

/** The service on its way out. */
export const leaving = (key: ServiceKey, name: string, drainTimeout: Millis): OurService => ({
  key,
  name,
  configured: null,
  wanted: () => null,
  drainTimeout,
});
