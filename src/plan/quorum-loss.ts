import type { ServiceConfig } from '../model/config.ts';
import { isOut } from '../model/orders.ts';
import type { QuorumLoss } from '../model/quorum-loss.ts';
import { type DestKey, destKey, type ObservedService, serviceKey } from '../model/services.ts';
import { hasServing } from '../model/serving.ts';
import type { CheckStatus, ServiceStatus } from '../model/status.ts';

/**
 * Which of these services had their quorum `before` and have it no more `after`, and what that does to servers of which
 * it was not ordered; a service at several addresses once. One that nobody else was there to serve is none of them.
 */
export function quorumLosses(
  services: readonly ServiceConfig[],
  before: CheckStatus,
  after: readonly ServiceStatus[],
): readonly QuorumLoss[] {
  const losses = new Map<string, QuorumLoss>();
  for (const service of services) {
    const status = find(after, service);
    const former = find(before.services, service)?.quorum;
    if (status?.quorum?.has !== false || former?.has !== true) continue;
    const observed = before.table.available ? find(before.table.value.services, service) : undefined;
    const left = leavingOf(service, status, observed);
    if (left.length === 0 && !hasServing(status)) continue;
    const known = losses.get(service.name);
    const { live, quorum, hysteresis } = status.quorum;
    const leaving = new Map([...(known?.leaving ?? []), ...left.map((one) => one.key)].map(byName));
    losses.set(service.name, {
      service: service.name,
      live,
      needed: quorum - hysteresis,
      sorryServer: service.sorry?.key ?? null,
      leaving: [...leaving.values()],
      cut: left.reduce((sum, { activeConns }) => sum + activeConns, known?.cut ?? 0),
    });
  }
  return [...losses.values()];
}

/** What the sorry server takes the place of, as the kernel had it. */
function leavingOf(
  { servers, sorry }: ServiceConfig,
  status: ServiceStatus,
  observed: ObservedService | undefined,
) {
  if (sorry === null) return [];
  const leaves = new Set(
    servers.flatMap(({ key, inhibitOnFailure }) => {
      const name = destKey(key);
      const known = status.servers.find((one) => destKey(one.key) === name);
      const stays = inhibitOnFailure || name === destKey(sorry.key) || isOut(known?.order ?? null);
      return stays || known?.health === 'down' ? [] : [name];
    }),
  );
  return observed?.dests.filter(({ key }) => leaves.has(destKey(key))) ?? [];
}

const byName = (key: DestKey): readonly [string, DestKey] => [destKey(key), key];

const find = <T extends Pick<ServiceStatus, 'key'>>(
  all: readonly T[],
  { key }: ServiceConfig,
): T | undefined => all.find((one) => serviceKey(one.key) === serviceKey(key));
