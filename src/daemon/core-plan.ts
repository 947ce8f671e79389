import { err, ok, type Result } from '../base/result.ts';
import { printRoute } from '../config/routes/print-route.ts';
import { printRule } from '../config/routes/print-rule.ts';
import { liveWeight, stepQuorum } from '../health/quorum.ts';
import type { Config, ServerConfig, ServiceConfig } from '../model/config.ts';
import { orderedWeight, withoutOut } from '../model/orders.ts';
import type { Preview } from '../model/preview.ts';
import { destKey, serviceKey } from '../model/services.ts';
import type { CheckStatus, Part, ServerHealth, ServerStatus, VrrpStatus } from '../model/status.ts';
import { withAdopted } from '../plan/adopted.ts';
import { desiredServices, type ServiceView } from '../plan/desired.ts';
import { ours } from '../plan/ipvs.ts';
import { previewServices } from '../plan/preview.ts';
import { previewSettings } from '../plan/settings.ts';
import { previewInstances } from '../vrrp/preview.ts';

const WORDS = { route: printRoute, rule: printRule };

/** What the next configuration would change, or why that cannot be told. */
export function previewConfig(
  running: Config,
  next: Config,
  vrrp: Part<VrrpStatus>,
  check: Part<CheckStatus>,
): Result<Preview, string> {
  if (!vrrp.available) return err(vrrp.reason);
  const states = new Map(vrrp.value.instances.map(({ name, state }) => [name, state]));
  return ok({
    settings: previewSettings(running, next),
    instances: previewInstances(running.instances, next.instances, states, WORDS),
    ...servicesOf(running, next, check),
  });
}

function servicesOf(
  running: Config,
  next: Config,
  check: Part<CheckStatus>,
): Pick<Preview, 'services' | 'kept'> {
  if (!check.available) return { services: check, kept: [] };
  const { table, services } = check.value;
  const configs = [...running.services, ...next.services];
  // A machine that only does VRRP has no table to compare.
  if (configs.length === 0) {
    return { services: { available: true, takenAt: check.takenAt, value: [] }, kept: [] };
  }
  if (!table.available) return { services: table, kept: [] };
  const known = new Map(
    services.flatMap((service) =>
      service.servers.map((server) => [`${serviceKey(service.key)} ${destKey(server.key)}`, server] as const),
    ),
  );
  const knownOf = (service: ServiceConfig, server: ServerConfig) =>
    known.get(`${serviceKey(service.key)} ${destKey(server.key)}`);
  const orderOf = (service: ServiceConfig, server: ServerConfig) => knownOf(service, server)?.order ?? null;
  const health = (service: ServiceConfig, server: ServerConfig): ServerHealth =>
    knownOf(service, server)?.health ?? 'unchecked';
  // What checks make of another weight shows when it is there.
  const weigh = (service: ServiceConfig, server: ServerConfig, known: (status: ServerStatus) => number) => {
    const status = knownOf(service, server);
    return status?.configuredWeight === server.attrs.weight
      ? known(status)
      : orderedWeight(orderOf(service, server), server.attrs.weight);
  };
  const weight = (service: ServiceConfig, server: ServerConfig): number =>
    weigh(service, server, ({ effectiveWeight }) => effectiveWeight);
  const quorums = new Map(services.map(({ key, quorum }) => [serviceKey(key), quorum?.has ?? false]));
  const hasQuorum = (service: ServiceConfig): boolean => {
    const votes = service.servers.map((server) => ({
      health: health(service, server),
      weight: weigh(service, server, ({ slowStart, effectiveWeight }) => slowStart?.full ?? effectiveWeight),
    }));
    const had = quorums.get(serviceKey(service.key)) ?? false;
    return stepQuorum(service.quorum, had, liveWeight(votes)).has;
  };
  const view: ServiceView = { health, weight, hasQuorum };
  const ordered = (some: readonly ServiceConfig[]) => some.map((service) => withoutOut(service, orderOf));
  const wanted = desiredServices(ordered(next.services), view);
  const isAdopting = running.drift.policy === 'adopt' && next.drift.policy === 'adopt';
  const { desired, kept } = isAdopting
    ? withAdopted(wanted, running.services, next.services, services)
    : { desired: wanted, kept: [] };
  const value = previewServices({
    // What an earlier configuration had is on its way out, or not ours any more.
    observed: ours(
      table.value,
      configs.map(({ key }) => key),
    ),
    running: desiredServices(ordered(running.services), view),
    next: desired,
    configs,
  });
  return { services: { available: true, takenAt: table.takenAt, value }, kept };
}
