import { err, ok, type Result } from '../base/result.ts';
import { nearest } from '../config/nearest.ts';
import type { ServerConfig, ServiceConfig } from '../model/config.ts';
import { destKey, serviceKey } from '../model/services.ts';
import { findServices, hint, list, noSuchService } from './find-services.ts';
import { parseServerOf } from './server-name.ts';

export interface OrderTarget {
  readonly service: ServiceConfig;
  readonly server: ServerConfig;
}

/** Why a word means no server, as a sentence. */
export interface TargetRefusal {
  readonly code: 'bad_request' | 'unknown_service' | 'unknown_server' | 'ambiguous';
  readonly message: string;
}

/**
 * The servers that `SERVER[@SERVICE]` means, at least one: `ADDRESS` on every port, `ADDRESS:PORT`, `[V6]:PORT`, of all
 * services that have it, or of one, by whatever `findServices` knows it. A service at several addresses is one: its
 * server is meant at all of them.
 */
export function findTargets(
  services: readonly ServiceConfig[],
  word: string,
): Result<readonly OrderTarget[], TargetRefusal> {
  const wanted = parseServerOf(word);
  const [text = ''] = word.split('@', 1);
  if (wanted === null) {
    const message = `${JSON.stringify(text)} is no server: ADDRESS, ADDRESS:PORT or [ADDRESS6]:PORT, and @SERVICE for one service`;
    return err({ code: 'bad_request', message });
  }
  const { address, port, service: name } = wanted;
  const among = name === null ? services : findServices(services, name);
  if (name !== null) {
    if (among.length === 0) return err({ code: 'unknown_service', message: noSuchService(services, name) });
    const twofold = sayTwofold(among, name);
    if (twofold !== null) return err({ code: 'ambiguous', message: twofold });
  }
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

/** That an order for one address of a service counts at all of them; `word` is what `findTargets` has found these by. */
export function noteGroup(
  services: readonly ServiceConfig[],
  word: string,
  targets: readonly OrderTarget[],
): readonly string[] {
  const name = parseServerOf(word)?.service ?? null;
  const service = targets[0]?.service.name;
  if (name === null || service === undefined) return [];
  const size = services.filter((one) => one.name === service).length;
  return findServices(services, name).length === size
    ? []
    : [`${name} belongs to ${service}, which has ${size} addresses: the order is for all of them`];
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

/** That a word is the name of one of these services and the address of others, of which no order may be a guess. */
function sayTwofold(among: readonly ServiceConfig[], word: string): string | null {
  const others = among.filter(({ name }) => name !== word);
  if (others.length === 0 || others.length === among.length) return null;
  const each = list(among.map(({ name, key }) => `${name} (${serviceKey(key)})`));
  return `${JSON.stringify(word)} is the name of one service and the address of another, ${each}: which one? Write it as in parentheses`;
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
