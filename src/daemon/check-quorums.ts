import type { Clock } from '../base/clock.ts';
import type { WallTime } from '../base/units.ts';
import { liveWeight, stepQuorum, type Vote } from '../health/quorum.ts';
import type { ServiceConfig } from '../model/config.ts';
import type { ServiceNotice } from '../model/notify.ts';
import { destKey, type ObservedService, type ServiceKey, serviceKey } from '../model/services.ts';
import type { QuorumStatus, SorryServerStatus } from '../model/status.ts';
import type { Tell } from './check-tell.ts';

interface Quorum {
  readonly config: ServiceConfig;
  readonly has: boolean;
  readonly since: WallTime;
  /** False until it is known what servers begin with. */
  readonly isBegun: boolean;
}

export interface QuorumsPorts {
  readonly clock: Clock;
  readonly tell: Tell;
  votes(service: ServiceConfig): Iterable<Vote>;
  notice(notice: ServiceNotice): void;
}

/** Which services have their quorum, and who is told of it. */
export class CheckQuorums {
  readonly #ports: QuorumsPorts;
  #quorums = new Map<string, Quorum>();

  constructor(ports: QuorumsPorts) {
    this.#ports = ports;
  }

  /**
   * Follows a configuration. What is gone of it has lost its quorum, but where `predecessorOf` says that a service goes
   * on as another.
   */
  apply(
    services: readonly ServiceConfig[],
    predecessorOf: (service: ServiceConfig) => ServiceKey | null,
  ): void {
    const before = this.#quorums;
    const since = this.#ports.clock.wall();
    this.#quorums = new Map(
      services.map((config) => {
        const name = serviceKey(config.key);
        const former = predecessorOf(config);
        const from = former === null || before.has(name) ? name : serviceKey(former);
        const known = before.get(from) ?? { has: false, since, isBegun: false };
        before.delete(from);
        return [name, { ...known, config }];
      }),
    );
    for (const { config, has, isBegun } of before.values()) {
      if (isBegun && has) this.#notice(config, false, 'it was taken out of the configuration');
    }
    for (const { key } of services) this.step(key);
  }

  /**
   * It is known what servers begin with. `had` says whether a service had its quorum when somebody last looked, and
   * whether everybody has been told; those of which it does not know have none. What a service begins with is told too,
   * but where it has no quorum and no sorry server it is in nobody's way (init_service_vs in keepalived's ipwrapper.c).
   */
  begin(had: (service: ServiceConfig) => { readonly has: boolean; readonly isTold: boolean }): void {
    for (const [name, quorum] of this.#quorums) {
      if (quorum.isBegun) continue;
      const { config } = quorum;
      const before = had(config);
      this.#quorums.set(name, { ...quorum, has: before.has, isBegun: true });
      const { has, changed } = this.#decide(config, before.has);
      if (before.isTold) {
        if (changed !== null) this.step(config.key);
        continue;
      }
      this.#quorums.set(name, { ...quorum, has, isBegun: true });
      if (has) this.#notice(config, true, 'it begins with its quorum', true);
      else if (config.sorry !== null) this.#sayLost(config, 'begins without its quorum', true);
    }
  }

  /** The health or weight of one of its servers is another, or may be. */
  step(key: ServiceKey): void {
    const name = serviceKey(key);
    const quorum = this.#quorums.get(name);
    if (quorum?.isBegun !== true) return;
    const { config } = quorum;
    const { has, changed } = this.#decide(config, quorum.has);
    if (changed === null) return;
    this.#quorums.set(name, { ...quorum, has, since: this.#ports.clock.wall() });
    if (changed === 'lost') this.#sayLost(config, 'has lost its quorum', false);
    else this.#sayGained(config);
  }

  has({ key }: ServiceConfig): boolean {
    return this.#quorums.get(serviceKey(key))?.has ?? false;
  }

  show(service: ServiceConfig): {
    readonly quorum: QuorumStatus | null;
    readonly sorryServer: SorryServerStatus | null;
  } {
    const quorum = this.#quorums.get(serviceKey(service.key));
    if (quorum === undefined) return { quorum: null, sorryServer: null };
    const { has, since, config, isBegun } = quorum;
    const { sorry } = config;
    const { quorum: needed, hysteresis } = config.quorum;
    const live = liveWeight(this.#ports.votes(config));
    return {
      quorum: { has, since, live, quorum: needed, hysteresis },
      sorryServer:
        sorry === null ? null : { key: sorry.key, forward: sorry.attrs.forward, serves: isBegun && !has },
    };
  }

  #decide(config: ServiceConfig, had: boolean) {
    return stepQuorum(config.quorum, had, liveWeight(this.#ports.votes(config)));
  }

  #sayGained(config: ServiceConfig): void {
    const { live, needed, words } = this.#weigh(config, true);
    const { name, sorry } = config;
    const after = sorry === null ? '' : `; its servers take over from sorry server ${destKey(sorry.key)}`;
    this.#ports.tell('info', 'quorum_gained', `service ${name} has gained its quorum: ${words}${after}`, {
      service: name,
      live_weight: live,
      needed,
      sorry_server: sorry === null ? null : destKey(sorry.key),
    });
    this.#notice(config, true, words);
  }

  #sayLost(config: ServiceConfig, what: string, isFirst: boolean): void {
    const { live, needed, words } = this.#weigh(config, false);
    const { name, sorry } = config;
    const after = sorry === null ? '' : `; sorry server ${destKey(sorry.key)} serves`;
    this.#ports.tell('warn', 'quorum_lost', `service ${name} ${what}: ${words}${after}`, {
      service: name,
      live_weight: live,
      needed,
      sorry_server: sorry === null ? null : destKey(sorry.key),
    });
    this.#notice(config, false, words, isFirst);
  }

  #weigh(config: ServiceConfig, isGain: boolean) {
    const { quorum, hysteresis } = config.quorum;
    const live = liveWeight(this.#ports.votes(config));
    const needed = isGain ? quorum + hysteresis : quorum - hysteresis;
    return { live, needed, words: `its servers that are up weigh ${live}, and ${needed} is needed` };
  }

  #notice(config: ServiceConfig, has: boolean, because: string, isFirst = false): void {
    const { name, key } = config;
    const state = has ? 'UP' : 'DOWN';
    this.#ports.notice({ kind: 'VS', name, service: key, server: null, state, because, isFirst });
  }
}

/** Whether whoever left this service in the kernel thought that it had its quorum. */
export function hadQuorum({ sorry }: ServiceConfig, observed: ObservedService | undefined): boolean {
  if (observed === undefined || observed.dests.length === 0) return false;
  if (sorry === null) return true;
  const name = destKey(sorry.key);
  return !observed.dests.some(({ key, attrs }) => destKey(key) === name && attrs.weight > 0);
}
