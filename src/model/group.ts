import type { ServiceConfig } from './config.ts';
import { serviceKey } from './services.ts';

/**
 * Services of one name: one service at several addresses. They have the same servers in the same order; one of them
 * leads, and its checks, its quorum and its notices are those of all.
 */
export interface ServiceGroup {
  readonly leader: ServiceConfig;
  /** In the order of the configuration; most services are alone. */
  readonly members: readonly [ServiceConfig, ...ServiceConfig[]];
}

/** The services by their names. Who leads already, by serviceKey, goes on; otherwise the first of a name leads. */
export function groupsOf(
  services: readonly ServiceConfig[],
  leads: ReadonlySet<string> = new Set(),
): readonly ServiceGroup[] {
  const byName = new Map<string, [ServiceConfig, ...ServiceConfig[]]>();
  for (const service of services) {
    const members = byName.get(service.name);
    if (members === undefined) byName.set(service.name, [service]);
    else members.push(service);
  }
  return [...byName.values()].map((members) => ({
    leader: members.find(({ key }) => leads.has(serviceKey(key))) ?? members[0],
    members,
  }));
}
