import { destKey, serviceKey } from './services.ts';
import type { ServiceStatus } from './status.ts';

/** What is known of services from before the process that is to check them. */
export interface Verdicts {
  /** Servers that were down: destKeys by serviceKey. */
  readonly down: Readonly<Record<string, readonly string[]>>;
  /** By serviceKey, whether a service had its quorum and everybody has been told of that. */
  readonly quorum: Readonly<Record<string, boolean>>;
}

export const NO_VERDICTS: Verdicts = { down: {}, quorum: {} };

/** What a check process that has shown this leaves to its successor. */
export function verdictsOf(services: readonly ServiceStatus[]): Verdicts {
  const down: Record<string, readonly string[]> = {};
  const quorum: Record<string, boolean> = {};
  for (const service of services) {
    const name = serviceKey(service.key);
    const lost = service.servers.filter(({ health }) => health === 'down');
    if (lost.length > 0) down[name] = lost.map(({ key }) => destKey(key));
    if (service.quorum !== null) quorum[name] = service.quorum.has;
  }
  return { down, quorum };
}
