import { elapsed, type Instant, seconds, type WallTime } from '../base/units.ts';
import { isFollowed, judgeFollowed } from '../health/followed.ts';
import { adoptedState, carryChecks, serverHealth } from '../health/server.ts';
import { effectiveWeight } from '../health/weight.ts';
import { type FollowedStates, subjectOf } from '../model/check.ts';
import type { ServerConfig, ServiceConfig } from '../model/config.ts';
import type { EventLevel, EventName } from '../model/events.ts';
import type { ProbeOutcome } from '../model/probe.ts';
import { destKey, type ObservedTable, type ServiceKey, serviceKey } from '../model/services.ts';
import type { LastCheck, ServerCheck, ServerHealth, ServerStatus, ServiceStatus } from '../model/status.ts';
import { CheckRunner, type RunnerNews, type RunnerPorts } from './check-runner.ts';
import type { Tell } from './check-tell.ts';

/** One real server of one service, while that is configured. */
interface Server {
  service: ServiceConfig;
  config: ServerConfig;
  /** In the order of the configuration. */
  runners: readonly CheckRunner[];
  health: ServerHealth;
  since: WallTime;
}

/** A shortage of this machine shows in all checks at once and is said at most this often. */
const SHORTAGE_GAP = seconds(60);

const serverName = (service: ServiceConfig, server: ServerConfig): string =>
  `${serviceKey(service.key)} ${destKey(server.key)}`;

/** The real servers and their checkers: who is well, since when, and why. */
export class CheckServers {
  readonly #ports: RunnerPorts;
  readonly #tell: Tell;
  readonly #changed: (service: ServiceKey) => void;
  #servers = new Map<string, Server>();
  #services: readonly ServiceConfig[] = [];
  #followed: FollowedStates = { files: {}, bfd: {} };
  #shortageToldAt: Instant | null = null;

  /** `changed` is called with the service whenever the health or the weight of one of its servers is another. */
  constructor(ports: RunnerPorts, tell: Tell, changed: (service: ServiceKey) => void) {
    this.#ports = ports;
    this.#tell = tell;
    this.#changed = changed;
  }

  /** Follows a configuration: what it still has goes on as it was, with its probes where they are. */
  apply(services: readonly ServiceConfig[]): void {
    const before = this.#servers;
    this.#services = services;
    this.#servers = new Map();
    for (const service of services) {
      for (const config of service.servers) {
        const name = serverName(service, config);
        const running = before.get(name);
        before.delete(name);
        this.#servers.set(name, this.#go(running ?? null, service, config));
      }
    }
    for (const { runners } of before.values()) for (const runner of runners) runner.stop();
    this.follow(this.#followed);
  }

  /** Takes the health of servers not probed yet from the table that an earlier process left; tells how many begin down. */
  adopt(table: ObservedTable): { readonly down: number } {
    const observed = new Map(table.services.map((service) => [serviceKey(service.key), service]));
    let down = 0;
    for (const server of this.#servers.values()) {
      const left = observed.get(serviceKey(server.service.key));
      for (const runner of server.runners) {
        if (!runner.state.hasRun) runner.begin(adoptedState(server.config, runner.config, left));
      }
      server.health = healthOf(server.runners);
      if (server.health === 'down') down++;
    }
    return { down };
  }

  /** What core knows of the files and sessions that checks follow: it counts at once. */
  follow(followed: FollowedStates): void {
    this.#followed = followed;
    for (const { runners } of this.#servers.values()) {
      for (const runner of runners) {
        const found = judgeFollowed(runner.config, followed);
        if (found !== null) runner.take(found.outcome, found.weight);
      }
    }
  }

  health(service: ServiceConfig, server: ServerConfig): ServerHealth {
    return this.#servers.get(serverName(service, server))?.health ?? 'unchecked';
  }

  /** The configured weight with what its checks make of it. */
  weight(service: ServiceConfig, server: ServerConfig): number {
    return weightOf(server, this.#servers.get(serverName(service, server))?.runners ?? []);
  }

  show(): readonly ServiceStatus[] {
    return this.#services.map((service) => ({
      name: service.name,
      key: service.key,
      servers: service.servers.flatMap((config) => {
        const server = this.#servers.get(serverName(service, config));
        return server === undefined ? [] : [showServer(server)];
      }),
      byHand: null,
    }));
  }

  /** No probe starts after this. */
  stop(): void {
    this.apply([]);
  }

  #go(running: Server | null, service: ServiceConfig, config: ServerConfig): Server {
    const since = this.#ports.clock.wall();
    const server: Server = running ?? { service, config, runners: [], health: 'unchecked', since };
    const before = server.runners;
    server.runners = carryChecks(before, config.checks).map((carried) => {
      if (carried.kind === 'same') return carried.former;
      const { config: check, state, former } = carried;
      const hear = (news: RunnerNews) => this.#hear(server, news);
      const runner = new CheckRunner(check, state, this.#ports, hear, former);
      if (!isFollowed(check)) runner.start();
      return runner;
    });
    for (const runner of before) if (!server.runners.includes(runner)) runner.stop();
    const health = healthOf(server.runners);
    return Object.assign(server, {
      service,
      config,
      health,
      since: server.health === health ? server.since : since,
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
    } else if (outcome.verdict === 'unknown') {
      this.#sayShortage(server, runner, outcome);
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
    if (isNews || reweighs) this.#changed(server.service.key);
  }

  #sayShortage(server: Server, runner: CheckRunner, outcome: ProbeOutcome): void {
    const now = this.#ports.clock.now();
    if (this.#shortageToldAt !== null && elapsed(this.#shortageToldAt, now) < SHORTAGE_GAP) return;
    this.#shortageToldAt = now;
    const what = 'could not be checked, its health stays as it was';
    this.#say(server, runner, outcome, 'warn', 'check_failed', what);
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

const weightOf = ({ attrs }: ServerConfig, runners: readonly CheckRunner[]): number =>
  effectiveWeight(
    attrs.weight,
    runners.map(({ weight }) => weight),
  );

const showServer = ({ config, runners, health, since }: Server): ServerStatus => ({
  key: config.key,
  forward: config.attrs.forward,
  configuredWeight: config.attrs.weight,
  effectiveWeight: weightOf(config, runners),
  health,
  since,
  lastCheck: lastOf(runners, health),
  checks: runners.map(
    ({ config: check, state, last }): ServerCheck => ({
      type: check.type,
      of: subjectOf(check),
      health: state.health,
      failures: state.failures,
      last,
    }),
  ),
  draining: null,
  byHand: null,
});

/** While a server is down, the last of the checks that say so. */
function lastOf(runners: readonly CheckRunner[], health: ServerHealth): LastCheck | null {
  const telling = health === 'down' ? runners.filter(({ state }) => state.health === 'down') : runners;
  return telling.reduce<LastCheck | null>(
    (latest, { last }) => (last !== null && (latest === null || last.at >= latest.at) ? last : latest),
    null,
  );
}
