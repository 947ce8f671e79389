import type { ServerConfig, ServiceConfig } from '../model/config.ts';
import { groupsOf, type ServiceGroup } from '../model/group.ts';
import { type DestKey, destKey, type ServiceKey, serviceKey } from '../model/services.ts';
import type { OrderStatus, ServerStatus, ServiceStatus } from '../model/status.ts';

interface Member {
  readonly group: ServiceGroup;
  /** By destKey of its own servers, those of the leader. */
  readonly servers: ReadonlyMap<string, ServerConfig>;
}

/** Which services are one at several addresses, and who of them leads: only the leaders are checked and told of. */
export class CheckGroups {
  /** By serviceKey. */
  #members = new Map<string, Member>();
  #groups: readonly ServiceGroup[] = [];
  /** Of leaders that are new, by serviceKey, whom they succeed. */
  #heirs = new Map<string, ServiceKey>();

  apply(services: readonly ServiceConfig[]): void {
    const before = new Map(this.#groups.map(({ leader }) => [leader.name, leader.key]));
    this.#groups = groupsOf(services, new Set([...before.values()].map(serviceKey)));
    this.#members = new Map(
      this.#groups.flatMap((group) =>
        group.members.map((member) => [
          serviceKey(member.key),
          { group, servers: led(member, group.leader) },
        ]),
      ),
    );
    this.#heirs = new Map(
      this.#groups.flatMap(({ leader: { name, key } }) => {
        const former = before.get(name);
        const isGone = former !== undefined && !this.#members.has(serviceKey(former));
        return isGone ? [[serviceKey(key), former] as const] : [];
      }),
    );
  }

  get all(): readonly ServiceGroup[] {
    return this.#groups;
  }

  get leaders(): readonly ServiceConfig[] {
    return this.#groups.map(({ leader }) => leader);
  }

  /** A service that is not known leads itself. */
  leaderOf(service: ServiceConfig): ServiceConfig {
    return this.#members.get(serviceKey(service.key))?.group.leader ?? service;
  }

  /** All services for which this leader stands. */
  membersOf(leader: ServiceKey): readonly ServiceConfig[] {
    return this.#members.get(serviceKey(leader))?.group.members ?? [];
  }

  /** The server of the leader that is the same as this one of a member. */
  serverOf(service: Pick<ServiceConfig, 'key'>, server: ServerConfig): ServerConfig {
    return this.#members.get(serviceKey(service.key))?.servers.get(destKey(server.key)) ?? server;
  }

  /** The server of the leader that is the same as this one, which need not be configured. */
  originOf(service: ServiceKey, server: DestKey): { readonly service: ServiceKey; readonly server: DestKey } {
    const member = this.#members.get(serviceKey(service));
    return {
      service: member?.group.leader.key ?? service,
      server: member?.servers.get(destKey(server))?.key ?? server,
    };
  }

  /** The leader that this one has succeeded because that is not configured any more; null where none has gone. */
  predecessorOf(leader: ServiceConfig): ServiceKey | null {
    return this.#heirs.get(serviceKey(leader.key)) ?? null;
  }
}

/** A leader leads itself. */
function led(member: ServiceConfig, leader: ServiceConfig): ReadonlyMap<string, ServerConfig> {
  if (member === leader) return new Map();
  const pairs = member.servers.map(({ key }, i) => [destKey(key), leader.servers[i]] as const);
  return new Map(pairs.flatMap(([name, server]) => (server === undefined ? [] : [[name, server]])));
}

/** The status of a member: as its leader's, with its own key, those of its servers, and what came of orders there. */
export function showMember(
  member: ServiceConfig,
  leader: ServiceConfig,
  status: Pick<ServiceStatus, 'servers' | 'quorum' | 'sorryServer'>,
  orderOf: (service: ServiceKey, server: DestKey) => OrderStatus | null,
): Pick<ServiceStatus, 'servers' | 'quorum' | 'sorryServer'> {
  if (member === leader) return status;
  const keys = new Map(leader.servers.map(({ key }, i) => [destKey(key), member.servers[i]?.key]));
  const { sorryServer } = status;
  return {
    quorum: status.quorum,
    servers: status.servers.map((server): ServerStatus => {
      const key = keys.get(destKey(server.key)) ?? server.key;
      return { ...server, key, order: orderOf(member.key, key) };
    }),
    sorryServer: sorryServer === null ? null : { ...sorryServer, key: member.sorry?.key ?? sorryServer.key },
  };
}
