import { type DestKey, destKey } from '../model/services.ts';

/**
 * Finds servers by their keys. Mostly each has an address of its own, and then no key is made a string: of 10,000 servers
 * that takes longer than all else that a plan does. Two servers of one key are a broken invariant.
 */
export class DestIndex<T extends { readonly key: DestKey }> {
  readonly #byAddress = new Map<string, T>();
  /** Further ports of an address, by destKey. */
  readonly #others = new Map<string, T>();

  constructor(servers: readonly T[] = []) {
    for (const server of servers) {
      const { key } = server;
      if (this.get(key) !== undefined) throw new Error(`duplicate key ${destKey(key)}`);
      if (this.#byAddress.has(key.address)) this.#others.set(destKey(key), server);
      else this.#byAddress.set(key.address, server);
    }
  }

  get(key: DestKey): T | undefined {
    const first = this.#byAddress.get(key.address);
    if (first === undefined || first.key.port === key.port) return first;
    return this.#others.size === 0 ? undefined : this.#others.get(destKey(key));
  }

  has(key: DestKey): boolean {
    return this.get(key) !== undefined;
  }
}
