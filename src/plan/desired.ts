import type { ServerConfig, ServiceConfig } from '../model/config.ts';
import type { DesiredService } from '../model/services.ts';
import type { ServerHealth } from '../model/status.ts';

type HealthOf = (service: ServiceConfig, server: ServerConfig) => ServerHealth;
type WeightOf = (service: ServiceConfig, server: ServerConfig) => number;

const configuredWeight: WeightOf = (_service, { attrs }) => attrs.weight;

/**
 * The table that the configuration asks for, given which servers are well and what their checks make of their weights: a
 * server that is down is left out, one without a check is always in. A service whose servers are all down stays, so that
 * its clients are refused at once and not sent into the dark.
 */
export const desiredServices = (
  config: readonly ServiceConfig[],
  health: HealthOf,
  weight: WeightOf = configuredWeight,
): readonly DesiredService[] => config.map((service) => desiredService(service, health, weight));

/** One service of that table. */
export function desiredService(
  service: ServiceConfig,
  health: HealthOf,
  weight: WeightOf = configuredWeight,
): DesiredService {
  return {
    key: service.key,
    attrs: service.attrs,
    dests: service.servers
      .filter((server) => health(service, server) !== 'down')
      .map((server) => {
        const { key, attrs } = server;
        const share = weight(service, server);
        return { key, attrs: share === attrs.weight ? attrs : { ...attrs, weight: share } };
      }),
  };
}
