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
import { CheckRunner, type RunnerNews, type RunnerPorts, type RunnerState } from './check-runner.ts';
import { showServer, voteOf, weightOf } from './check-server.ts';
import { SlowStart } from './check-slow-start.ts';
import type { Tell } from './check-tell.ts';

/** One real server of one service, while that is configured. */
interface Server {
  service: ServiceConfig;
  config: ServerConfig;
  /** In the order of the configuration. */
  runners: readonly CheckRunner<Server>[];
  health: ServerHealth;
  since: WallTime;
  /** An order has it out. */
  isOut: boolean;
  /** Somebody has been told of it, or need not be told what it begins with. */
  isTold: boolean;
  /** Null for one whose weight never rises slowly. */
  slowStart: SlowStart | null;
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

/** The real servers and their checkers: who is well, since when, and why. */
export class CheckServers {
  readonly #ports: RunnerPorts;
  readonly #tell: Tell;
  readonly #orders: CheckOrders;
  readonly #listener: ServersListener;
  /** By serviceKey and destKey, in the order of the configuration. */
  #services = new Map<string, Map<string, Server>>();
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
    const before = this.#services;
    this.#services = new Map();
    for (const service of services) {
      const former = predecessorOf(service);
      const own = before.get(serviceKey(service.key));
      const formerly = former === null ? undefined : before.get(serviceKey(former));
      const servers = new Map<string, Server>();
      for (const config of service.servers) {
        const name = destKey(config.key);
        const from = own?.has(name) === true ? own : formerly;
        const running = from?.get(name) ?? null;
        from?.delete(name);
        servers.set(name, this.#go(running, service, config));
      }
      this.#services.set(serviceKey(service.key), servers);
    }
    const gone = [...before.values()].flatMap((servers) => [...servers.values()]);
    for (const { runners, slowStart } of gone) {
      for (const runner of runners) runner.stop();
      slowStart?.end();
    }
    this.suspend();
    this.follow(this.#followed);
    return gone;
  }

  /**
   * Takes the health of servers not probed yet from the table that an earlier process left, and from what is known of
   * them otherwise; tells how many begin down.
   */
  adopt(table: Pick<ObservedTable, 'services'>, verdicts: Verdicts): { readonly down: number } {
    const observed = new Map(table.services.map((service) => [serviceKey(service.key), service]));
    const wereDown = new Map(Object.entries(verdicts.down).map(([name, keys]) => [name, new Set(keys)]));
    let down = 0;
    for (const server of this.#all()) {
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
    for (const server of this.#all()) {
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
    for (const { runners } of this.#all()) {
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
    for (const { service, runners } of this.#all()) {
      const isSuspended = this.#listener.isSuspended(service);
      for (const runner of runners) {
        if (isFollowed(runner.config) || runner.isStopped === isSuspended) continue;
        if (isSuspended) runner.stop();
        else runner.start();
      }
    }
  }

  votes(service: ServiceConfig): readonly Vote[] {
    return this.#of(service).map((server) => voteOf(server, this.#orders.of(service.key, server.config.key)));
  }

  health(service: ServiceConfig, server: ServerConfig): ServerHealth {
    return this.#find(service.key, server.key)?.health ?? 'unchecked';
  }

  weight(service: ServiceConfig, server: ServerConfig): number {
    const known = this.#find(service.key, server.key);
    return known === undefined ? server.attrs.weight : this.#weigh(known);
  }

  /** Its weight rises since it recovered. */
  isRising(service: ServiceKey, server: DestKey): boolean {
    return this.#find(service, server)?.slowStart?.isRising ?? false;
  }

  show(service: ServiceConfig): readonly ServerStatus[] {
    return this.#of(service).map((server) =>
      showServer(server, this.#whole(server), this.#orders.show(service.key, server.config.key)),
    );
  }

  *#all(): Iterable<Server> {
    for (const servers of this.#services.values()) yield* servers.values();
  }

  #of({ key }: ServiceConfig): readonly Server[] {
    return [...(this.#services.get(serviceKey(key))?.values() ?? [])];
  }

  #find(service: ServiceKey, server: DestKey): Server | undefined {
    return this.#services.get(serviceKey(service))?.get(destKey(server));
  }

  #go(running: Server | null, service: ServiceConfig, config: ServerConfig): Server {
    const since = this.#ports.clock.wall();
    const server: Server = running ?? {
      service,
      config,
      runners: [],
      health: 'unchecked',
      since,
      isOut: false,
      isTold: false,
      slowStart: null,
    };
    const before = server.runners;
    server.runners = carryChecks(before, config.checks).map((carried) => {
      if (carried.kind === 'same') {
        carried.former.follow(carried.config);
        return carried.former;
      }
      const { config: check, state, former } = carried;
      return new CheckRunner(check, state, this.#ports, server, this.#hear, former);
    });
    for (const runner of before) if (!server.runners.includes(runner)) runner.stop();
    const health = healthOf(server.runners);
    server.service = service;
    server.config = config;
    if (server.health !== health) server.since = since;
    server.health = health;
    if (config.slowStart > 0) server.slowStart ??= this.#slowStart(server);
    server.slowStart?.apply(config.slowStart);
    const isBack = server.isOut && !this.#isOut(server);
    server.isOut = this.#isOut(server);
    if (server.isOut) server.slowStart?.end();
    else if (isBack) this.#recover(server);
    return server;
  }

  #slowStart(server: Server): SlowStart {
    // No keys behind a spread: V8 (Node 20) takes microseconds for each such object, and there may be 100,000.
    return new SlowStart({
      full: () => this.#whole(server),
      changed: () => this.#listener.changed(server.service.key),
      ...this.#ports,
    });
  }

  #weigh(server: Server): number {
    const whole = this.#whole(server);
    return server.slowStart?.weigh(whole) ?? whole;
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
    if (slowStart === null || server.isOut || health === 'down' || !slowStart.begin()) return;
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

  readonly #hear = (server: Server, { runner, outcome, reweighs, before }: RunnerNews<Server>): void => {
    const health = healthOf(server.runners);
    const isNews = health !== server.health;
    if (isNews) {
      server.health = health;
      server.since = this.#ports.clock.wall();
      const level = health === 'up' ? 'info' : 'warn';
      this.#say(server, runner, outcome, level, `server_${health === 'up' ? 'up' : 'down'}`, `is ${health}`);
      this.#notice(server, outcome.detail, false);
      if (health === 'down') server.slowStart?.end();
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
  };

  #notice(server: Server, because: string, isFirst: boolean): void {
    const { service, config, health } = server;
    const { name, key } = service;
    const state = health === 'down' ? 'DOWN' : 'UP';
    server.isTold = true;
    this.#listener.notice({ kind: 'RS', name, service: key, server: config.key, state, because, isFirst });
  }

  #say(
    { service, config }: Server,
    runner: RunnerState,
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

const healthOf = (runners: readonly RunnerState[]): ServerHealth =>
  serverHealth(runners.map(({ state }) => state));
