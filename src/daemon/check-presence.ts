import type { Ip } from '../base/ip.ts';
import type { ServiceConfig } from '../model/config.ts';
import type { ServiceGroup } from '../model/group.ts';
import { serviceKey } from '../model/services.ts';
import type { CheckPorts } from './check-ports.ts';
import type { Tell } from './check-tell.ts';

/** The addresses of this machine, as they are at any moment. */
export interface LocalAddresses {
  isLocal(address: Ip): boolean;
  close(): void;
}

/**
 * Which services are suspended: those with `haSuspend` of whose addresses no interface of this machine has one, whoever
 * put it there. The kernel is only asked where there are any.
 */
export class CheckPresence {
  readonly #ports: Pick<CheckPorts, 'watchAddresses'>;
  readonly #tell: Tell;
  readonly #changed: () => void;
  #groups: readonly ServiceGroup[] = [];
  #watch: 'none' | 'opening' | 'failed' | LocalAddresses = 'none';
  /** By serviceKey, those that lead. */
  #away: ReadonlySet<string> = new Set();

  /** `changed` is called whenever a service is suspended, or is not any more. */
  constructor(ports: Pick<CheckPorts, 'watchAddresses'>, tell: Tell, changed: () => void) {
    this.#ports = ports;
    this.#tell = tell;
    this.#changed = changed;
  }

  /** Follows a configuration. Until the addresses are known a new service is suspended. */
  apply(groups: readonly ServiceGroup[]): void {
    this.#groups = groups.filter(({ members }) => members.every(({ haSuspend }) => haSuspend));
    if (this.#groups.length === 0) {
      if (typeof this.#watch === 'object') this.#watch.close();
      if (this.#watch !== 'opening') this.#watch = 'none';
    } else if (this.#watch === 'none') {
      this.#watch = 'opening';
      void this.#open();
    }
    this.#away = this.#look();
  }

  isSuspended(leader: ServiceConfig): boolean {
    return leader.haSuspend && this.#away.has(serviceKey(leader.key));
  }

  async #open(): Promise<void> {
    const opened = await this.#ports.watchAddresses(() => this.#compare());
    if (!opened.ok) {
      this.#watch = 'failed';
      const message = `the addresses of this machine cannot be read, ha_suspend has no effect: ${opened.error.message}`;
      this.#tell('error', 'checks_resumed', message, { reason: opened.error.message });
    } else if (this.#groups.length === 0) {
      opened.value.close();
      this.#watch = 'none';
    } else this.#watch = opened.value;
    this.#compare();
  }

  #compare(): void {
    const before = this.#away;
    this.#away = this.#look();
    let isNews = false;
    for (const { leader: service, members } of this.#groups) {
      const name = serviceKey(service.key);
      const isAway = this.#away.has(name);
      if (isAway === before.has(name)) continue;
      isNews = true;
      if (this.#watch === 'failed') continue;
      const address =
        members.length === 1 ? 'its address is' : isAway ? 'its addresses are' : 'an address of it is';
      const text = isAway
        ? `service ${service.name} is not checked: ${address} not on this machine`
        : `service ${service.name} is checked: ${address} on this machine`;
      this.#tell('info', isAway ? 'checks_suspended' : 'checks_resumed', text, { service: service.name });
    }
    if (isNews) this.#changed();
  }

  #look(): ReadonlySet<string> {
    const watch = this.#watch;
    if (watch === 'failed') return new Set();
    const isAway = ({ key }: ServiceConfig): boolean =>
      key.kind === 'address' && (typeof watch === 'string' || !watch.isLocal(key.address));
    const away = this.#groups.filter(({ members }) => members.every(isAway));
    return new Set(away.map(({ leader }) => serviceKey(leader.key)));
  }
}
