import type { ServiceNotice } from '../model/notify.ts';
import { type ServiceKey, serviceKey } from '../model/services.ts';

/**
 * Notices on their way: each waits until the kernel has been brought to what it tells of, and for those before it, so
 * that whoever is told finds it so.
 */
export class CheckNotices {
  readonly #send: (notice: ServiceNotice) => void;
  #waiting: ServiceNotice[] = [];
  /** Services that have changed since they were last planned, by serviceKey. */
  readonly #changed = new Set<string>();

  constructor(send: (notice: ServiceNotice) => void) {
    this.#send = send;
  }

  add(notice: ServiceNotice): void {
    this.#waiting.push(notice);
  }

  /** The table is to be changed for this service. */
  changed(service: ServiceKey): void {
    this.#changed.add(serviceKey(service));
  }

  /** From what these services are now it is planned what to change. */
  planned(services: readonly ServiceKey[]): void {
    for (const service of services) this.#changed.delete(serviceKey(service));
  }

  /** What was planned has been done, as far as it can be. */
  settled(): void {
    const next = this.#waiting.findIndex(({ service }) => this.#changed.has(serviceKey(service)));
    for (const notice of this.#waiting.splice(0, next === -1 ? this.#waiting.length : next)) {
      this.#send(notice);
    }
  }

  /** Nothing more is to be waited for. */
  end(): void {
    this.#changed.clear();
    this.settled();
  }
}
