import type { WallTime } from '../base/units.ts';
import { isFollowed, judgeFollowed } from '../health/followed.ts';
import type { Vote } from '../health/quorum.ts';
import { adoptedState, carryChecks, serverHealth } from '../health/server.ts';
import { type FollowedStates, NOTHING_FOLLOWED } from '../model/check.ts';
import type { ServerConfig, ServiceConfig } from '../model/config.ts';
import type { EventLevel, EventName } from '../model/events.ts';
import type { ServiceNotice } from '../model/notify.ts';
import { isOut } from '../model/orders.ts';
import type { ProbeOutcome } from '../model/probe.ts';
import { type DestKey, destKey, type ObservedTable, type ServiceKey, serviceKey } from '../model/services.ts';
import type { ServerHealth, ServerStatus } from '../model/status.ts';
import type { Verdicts } from '../model/verdicts.ts';
import { CheckLacks } from './check-lacks.ts';
import type { CheckOrders } from './check-orders.ts';
import { lastOf } from './check-pool.ts';
import { CheckRunner, type RunnerNews, type RunnerPorts } from './check-runner.ts';
import { showServer, voteOf, weightOf } from './check-server.ts';
import { SlowStart } from './check-slow-start.ts';
import type { Tell } from './check-tell.ts';

/** One real server of one service, while that is configured. */
interface Server {
  service: ServiceConfig;
  config: ServerConfig;
  /** In the order of the configuration. */
  runners: readonly CheckRunner[];
  health: ServerHealth;
  since: WallTime;
  /** An order has it out. */
  isOut: boolean;
  /** Somebody has been told of it, or need not be told what it begins with. */
  isTold: boolean;
  readonly slowStart: SlowStart;
}

export interface ServersListener {
  /** The health or the weight of one of the servers of this service is another. */
  changed(service: ServiceKey): void;
  /** Comes before the change that it is about. */
  notice(notice: ServiceNotice): void;
  /** Whether the servers of a service are not to be checked now. */
  isSuspended(service: ServiceConfig): boolean;
}

/** A server that the configuration has no more. */
export interface GoneServer {
  readonly service: ServiceConfig;
  readonly config: ServerConfig;
  readonly health: ServerHealth;
}

const serverName = (service: Pick<ServiceConfig, 'key'>, server: Pick<ServerConfig, 'key'>): string =>
  `${serviceKey(service.key)} ${destKey(server.key)}`;

/** The real servers and their checkers: who is well, since when, and why. */
export class CheckServers {
  readonly #ports: RunnerPorts;
  readonly #tell: Tell;
  readonly #orders: CheckOrders;
  readonly #listener: ServersListener;
  #servers = new Map<string, Server>();
  /** The same by serviceKey, each in the order of the configuration. */
  #byService = new Map<string, readonly Server[]>();
  #followed: FollowedStates = NOTHING_FOLLOWED;
  readonly #lacks = new CheckLacks();

  constructor(ports: RunnerPorts, tell: Tell, orders: CheckOrders, listener: ServersListener) {
    this.#ports = ports;
    this.#tell = tell;
    this.#orders = orders;
    this.#listener = listener;
  }

  /**
   * Follows a configuration: what it still has goes on as it was, with its probes where they are, and so do the servers of
   * a service that goes on as another by `predecessorOf`. Gives what is gone.
   */
  apply(
    services: readonly ServiceConfig[],
    predecessorOf: (service: ServiceConfig) => ServiceKey | null = () => null,
  ): readonly GoneServer[] {
    const before = this.#servers;
    this.#servers = new Map();
    this.#byService = new Map();
    for (const service of services) {
      const former = predecessorOf(service);
      const servers = service.servers.map((config) => {
        const name = serverName(service, config);
        const from = former === null || before.has(name) ? name : serverName({ key: former }, config);
        const running = before.get(from);
        before.delete(from);
        const server = this.#go(running ?? null, service, config);
        this.#servers.set(name, server);
        return server;
      });
      this.#byService.set(serviceKey(service.key), servers);
    }
    for (const { runners, slowStart } of before.values()) {
      for (const runner of runners) runner.stop();
      slowStart.end();
    }
    this.suspend();
    this.follow(this.#followed);
    return [...before.values()];
  }

  /**
   * Takes the health of servers not probed yet from the table that an earlier process left, and from what is known of
   * them otherwise; tells how many begin down.
   */
  adopt(table: Pick<ObservedTable, 'services'>, verdicts: Verdicts): { readonly down: number } {
    const observed = new Map(table.services.map((service) => [serviceKey(service.key), service]));
    const wereDown = new Map(Object.entries(verdicts.down).map(([name, keys]) => [name, new Set(keys)]));
    let down = 0;
    for (const server of this.#servers.values()) {
      const { config } = server;
      const name = serviceKey(server.service.key);
      // Who is to be out, or to have weight 0, is not down for that.
      const left = this.#isOut(server) || this.#whole(server) === 0 ? undefined : observed.get(name);
      const wasDown = wereDown.get(name)?.has(destKey(config.key)) ?? false;
      for (const runner of server.runners) {
        if (!runner.state.hasRun) runner.begin(adoptedState(config, runner.config, left, wasDown));
      }
      server.health = healthOf(server.runners);
      if (server.health === 'down') down++;
    }
    return { down };
  }

  /**
   * It is known what servers begin with: those of services of which `tells` says so are told. Who has to prove itself is told
   * of after its first check (init_service_rs in keepalived's ipwrapper.c).
   */
  begin(tells: (service: ServiceConfig) => boolean): void {
    for (const server of this.#servers.values()) {
      if (server.isTold) continue;
      server.isTold = true;
      const { service, runners, health } = server;
      const isOpen = runners.some(({ config, state }) => config.alpha && state.health === 'down');
      if (!tells(service) || isOpen) continue;
      this.#notice(
        server,
        health === 'down' ? 'it begins out of the service' : 'it begins in the service',
        true,
      );
    }
  }

  /** What core knows of the files and sessions that checks follow: it counts at once. */
  follow(followed: FollowedStates): void {
    this.#followed = followed;
    for (const { runners } of this.#servers.values()) {
      for (const runner of runners) {
        const found = judgeFollowed(runner.config, followed);
        if (found === null) continue;
        const last = lastOf(found.outcome, this.#ports.clock.wall());
        runner.take(found.outcome, found.weight, last);
      }
    }
  }

  /** Checks of suspended services stop, and those of others begin: after this may have changed. */
  suspend(): void {
    for (const { service, runners } of this.#servers.values()) {
      const isSuspended = this.#listener.isSuspended(service);
      for (const runner of runners) {
        if (isFollowed(runner.config) || runner.isStopped === isSuspended) continue;
        if (isSuspended) runner.stop();
        else runner.start();
      }
    }
  }

  votes(service: ServiceConfig): readonly Vote[] {
    return (this.#byService.get(serviceKey(service.key)) ?? []).map((server) =>
      voteOf(server, this.#orders.of(service.key, server.config.key)),
    );
  }

  health(service: ServiceConfig, server: ServerConfig): ServerHealth {
    return this.#servers.get(serverName(service, server))?.health ?? 'unchecked';
  }

  weight(service: ServiceConfig, server: ServerConfig): number {
    const known = this.#servers.get(serverName(service, server));
    return known === undefined ? server.attrs.weight : known.slowStart.weigh(this.#whole(known));
  }

  /** Its weight rises since it recovered. */
  isRising(service: ServiceKey, server: DestKey): boolean {
    return this.#servers.get(serverName({ key: service }, { key: server }))?.slowStart.isRising ?? false;
  }

  show(service: ServiceConfig): readonly ServerStatus[] {
    return (this.#byService.get(serviceKey(service.key)) ?? []).map((server) =>
      showServer(server, this.#orders.show(service.key, server.config.key)),
    );
  }

  #go(running: Server | null, service: ServiceConfig, config: ServerConfig): Server {
    const since = this.#ports.clock.wall();
    const server = running ?? this.#admit(service, config, since);
    const before = server.runners;
    server.runners = carryChecks(before, config.checks).map((carried) => {
      if (carried.kind === 'same') return carried.former;
      const { config: check, state, former } = carried;
      const hear = (news: RunnerNews) => this.#hear(server, news);
      return new CheckRunner(check, state, this.#ports, hear, former);
    });
    for (const runner of before) if (!server.runners.includes(runner)) runner.stop();
    const health = healthOf(server.runners);
    server.service = service;
    server.config = config;
    if (server.health !== health) server.since = since;
    server.health = health;
    server.slowStart.apply(config.slowStart);
    const isBack = server.isOut && !this.#isOut(server);
    server.isOut = this.#isOut(server);
    if (server.isOut) server.slowStart.end();
    else if (isBack) this.#recover(server);
    return server;
  }

  /** A server that is new here. */
  #admit(service: ServiceConfig, config: ServerConfig, since: WallTime): Server {
    // No keys behind a spread: V8 (Node 20) takes microseconds for each such object, and there may be 100,000.
    const slowStart = new SlowStart({
      full: () => this.#whole(server),
      changed: () => this.#listener.changed(server.service.key),
      ...this.#ports,
    });
    const server: Server = {
      service,
      config,
      runners: [],
      health: 'unchecked',
      since,
      isOut: false,
      isTold: false,
      slowStart,
    };
    return server;
  }

  /** Its weight but for a slow start. */
  #whole({ service, config, runners }: Server): number {
    return weightOf(config, runners, this.#orders.of(service.key, config.key));
  }

  #isOut({ service, config }: Server): boolean {
    return isOut(this.#orders.of(service.key, config.key));
  }

  /** It has come up again, or an order that had it out has ended. */
  #recover(server: Server): void {
    const { service, config, health, slowStart } = server;
    if (server.isOut || health === 'down' || !slowStart.begin()) return;
    const [address, first, full] = [
      destKey(config.key),
      slowStart.weigh(this.#whole(server)),
      this.#whole(server),
    ];
    const words = `begins at weight ${first} of ${full}, which it has after ${config.slowStart / 1000} s`;
    this.#tell('info', 'server_slow_start', `server ${address} of ${service.name} ${words}`, {
      service: service.name,
      server: address,
      weight: first,
      full_weight: full,
      takes_ms: config.slowStart,
    });
  }

  #hear(server: Server, { runner, outcome, reweighs, before }: RunnerNews): void {
    const health = healthOf(server.runners);
    const isNews = health !== server.health;
    if (isNews) {
      server.health = health;
      server.since = this.#ports.clock.wall();
      const level = health === 'up' ? 'info' : 'warn';
      this.#say(server, runner, outcome, level, `server_${health === 'up' ? 'up' : 'down'}`, `is ${health}`);
      this.#notice(server, outcome.detail, false);
      if (health === 'down') server.slowStart.end();
      else this.#recover(server);
    } else if (outcome.verdict === 'unknown') {
      const what = 'could not be checked, its health stays as it was';
      if (this.#lacks.isNews(runner, runner.config, outcome.detail, this.#ports.clock.now()))
        this.#say(server, runner, outcome, 'warn', 'check_failed', what);
    } else if (
      outcome.verdict === 'fail' &&
      (runner.state.health === 'up' || before?.result !== outcome.result)
    ) {
      // A server that stays down in the same way says nothing new.
      const left = runner.config.retry + 1 - runner.state.failures;
      const what =
        runner.state.health === 'up' ? `failed a check, ${left} more take it out` : 'is still down';
      this.#say(server, runner, outcome, 'debug', 'check_failed', what);
    }
    // What was held down for want of a first success is told where that fails (update_svr_checker_state in
    // keepalived's ipwrapper.c).
    const isFirstFailure =
      before === null && outcome.verdict === 'fail' && runner.config.alpha && !isNews && health === 'down';
    if (isFirstFailure) this.#notice(server, outcome.detail, true);
    // Nothing is to be changed for it, but what is told waits until that is known.
    if (isNews || reweighs || isFirstFailure) this.#listener.changed(server.service.key);
  }

  #notice(server: Server, because: string, isFirst: boolean): void {
    const { service, config, health } = server;
    const { name, key } = service;
    const state = health === 'down' ? 'DOWN' : 'UP';
    server.isTold = true;
    this.#listener.notice({ kind: 'RS', name, service: key, server: config.key, state, because, isFirst });
  }

  #say(
    { service, config }: Server,
    runner: CheckRunner,
    { detail, result, latency }: ProbeOutcome,
    level: EventLevel,
    event: EventName,
    what: string,
  ): void {
    const address = destKey(config.key);
    this.#tell(level, event, `server ${address} of ${service.name} ${what}: ${detail}`, {
      service: service.name,
      server: address,
      check: runner.config.type,
      reason: detail,
      result,
      latency_ms: latency,
      failures: runner.state.failures,
    });
  }
}

const healthOf = (runners: readonly CheckRunner[]): ServerHealth =>
  serverHealth(runners.map(({ state }) => state));
