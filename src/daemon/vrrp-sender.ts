import type { Clock } from '../base/clock.ts';
import type { Ip } from '../base/ip.ts';
import type { Result } from '../base/result.ts';
import type { InstanceConfig } from '../model/config.ts';
import { encodeAdvertPayload } from '../vrrp/advert.ts';
import type { Sequence } from '../vrrp/signature.ts';
import type { Datagram } from '../wire/datagram.ts';
import { VRRP_TTL } from '../wire/vrrp.ts';
import type { VrrpSigning } from './vrrp-signing.ts';

interface Encoded {
  readonly source: Ip;
  readonly destination: Ip;
  readonly priority: number;
  readonly payload: Uint8Array;
}

/** Sends the adverts of one instance: one to the group, or one to each peer. */
export class VrrpSender {
  readonly transmit: (config: InstanceConfig, datagram: Datagram) => Result<void, string>;
  private readonly clock: Clock;
  private readonly signing: VrrpSigning;
  /** The last unsigned one: the next is the same, as long as nothing changes. */
  private last: (Encoded & { readonly config: InstanceConfig }) | null = null;

  constructor(clock: Clock, signing: VrrpSigning, transmit: VrrpSender['transmit']) {
    this.clock = clock;
    this.signing = signing;
    this.transmit = transmit;
  }

  /** How many adverts left, and why the first that did not was kept back. */
  advertise(
    config: InstanceConfig,
    source: Ip,
    priority: number,
  ): { readonly count: number; readonly error: string | null } {
    const sequence = this.signing.next(config, this.clock.wall());
    const { transport } = config;
    const isUnicast = transport.kind === 'unicast';
    const destinations = isUnicast ? transport.peers.map(({ address }) => address) : [transport.group];
    const ttl = isUnicast ? transport.ttl : VRRP_TTL;
    const outcomes = destinations.map((destination) => {
      const payload = this.encode(config, { source, destination, priority, sequence });
      return this.transmit(config, { source, destination, ttl, payload });
    });
    const failed = outcomes.find((outcome) => !outcome.ok);
    return {
      count: outcomes.filter((outcome) => outcome.ok).length,
      error: failed === undefined || failed.ok ? null : failed.error,
    };
  }

  private encode(
    config: InstanceConfig,
    about: Omit<Encoded, 'payload'> & { readonly sequence: Sequence | null },
  ): Uint8Array {
    const { source, destination, priority } = about;
    const { last } = this;
    const isSame =
      last?.config === config &&
      last.source === source &&
      last.destination === destination &&
      last.priority === priority;
    if (isSame && about.sequence === null) return last.payload;
    const payload = encodeAdvertPayload(config, about);
    this.last = about.sequence === null ? { config, source, destination, priority, payload } : null;
    return payload;
  }
}
