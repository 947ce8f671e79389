import type { ServerConfig, ServiceConfig } from '../model/config.ts';
import type { DesiredService } from '../model/services.ts';
import type { ServerHealth } from '../model/status.ts';

type HealthOf = (service: ServiceConfig, server: ServerConfig) => ServerHealth;

/**
 * The table that the configuration asks for, given which servers are well: a server that is down is left out, one
 * without a check is always in. A service whose servers are all down stays, so that its clients are refused at
 * once and not sent into the dark.
 */
export const desiredServices = (
  config: readonly ServiceConfig[],
  health: HealthOf,
): readonly DesiredService[] => config.map((service) => desiredService(service, health));

/** One service of that table. */
export function desiredService(service: ServiceConfig, health: HealthOf): DesiredService {
  return {
    key: service.key,
    attrs: service.attrs,
    dests: service.servers
      .filter((server) => health(service, server) !== 'down')
      .map(({ key, attrs }) => ({ key, attrs })),
  };
}
