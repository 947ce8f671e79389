import type { Ip } from '../base/ip.ts';
import type { ServiceConfig } from '../model/config.ts';
import { serviceKey } from '../model/services.ts';
import type { CheckPorts } from './check-ports.ts';
import type { Tell } from './check-tell.ts';

/** The addresses of this machine, as they are at any moment. */
export interface LocalAddresses {
  isLocal(address: Ip): boolean;
  close(): void;
}

/**
 * Which services are suspended: those with `haSuspend` whose address no interface of this machine has, whoever put it
 * there. The kernel is only asked where there are any.
 */
export class CheckPresence {
  readonly #ports: Pick<CheckPorts, 'watchAddresses'>;
  readonly #tell: Tell;
  readonly #changed: () => void;
  #services: readonly ServiceConfig[] = [];
  #watch: 'none' | 'opening' | 'failed' | LocalAddresses = 'none';
  /** By serviceKey. */
  #away: ReadonlySet<string> = new Set();

  /** `changed` is called whenever a service is suspended, or is not any more. */
  constructor(ports: Pick<CheckPorts, 'watchAddresses'>, tell: Tell, changed: () => void) {
    this.#ports = ports;
    this.#tell = tell;
    this.#changed = changed;
  }

  /** Follows a configuration. Until the addresses are known a new service is suspended. */
  apply(services: readonly ServiceConfig[]): void {
    this.#services = services.filter(({ haSuspend }) => haSuspend);
    if (this.#services.length === 0) {
      if (typeof this.#watch === 'object') this.#watch.close();
      if (this.#watch !== 'opening') this.#watch = 'none';
    } else if (this.#watch === 'none') {
      this.#watch = 'opening';
      void this.#open();
    }
    this.#away = this.#look();
  }

  isSuspended(service: ServiceConfig): boolean {
    return service.haSuspend && this.#away.has(serviceKey(service.key));
  }

  async #open(): Promise<void> {
    const opened = await this.#ports.watchAddresses(() => this.#compare());
    if (!opened.ok) {
      this.#watch = 'failed';
      const message = `the addresses of this machine cannot be read, ha_suspend has no effect: ${opened.error.message}`;
      this.#tell('error', 'checks_resumed', message, { reason: opened.error.message });
    } else if (this.#services.length === 0) {
      opened.value.close();
      this.#watch = 'none';
    } else this.#watch = opened.value;
    this.#compare();
  }

  #compare(): void {
    const before = this.#away;
    this.#away = this.#look();
    let isNews = false;
    for (const service of this.#services) {
      const name = serviceKey(service.key);
      const isAway = this.#away.has(name);
      if (isAway === before.has(name)) continue;
      isNews = true;
      if (this.#watch === 'failed') continue;
      const text = isAway
        ? `service ${service.name} is not checked: its address is not on this machine`
        : `service ${service.name} is checked: its address is on this machine`;
      this.#tell('info', isAway ? 'checks_suspended' : 'checks_resumed', text, { service: service.name });
    }
    if (isNews) this.#changed();
  }

  #look(): ReadonlySet<string> {
    const watch = this.#watch;
    if (watch === 'failed') return new Set();
    const away = this.#services.filter(
      ({ key }) => key.kind === 'address' && (typeof watch === 'string' || !watch.isLocal(key.address)),
    );
    return new Set(away.map(({ key }) => serviceKey(key)));
  }
}
