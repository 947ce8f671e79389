import type { Family, Ip } from '../base/ip.ts';
import { err, type Result } from '../base/result.ts';
import { elapsed, type Instant, later, seconds } from '../base/units.ts';
import type { InstanceConfig } from '../model/config.ts';
import { carrierOf } from '../vrrp/instances.ts';
import type { Datagram } from '../wire/datagram.ts';
import { VRRP_TTL } from '../wire/vrrp.ts';
import type { VrrpFilter } from '../wire/vrrp-filter.ts';
import type { VrrpPorts, VrrpSocket } from './vrrp-ports.ts';

interface OpenSocket {
  readonly socket: VrrpSocket;
  readonly ifindex: number;
  readonly groups: string;
  /** Datagrams since `since`. */
  count: number;
  since: Instant;
  /** Until then the kernel drops what cannot be for us; null where it does not. */
  guardedUntil: Instant | null;
}

/** More adverts in a second than 255 routers send every 100 ms are a flood. */
const FLOOD = 3000;
const WINDOW = seconds(1);
/** Whether it goes on cannot be seen while the kernel drops it: it is looked at again after this long. */
const GUARD_FOR = seconds(10);

export type Arrival = (carrier: string, family: Family, datagram: Result<Datagram, 'ip_header'>) => void;

/** One socket for each interface and family that adverts travel on. */
export class VrrpSockets {
  private readonly ports: Pick<VrrpPorts, 'clock' | 'openSocket' | 'interfaces'>;
  private readonly arrived: Arrival;
  private readonly complain: (interface_: string, because: string) => void;
  private readonly sockets = new Map<string, OpenSocket>();
  private instances: readonly InstanceConfig[] = [];

  constructor(
    ports: Pick<VrrpPorts, 'clock' | 'openSocket' | 'interfaces'>,
    arrived: Arrival,
    complain: (interface_: string, because: string) => void,
  ) {
    this.ports = ports;
    this.arrived = arrived;
    this.complain = complain;
  }

  /** Opens what these instances need and closes the rest. */
  follow(instances: readonly InstanceConfig[]): void {
    this.instances = instances;
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
      onDatagram: (datagram) => {
        this.count(carrier, family);
        this.arrived(carrier, family, datagram);
      },
      onError: (because) => this.complain(carrier, because),
    });
    const since = this.ports.clock.now();
    const counted = { count: 0, since, guardedUntil: null };
    if (opened.ok)
      this.sockets.set(key, { socket: opened.value, ifindex, groups: groups.join(), ...counted });
    else this.complain(carrier, opened.error);
  }

  /** In peace everything is read, so that a wrong VRID or TTL is seen and told; in a flood the kernel drops it. */
  private count(carrier: string, family: Family): void {
    const open = this.sockets.get(keyOf(carrier, family));
    if (open === undefined) return;
    const now = this.ports.clock.now();
    if (open.guardedUntil !== null && now >= open.guardedUntil) {
      open.guardedUntil = null;
      open.socket.guard(null);
    }
    open.count++;
    if (elapsed(open.since, now) >= WINDOW) {
      open.since = now;
      open.count = 0;
    }
    if (open.count < FLOOD || open.guardedUntil !== null) return;
    const guarded = open.socket.guard(this.filterOf(carrier, family));
    open.guardedUntil = later(now, GUARD_FOR);
    const told = `more than ${FLOOD} packets a second; what cannot be for us is dropped unseen`;
    this.complain(carrier, guarded.ok ? told : `${told}: that failed: ${guarded.error}`);
  }

  private filterOf(carrier: string, family: Family): VrrpFilter {
    const mine = this.instances.filter((one) => carrierOf(one) === carrier && one.family === family);
    const sources = mine.map(sourcesOf);
    return {
      vrids: mine.map(({ vrid }) => vrid),
      ttl: mine.every(({ transport }) => transport.kind === 'multicast') ? VRRP_TTL : null,
      sources: sources.includes(null) ? null : sources.flatMap((some) => some ?? []),
    };
  }
}

/** Who may be believed; null for everybody. */
function sourcesOf({ transport, allowedSources, hmac }: InstanceConfig): readonly Ip[] | null {
  if (transport.kind === 'multicast') return allowedSources;
  return transport.checkSource || hmac !== null ? transport.peers.map(({ address }) => address) : null;
}

const keyOf = (carrier: string, family: Family): string => `${carrier} ${family}`;
