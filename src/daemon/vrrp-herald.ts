import type { Ip } from '../base/ip.ts';
import type { VirtualAddress } from '../model/addresses.ts';
import type { InstanceConfig } from '../model/config.ts';
import type { VrrpAnnouncer } from './vrrp-announcer.ts';
import type { VrrpBelongings } from './vrrp-belongings.ts';
import type { RunningCounters } from './vrrp-counters.ts';

/** Announces the addresses of one instance, once they are there. */
export class VrrpHerald {
  private readonly announcer: Pick<VrrpAnnouncer, 'announce'>;
  private readonly belongings: Pick<VrrpBelongings, 'afterwards'>;
  private readonly counters: RunningCounters;
  private readonly listen: () => void;
  private readonly isMaster: () => boolean;
  private readonly complain: (topic: string, because: string) => void;

  constructor(
    announcer: Pick<VrrpAnnouncer, 'announce'>,
    belongings: Pick<VrrpBelongings, 'afterwards'>,
    counters: RunningCounters,
    listen: () => void,
    isMaster: () => boolean,
    complain: (topic: string, because: string) => void,
  ) {
    this.announcer = announcer;
    this.belongings = belongings;
    this.counters = counters;
    this.listen = listen;
    this.isMaster = isMaster;
    this.complain = complain;
  }

  /** `rounds` for each address, on its own interface unless `dev` names another. */
  announce(rounds: number, addresses: readonly VirtualAddress[], dev?: string): void {
    this.belongings.afterwards(() => {
      // The kernel may have taken its time: what has come meanwhile decides whether these are ours to announce.
      this.listen();
      for (let round = 0; round < rounds && this.isMaster(); round++) {
        for (const virtual of addresses) this.send(dev ?? virtual.dev, virtual.address, this.isMaster);
      }
    });
  }

  /** A backup that is sent adverts by unicast must be found by its peers: a stale neighbour entry would cost adverts. */
  greet({ transport, interface: dev }: InstanceConfig, localAddress: Ip): void {
    if (transport.kind === 'unicast') this.send(dev, localAddress, () => true);
  }

  private send(dev: string, address: Ip, wanted: () => boolean): void {
    this.announcer.announce({
      dev,
      address,
      wanted,
      done: (outcome) => {
        if (!outcome.ok) {
          this.complain(`announce ${address}`, `cannot announce ${address} on ${dev}: ${outcome.error}`);
        } else if (address.includes(':')) this.counters.nasSent++;
        else this.counters.garpsSent++;
      },
    });
  }
}
