import type { ServerConfig, ServiceConfig } from '../model/config.ts';
import type { DesiredService } from '../model/services.ts';
import type { ServerHealth } from '../model/status.ts';

/**
 * The table that the configuration asks for, given which servers are well: a server that is down is left out, one
 * without a check is always in. A service whose servers are all down stays, so that its clients are refused at
 * once and not sent into the dark.
 */
export function desiredServices(
  config: readonly ServiceConfig[],
  health: (service: ServiceConfig, server: ServerConfig) => ServerHealth,
): readonly DesiredService[] {
  return config.map((service) => ({
    key: service.key,
    attrs: service.attrs,
    dests: service.servers
      .filter((server) => health(service, server) !== 'down')
      .map(({ key, attrs }) => ({ key, attrs })),
  }));
}
