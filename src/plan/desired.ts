import type { ServerConfig, ServiceConfig } from '../model/config.ts';
import { type DesiredService, type Dest, destKey } from '../model/services.ts';
import type { ServerHealth } from '../model/status.ts';

/** What is known of services and servers besides their configuration. */
export interface ServiceView {
  health(service: ServiceConfig, server: ServerConfig): ServerHealth;
  /** What its checks make of it. */
  weight(service: ServiceConfig, server: ServerConfig): number;
  hasQuorum(service: ServiceConfig): boolean;
}

/** The table that the configuration asks for. */
export const desiredServices = (
  config: readonly ServiceConfig[],
  view: ServiceView,
): readonly DesiredService[] => config.map((service) => desiredService(service, view));

/**
 * One service of that table: a server that is down is left out, or has weight 0 where its failure inhibits it; one
 * without a check is always in. A service whose servers are all down stays, so that its clients are refused at once and
 * not sent into the dark.
 *
 * Without a quorum a sorry server stands in place of all of them. It comes first then and last otherwise, so that who
 * performs the changes in this order always leaves somebody to serve.
 */
export function desiredService(service: ServiceConfig, view: ServiceView): DesiredService {
  const { key, attrs, sorry } = service;
  if (sorry === null) return { key, attrs, dests: members(service, view, true) };
  const name = destKey(sorry.key);
  const has = view.hasQuorum(service);
  const others = members(service, view, has);
  const stand = { key: sorry.key, attrs: sorry.attrs };
  if (!has) return { key, attrs, dests: [stand, ...others.filter((dest) => destKey(dest.key) !== name)] };
  // It may be one of the servers too.
  const isThere = !sorry.inhibit || others.some((dest) => destKey(dest.key) === name);
  return { key, attrs, dests: isThere ? others : [...others, quiet(stand)] };
}

/** The service with all that it may ever have: each server as if it were up, and the sorry server. */
export function wholeService({ key, attrs, servers, sorry }: ServiceConfig): DesiredService {
  const dests: Dest[] = servers.map(({ key, attrs }) => ({ key, attrs }));
  const names = new Set(dests.map((dest) => destKey(dest.key)));
  if (sorry !== null && !names.has(destKey(sorry.key))) dests.push({ key: sorry.key, attrs: sorry.attrs });
  return { key, attrs, dests };
}

function members(service: ServiceConfig, view: ServiceView, mayServe: boolean): readonly Dest[] {
  return service.servers.flatMap((server): readonly Dest[] => {
    const { key, attrs, inhibitOnFailure } = server;
    if (!mayServe || view.health(service, server) === 'down') {
      return inhibitOnFailure ? [quiet({ key, attrs })] : [];
    }
    const weight = view.weight(service, server);
    return [{ key, attrs: weight === attrs.weight ? attrs : { ...attrs, weight } }];
  });
}

const quiet = ({ key, attrs }: Dest): Dest => ({ key, attrs: { ...attrs, weight: 0 } });
