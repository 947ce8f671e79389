import type { CheckDesired } from '../ipc/messages.ts';
import type { CheckConfig, FollowedStates } from '../model/check.ts';
import type { ServerConfig, ServiceConfig } from '../model/config.ts';
import type { ServiceNotice } from '../model/notify.ts';
import type { ProbeOutcome } from '../model/probe.ts';
import { NO_SCRIPTS, type ScriptsConfig } from '../model/script.ts';
import { type DestKey, destKey, type ObservedTable, type ServiceKey, serviceKey } from '../model/services.ts';
import type { ServerHealth, ServiceStatus } from '../model/status.ts';
import { NO_VERDICTS, type Verdicts } from '../model/verdicts.ts';
import type { ServiceView } from '../plan/desired.ts';
import { CheckGroups, showMember } from './check-groups.ts';
import { CheckNotices } from './check-notices.ts';
import type { CheckOrders } from './check-orders.ts';
import { CheckPool } from './check-pool.ts';
import type { CheckPorts } from './check-ports.ts';
import { CheckPresence } from './check-presence.ts';
import { CheckQuorums, hadQuorum } from './check-quorums.ts';
import { CheckServers } from './check-servers.ts';
import type { Tell } from './check-tell.ts';

export interface ServicesListener {
  /** What the kernel is to hold of this service may be another. */
  changed(service: ServiceKey): void;
}

const REMOVED = 'it was taken out of the configuration';
const STOPPED = 'lbd stops';

/** The services as they are: who of their servers is well, who has a quorum, who is told of that. */
export class CheckServices {
  readonly view: ServiceView;
  readonly #servers: CheckServers;
  readonly #quorums: CheckQuorums;
  readonly #presence: CheckPresence;
  readonly #notices: CheckNotices;
  readonly #groups = new CheckGroups();
  readonly #send: (notice: ServiceNotice) => void;
  #services: readonly ServiceConfig[] = [];
  #scripts: ScriptsConfig = NO_SCRIPTS;
  #serversAtFirst = false;
  #verdicts: Verdicts = NO_VERDICTS;
  /** It is known what servers begin with: the table has been read, or cannot be. */
  #hasBegun = false;
  readonly #orders: CheckOrders;

  constructor(ports: CheckPorts, tell: Tell, orders: CheckOrders, listener: ServicesListener) {
    this.#send = (notice) => ports.send({ message: 'notice', notice });
    this.#notices = new CheckNotices(this.#send);
    const notice = (what: ServiceNotice) => this.#notices.add(what);
    this.#presence = new CheckPresence(ports, tell, () => this.#servers.suspend());
    const probe = (check: CheckConfig): Promise<ProbeOutcome> => ports.probe(check, this.#scripts);
    this.#orders = orders;
    this.#servers = new CheckServers({ ...ports, pool: new CheckPool({ ...ports, probe }) }, tell, orders, {
      changed: (service) => {
        const members = this.#groups.membersOf(service);
        for (const { key } of members) this.#notices.changed(key);
        this.#quorums.step(service);
        for (const { key } of members) listener.changed(key);
      },
      notice,
      isSuspended: (service) => this.#presence.isSuspended(service),
    });
    const votes = (service: ServiceConfig) => this.#servers.votes(service);
    this.#quorums = new CheckQuorums({ clock: ports.clock, tell, votes, notice });
    this.view = {
      health: (service, server) =>
        this.#servers.health(this.#groups.leaderOf(service), this.#groups.serverOf(service, server)),
      weight: (service, server) =>
        this.#servers.weight(this.#groups.leaderOf(service), this.#groups.serverOf(service, server)),
      hasQuorum: (service) => this.#quorums.has(this.#groups.leaderOf(service)),
    };
  }

  /** Follows a configuration: what it still has goes on as it was. */
  apply({ services, followed, scripts, serversAtFirst, verdicts }: CheckDesired): void {
    this.#services = services;
    this.#scripts = scripts;
    this.#serversAtFirst = serversAtFirst;
    this.#verdicts = verdicts;
    this.#groups.apply(services);
    const { leaders } = this.#groups;
    const predecessorOf = (leader: ServiceConfig) => this.#groups.predecessorOf(leader);
    this.#presence.apply(this.#groups.all);
    for (const { service, config, health } of this.#servers.apply(leaders, predecessorOf)) {
      if (this.#serves(service, health)) this.#notices.add(lost(service, config, REMOVED));
    }
    this.#servers.follow(followed);
    if (this.#hasBegun) this.#servers.begin(() => serversAtFirst);
    this.#quorums.apply(leaders, predecessorOf);
    if (this.#hasBegun) this.#quorums.begin(() => ({ has: false, isTold: false }));
  }

  follow(followed: FollowedStates): void {
    this.#servers.follow(followed);
  }

  /** Begins with what an earlier process left; tells how many servers are out. */
  adopt(table: Pick<ObservedTable, 'services'>): { readonly down: number } {
    const adopted = this.#servers.adopt(table, this.#verdicts);
    this.#begin(table);
    // IPVS may come late, when others have begun.
    for (const { key } of this.#groups.leaders) this.#quorums.step(key);
    return adopted;
  }

  planned(services: readonly ServiceKey[]): void {
    this.#notices.planned(services);
  }

  /** The kernel holds what was planned last, as far as it takes it; `isKnown` is false where it cannot even be read. */
  settled(isKnown: boolean): void {
    if (!this.#hasBegun && this.#services.length > 0) this.adopt({ services: [] });
    if (isKnown) this.#notices.settled();
    else this.#notices.end();
  }

  /** The weight of this server rises in a slow start. */
  isRising(service: ServiceKey, server: DestKey): boolean {
    const origin = this.#groups.originOf(service, server);
    return this.#servers.isRising(origin.service, origin.server);
  }

  show(): readonly ServiceStatus[] {
    const orderOf: CheckOrders['show'] = (...of) => this.#orders.show(...of);
    return this.#groups.all.flatMap(({ leader, members }) => {
      const { name } = leader;
      const status = { servers: this.#servers.show(leader), ...this.#quorums.show(leader) };
      const suspended = this.#presence.isSuspended(leader);
      return members.map((member) => {
        const { key } = member;
        return { name, key, ...showMember(member, leader, status, orderOf), suspended, byHand: null };
      });
    });
  }

  /** What the next process is to know of them where this one is gone. */
  verdicts(): Verdicts {
    const down: Record<string, readonly string[]> = {};
    const quorum: Record<string, boolean> = {};
    for (const { leader, members } of this.#groups.all) {
      const lost = leader.servers.flatMap((server, i) =>
        this.#servers.health(leader, server) === 'down' ? [i] : [],
      );
      for (const { key, servers } of members) {
        const name = serviceKey(key);
        const keys = lost.flatMap((i) => (servers[i] === undefined ? [] : [destKey(servers[i].key)]));
        if (keys.length > 0) down[name] = keys;
        quorum[name] = this.#quorums.has(leader);
      }
    }
    return { down, quorum };
  }

  /** Ends all checks. What it gives tells of all that is to be told, once the table is empty. */
  stop(): () => void {
    const { leaders } = this.#groups;
    const last = leaders.filter(({ omega }) => omega).flatMap((service) => this.#farewell(service));
    this.#presence.apply([]);
    this.#servers.apply([]);
    return () => {
      this.#notices.end();
      for (const notice of last) this.#send(notice);
    };
  }

  #begin(table: Pick<ObservedTable, 'services'>): void {
    this.#hasBegun = true;
    const observed = new Map(table.services.map((service) => [serviceKey(service.key), service]));
    const isTold = ({ key }: ServiceConfig) => this.#verdicts.quorum[serviceKey(key)] !== undefined;
    this.#servers.begin((service) => this.#serversAtFirst && !isTold(service));
    this.#quorums.begin((service) => {
      const name = serviceKey(service.key);
      const told = this.#verdicts.quorum[name];
      return { has: told ?? hadQuorum(service, observed.get(name)), isTold: told !== undefined };
    });
  }

  /** As keepalived has it: the service is told lost even where it was lost before. */
  #farewell(service: ServiceConfig): readonly ServiceNotice[] {
    const servers = service.servers.filter((server) =>
      this.#serves(service, this.#servers.health(service, server)),
    );
    return [...servers.map((server) => lost(service, server, STOPPED)), lost(service, null, STOPPED)];
  }

  /** Whether a server of this health is in the table: a sorry server may stand in its place. */
  #serves(service: ServiceConfig, health: ServerHealth): boolean {
    return health !== 'down' && (service.sorry === null || this.#quorums.has(service));
  }
}

const lost = ({ name, key }: ServiceConfig, server: ServerConfig | null, because: string): ServiceNotice => ({
  kind: server === null ? 'VS' : 'RS',
  name,
  service: key,
  server: server?.key ?? null,
  state: 'DOWN',
  because,
  isFirst: false,
});
