import { type DesiredService, type Dest, type DestKey, destKey, serviceKey } from '../model/services.ts';

/** The servers that are configured for services, whether they are well or not, by serviceKey. */
export type ConfiguredServers = ReadonlyMap<string, ConfiguredDests>;

export const configuredServers = (
  services: readonly Pick<DesiredService, 'key' | 'dests'>[],
): ConfiguredServers =>
  new Map(services.map(({ key, dests }) => [serviceKey(key), new ConfiguredDests(dests)]));

/** The servers that are configured for a service. */
export class ConfiguredDests {
  /** In the order of the configuration. */
  readonly dests: readonly Dest[];
  #places: ReadonlyMap<string, number> | null = null;

  constructor(dests: readonly Dest[]) {
    this.dests = dests;
  }

  /**
   * Where the server of this destKey is in `dests`; -1 where it is not configured. One that is at `likely` is found
   * without an index of all, which takes longer to make than what is done with a server that comes.
   */
  placeOf(name: string, key: DestKey | undefined, likely: number): number {
    const next = this.dests[likely]?.key;
    if (next !== undefined && next.address === key?.address && next.port === key.port) return likely;
    this.#places ??= new Map(this.dests.map((dest, place) => [destKey(dest.key), place]));
    return this.#places.get(name) ?? -1;
  }
}
