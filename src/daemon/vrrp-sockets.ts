import type { Family, Ip } from '../base/ip.ts';
import { err, type Result } from '../base/result.ts';
import type { InstanceConfig } from '../model/config.ts';
import { carrierOf } from '../vrrp/instances.ts';
import type { Datagram } from '../wire/datagram.ts';
import type { VrrpPorts, VrrpSocket } from './vrrp-ports.ts';

interface OpenSocket {
  readonly socket: VrrpSocket;
  readonly ifindex: number;
  readonly groups: string;
}

export type Arrival = (carrier: string, family: Family, datagram: Result<Datagram, 'ip_header'>) => void;

/** One socket for each interface and family that adverts travel on. */
export class VrrpSockets {
  private readonly ports: Pick<VrrpPorts, 'openSocket' | 'interfaces'>;
  private readonly arrived: Arrival;
  private readonly complain: (interface_: string, because: string) => void;
  private readonly sockets = new Map<string, OpenSocket>();

  constructor(
    ports: Pick<VrrpPorts, 'openSocket' | 'interfaces'>,
    arrived: Arrival,
    complain: (interface_: string, because: string) => void,
  ) {
    this.ports = ports;
    this.arrived = arrived;
    this.complain = complain;
  }

  /** Opens what these instances need and closes the rest. */
  follow(instances: readonly InstanceConfig[]): void {
    const wanted = new Map<string, { carrier: string; family: Family; groups: Set<Ip> }>();
    for (const config of instances) {
      const carrier = carrierOf(config);
      const want = wanted.get(keyOf(carrier, config.family)) ?? {
        carrier,
        family: config.family,
        groups: new Set(),
      };
      if (config.transport.kind === 'multicast') want.groups.add(config.transport.group);
      wanted.set(keyOf(carrier, config.family), want);
    }
    for (const [key, { socket }] of this.sockets) {
      if (wanted.has(key)) continue;
      socket.close();
      this.sockets.delete(key);
    }
    for (const { carrier, family, groups } of wanted.values()) this.open(carrier, family, [...groups]);
  }

  transmit(config: InstanceConfig, datagram: Datagram): Result<void, string> {
    const open = this.sockets.get(keyOf(carrierOf(config), config.family));
    return open?.socket.send(datagram) ?? err('no socket');
  }

  drain(): void {
    for (const { socket } of this.sockets.values()) socket.drain();
  }

  close(): void {
    for (const { socket } of this.sockets.values()) socket.close();
    this.sockets.clear();
  }

  // A device that was deleted and made again has a new index, and a socket bound to the old one is deaf.
  private open(carrier: string, family: Family, groups: readonly Ip[]): void {
    const key = keyOf(carrier, family);
    const ifindex = this.ports.interfaces.ifindex(carrier);
    const before = this.sockets.get(key);
    if (before !== undefined && before.ifindex === ifindex && before.groups === groups.join()) return;
    before?.socket.close();
    this.sockets.delete(key);
    if (ifindex === null) return;
    const opened = this.ports.openSocket({
      interface: carrier,
      ifindex,
      family,
      groups,
      onDatagram: (datagram) => this.arrived(carrier, family, datagram),
      onError: (because) => this.complain(carrier, because),
    });
    if (opened.ok) this.sockets.set(key, { socket: opened.value, ifindex, groups: groups.join() });
    else this.complain(carrier, opened.error);
  }
}

const keyOf = (carrier: string, family: Family): string => `${carrier} ${family}`;
