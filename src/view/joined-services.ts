import { keyed } from '../base/keyed.ts';
import {
  type DestKey,
  destKey,
  type ObservedDest,
  type ObservedService,
  type ServiceKey,
  serviceKey,
} from '../model/services.ts';
import type { CheckStatus, ServerStatus, ServiceStatus } from '../model/status.ts';
import { sortDests, sortServices } from './ipvsadm-sort.ts';

/** A virtual service as lbd knows it and as the kernel has it; one of both may be missing. */
export interface JoinedService {
  /** Of the configuration; null for a foreign service. */
  readonly name: string | null;
  readonly key: ServiceKey;
  readonly status: ServiceStatus | null;
  readonly observed: ObservedService | null;
  readonly servers: readonly JoinedServer[];
}

export interface JoinedServer {
  readonly key: DestKey;
  readonly status: ServerStatus | null;
  readonly observed: ObservedDest | null;
}

/** Services of the configuration in its order, then foreign ones in ipvsadm's; servers likewise. */
export function joinServices({ table, services }: CheckStatus): readonly JoinedService[] {
  const observed = keyed(table.available ? table.value.services : [], ({ key }) => serviceKey(key));
  const known = new Set(services.map(({ key }) => serviceKey(key)));
  const foreign = [...observed.values()].filter(({ key }) => !known.has(serviceKey(key)));
  return [
    ...services.map((status) => joined(status.key, status, observed.get(serviceKey(status.key)) ?? null)),
    ...sortServices(foreign).map((service) => joined(service.key, null, service)),
  ];
}

function joined(
  key: ServiceKey,
  status: ServiceStatus | null,
  observed: ObservedService | null,
): JoinedService {
  const dests = keyed(observed?.dests ?? [], (dest) => destKey(dest.key));
  const servers = status?.servers ?? [];
  const known = new Set(servers.map((server) => destKey(server.key)));
  const others = [...dests.values()].filter((dest) => !known.has(destKey(dest.key)));
  return {
    name: status?.name ?? null,
    key,
    status,
    observed,
    servers: [
      ...servers.map((server) => ({
        key: server.key,
        status: server,
        observed: dests.get(destKey(server.key)) ?? null,
      })),
      ...sortDests(others).map((dest) => ({ key: dest.key, status: null, observed: dest })),
    ],
  };
}
