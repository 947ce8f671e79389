import { elapsed, type Instant, seconds, type WallTime } from '../base/units.ts';
import { type CheckState, stepCheck } from '../health/check.ts';
import { carriedState, initialState, sameCheck } from '../health/server.ts';
import { firstCheckDelay } from '../health/stagger.ts';
import type { CheckConfig, ServerConfig, ServiceConfig } from '../model/config.ts';
import type { EventLevel, EventName } from '../model/events.ts';
import type { ProbeOutcome } from '../model/probe.ts';
import { destKey, type ObservedTable, type ServiceKey, serviceKey } from '../model/services.ts';
import type { LastCheck, ServerHealth, ServerStatus, ServiceStatus } from '../model/status.ts';
import type { CheckPorts } from './check-ports.ts';
import type { Tell } from './check-tell.ts';

/** One real server of one service, while that is configured. */
interface Server {
  service: ServiceConfig;
  config: ServerConfig;
  /** Null without a check. */
  state: CheckState | null;
  since: WallTime;
  lastCheck: LastCheck | null;
  /** Calls the next probe off; null while none is due. */
  callOff: (() => void) | null;
}

type ServersPorts = Pick<CheckPorts, 'clock' | 'after' | 'random' | 'probe'>;

/** A shortage of this machine shows in all checks at once and is said at most this often. */
const SHORTAGE_GAP = seconds(60);

const serverName = (service: ServiceConfig, server: ServerConfig): string =>
  `${serviceKey(service.key)} ${destKey(server.key)}`;

/** The real servers and their checkers: who is well, since when, and why. */
export class CheckServers {
  readonly #ports: ServersPorts;
  readonly #tell: Tell;
  readonly #healthChanged: (service: ServiceKey) => void;
  #servers = new Map<string, Server>();
  #services: readonly ServiceConfig[] = [];
  #shortageToldAt: Instant | null = null;

  constructor(ports: ServersPorts, tell: Tell, healthChanged: (service: ServiceKey) => void) {
    this.#ports = ports;
    this.#tell = tell;
    this.#healthChanged = healthChanged;
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
        this.#servers.set(
          name,
          running === undefined ? this.#start(service, config) : this.#go(running, service, config),
        );
      }
    }
    for (const server of before.values()) server.callOff?.();
  }

  /** Takes the health of servers not probed yet from the table that an earlier process left; tells how many begin down. */
  adopt(table: ObservedTable): { readonly down: number } {
    const observed = new Map(table.services.map((service) => [serviceKey(service.key), service]));
    let down = 0;
    for (const server of this.#servers.values()) {
      if (server.state?.hasRun !== false) continue;
      server.state = initialState(server.config, observed.get(serviceKey(server.service.key)));
      if (server.state?.health === 'down') down++;
    }
    return { down };
  }

  health(service: ServiceConfig, server: ServerConfig): ServerHealth {
    return healthOf(this.#servers.get(serverName(service, server)));
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

  #start(service: ServiceConfig, config: ServerConfig): Server {
    const since = this.#ports.clock.wall();
    const state = initialState(config, undefined);
    const server: Server = { service, config, state, since, lastCheck: null, callOff: null };
    this.#schedule(server);
    return server;
  }

  #go(server: Server, service: ServiceConfig, config: ServerConfig): Server {
    const before = server.config.check;
    if (sameCheck(before, config.check)) return Object.assign(server, { service, config });
    // What a probe under the old settings finds is not heard any more: the new object is another server to it.
    server.callOff?.();
    const state = carriedState(server.state, before, config.check);
    const kept = healthOf(server) === (state?.health ?? 'unchecked');
    const since = kept ? server.since : this.#ports.clock.wall();
    const next: Server = { ...server, service, config, state, since, callOff: null };
    this.#schedule(next);
    return next;
  }

  #schedule(server: Server): void {
    const { check } = server.config;
    if (check === null) return;
    const delay = firstCheckDelay(check.warmup, this.#ports.random());
    server.callOff = this.#ports.after(delay, () => void this.#probe(server, check));
  }

  async #probe(server: Server, check: CheckConfig): Promise<void> {
    server.callOff = null;
    const outcome = await this.#ports.probe(check);
    const current = this.#servers.get(serverName(server.service, server.config)) === server;
    // Removed or configured anew meanwhile.
    if (!current || server.state === null) return;
    const before = server.lastCheck;
    const { state, changed, next } = stepCheck(check, server.state, outcome.verdict);
    const at = this.#ports.clock.wall();
    const { latency, result, verdict } = outcome;
    server.state = state;
    server.lastCheck = { at, ok: verdict === 'pass', latency, result };
    server.callOff = this.#ports.after(next, () => void this.#probe(server, check));
    if (changed !== null) {
      server.since = at;
      this.#say(server, outcome, changed === 'up' ? 'info' : 'warn', `server_${changed}`, `is ${changed}`);
      this.#healthChanged(server.service.key);
    } else if (verdict === 'unknown') {
      this.#sayShortage(server, outcome);
    } else if (verdict === 'fail' && (state.health === 'up' || before?.result !== result)) {
      // A server that stays down in the same way says nothing new.
      const left = check.retry + 1 - state.failures;
      const what = state.health === 'up' ? `failed a check, ${left} more take it out` : 'is still down';
      this.#say(server, outcome, 'debug', 'check_failed', what);
    }
  }

  #sayShortage(server: Server, outcome: ProbeOutcome): void {
    const now = this.#ports.clock.now();
    if (this.#shortageToldAt !== null && elapsed(this.#shortageToldAt, now) < SHORTAGE_GAP) return;
    this.#shortageToldAt = now;
    this.#say(server, outcome, 'warn', 'check_failed', 'could not be checked, its health stays as it was');
  }

  #say(server: Server, outcome: ProbeOutcome, level: EventLevel, event: EventName, what: string): void {
    const { service, config, state } = server;
    const address = destKey(config.key);
    this.#tell(level, event, `server ${address} of ${service.name} ${what}: ${outcome.detail}`, {
      service: service.name,
      server: address,
      reason: outcome.detail,
      result: outcome.result,
      latency_ms: outcome.latency,
      failures: state?.failures ?? 0,
    });
  }
}

const healthOf = (server: Server | undefined): ServerHealth => server?.state?.health ?? 'unchecked';

const showServer = (server: Server): ServerStatus => ({
  key: server.config.key,
  forward: server.config.attrs.forward,
  configuredWeight: server.config.attrs.weight,
  health: healthOf(server),
  since: server.since,
  lastCheck: server.lastCheck,
  draining: null,
  byHand: null,
});
