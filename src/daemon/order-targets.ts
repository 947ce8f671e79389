import { err, ok, type Result } from '../base/result.ts';
import { nearest } from '../config/nearest.ts';
import type { ServerConfig, ServiceConfig } from '../model/config.ts';
import { destKey, serviceKey } from '../model/services.ts';
import { findServices } from './find-services.ts';
import { parseServer } from './server-name.ts';

export interface OrderTarget {
  readonly service: ServiceConfig;
  readonly server: ServerConfig;
}

/** Why a word means no server, as a sentence. */
export interface TargetRefusal {
  readonly code: 'bad_request' | 'unknown_service' | 'unknown_server' | 'ambiguous';
  readonly message: string;
}

/** Names that a refusal lists. */
const LISTED = 20;

/**
 * The servers that `SERVER[@SERVICE]` means, at least one: `ADDRESS` on every port, `ADDRESS:PORT`, `[V6]:PORT`, of all
 * services that have it, or of one, by whatever `findServices` knows it. A service at several addresses is one: its
 * server is meant at all of them.
 */
export function findTargets(
  services: readonly ServiceConfig[],
  word: string,
): Result<readonly OrderTarget[], TargetRefusal> {
  const [, text = '', name = null] = /^([^@]*)(?:@(.*))?$/.exec(word) ?? [];
  const wanted = parseServer(text);
  if (wanted === null) {
    const message = `${JSON.stringify(text)} is no server: ADDRESS, ADDRESS:PORT or [ADDRESS6]:PORT, and @SERVICE for one service`;
    return err({ code: 'bad_request', message });
  }
  const among = name === null ? services : findServices(services, name);
  if (name !== null && among.length === 0) return err(unknownService(services, name));
  const { address, port } = wanted;
  const targets = among.flatMap((service) =>
    service.servers
      .filter(({ key }) => key.address === address && (port === null || key.port === port))
      .map((server) => ({ service, server })),
  );
  if (targets.length === 0) return err(unknownServer(services, text, name));
  const names = new Set(targets.map(({ service }) => service.name));
  if (name !== null && names.size > 1) {
    const message = `${name} is ${names.size} services: ${list(names)}; name one of them, or none for all`;
    return err({ code: 'ambiguous', message });
  }
  return ok(atAllAddresses(services, targets));
}

function atAllAddresses(
  services: readonly ServiceConfig[],
  targets: readonly OrderTarget[],
): readonly OrderTarget[] {
  // Services of one name have the same servers in the same order, whatever their ports.
  const places = new Set(
    targets.map(({ service, server }) => `${service.servers.indexOf(server)} ${service.name}`),
  );
  return services.flatMap((service) =>
    service.servers.flatMap((server, i) => (places.has(`${i} ${service.name}`) ? [{ service, server }] : [])),
  );
}

function unknownService(services: readonly ServiceConfig[], name: string): TargetRefusal {
  const names = services.map((service) => service.name);
  const meant = nearest(name, [...names, ...services.map(({ key }) => serviceKey(key))]);
  const message = `there is no service ${JSON.stringify(name)}${hint(meant)}; there are ${list(names)}`;
  return { code: 'unknown_service', message };
}

function unknownServer(services: readonly ServiceConfig[], text: string, name: string | null): TargetRefusal {
  if (name !== null) {
    const owners = findTargets(services, text);
    if (owners.ok) {
      const names = owners.value.map(({ service }) => service.name);
      const message = `${text} is no server of ${name}, but of ${list(names)}`;
      return { code: 'unknown_server', message };
    }
  }
  const servers = new Set(services.flatMap((one) => one.servers.map(({ key }) => destKey(key))));
  const addresses = services.flatMap((one) => one.servers.map(({ key }) => key.address));
  const meant = nearest(text, [...addresses, ...servers]);
  const message = `no service has a server ${text}${hint(meant)}; there are ${list(servers)}`;
  return { code: 'unknown_server', message };
}

const hint = (meant: string | null): string => (meant === null ? '' : `: did you mean ${meant}?`);

function list(names: Iterable<string>): string {
  const all = [...new Set(names)];
  if (all.length === 0) return 'none at all';
  return all.slice(0, LISTED).join(', ') + (all.length > LISTED ? ` and ${all.length - LISTED} more` : '');
}
