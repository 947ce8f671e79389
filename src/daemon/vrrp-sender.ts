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
  readonly config: InstanceConfig;
  readonly priority: number;
  readonly datagram: Datagram;
}

/** Sends the adverts of one instance: one to the group, or one to each peer. */
export class VrrpSender {
  private readonly transmit: (config: InstanceConfig, datagram: Datagram) => Result<void, string>;
  private readonly clock: Clock;
  private readonly signing: VrrpSigning;
  /** The last unsigned ones by destination: the next is the same object, as long as nothing changes. */
  private readonly last = new Map<Ip, Encoded>();

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
    let count = 0;
    let error: string | null = null;
    const send = (destination: Ip, ttl: number) => {
      const sent = this.transmit(config, this.encode(config, source, destination, ttl, priority, sequence));
      if (sent.ok) count++;
      else error ??= sent.error;
    };
    if (transport.kind === 'multicast') send(transport.group, VRRP_TTL);
    else for (const { address } of transport.peers) send(address, transport.ttl);
    return { count, error };
  }

  private encode(
    config: InstanceConfig,
    source: Ip,
    destination: Ip,
    ttl: number,
    priority: number,
    sequence: Sequence | null,
  ): Datagram {
    const known = this.last.get(destination);
    const isSame =
      known?.config === config && known.priority === priority && known.datagram.source === source;
    if (isSame && sequence === null) return known.datagram;
    const payload = encodeAdvertPayload(config, { source, destination, priority, sequence });
    const datagram = { source, destination, ttl, payload };
    if (sequence === null) {
      if (known?.config !== config) this.last.clear();
      this.last.set(destination, { config, priority, datagram });
    }
    return datagram;
  }
}
