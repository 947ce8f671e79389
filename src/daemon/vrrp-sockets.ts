import type { Family, Ip } from '../base/ip.ts';
import { err, type Result } from '../base/result.ts';
import { earliest, type Instant } from '../base/units.ts';
import type { InstanceConfig } from '../model/config.ts';
import type { EarlyRefusal, ReceivedAdvert } from '../vrrp/accept.ts';
import { carrierOf } from '../vrrp/instances.ts';
import type { Datagram } from '../wire/datagram.ts';
import { VRRP_TTL } from '../wire/vrrp.ts';
import type { VrrpFilter } from '../wire/vrrp-filter.ts';
import { VrrpFlood } from './vrrp-flood.ts';
import type { VrrpPorts, VrrpSocket } from './vrrp-ports.ts';
import { VrrpRecall } from './vrrp-recall.ts';
import { VrrpVoice } from './vrrp-voice.ts';

interface OpenSocket {
  readonly socket: VrrpSocket;
  readonly ifindex: number;
  readonly groups: string;
  readonly flood: VrrpFlood;
}

/** The adverts of one family on one interface. */
export interface Segment {
  readonly carrier: string;
  readonly family: Family;
  readonly key: string;
}

/** Gives whether it was an advert that was accepted. */
export type Arrival = (
  segment: Segment,
  received: Result<ReceivedAdvert, EarlyRefusal | 'ip_header'>,
) => boolean;

/** One socket for each interface and family that adverts travel on. */
export class VrrpSockets {
  private readonly ports: Pick<VrrpPorts, 'clock' | 'openSocket' | 'interfaces' | 'send'>;
  private readonly voice: VrrpVoice;
  private readonly arrived: Arrival;
  private readonly complain: (interface_: string, because: string) => void;
  private readonly rearm: () => void;
  private readonly sockets = new Map<string, OpenSocket>();
  private instances: readonly InstanceConfig[] = [];

  /** `rearm` is called when the deadline is another one now. */
  constructor(
    ports: Pick<VrrpPorts, 'clock' | 'openSocket' | 'interfaces' | 'send'>,
    arrived: Arrival,
    complain: (interface_: string, because: string) => void,
    rearm: () => void,
  ) {
    this.ports = ports;
    this.voice = new VrrpVoice(ports.clock, ports.send);
    this.arrived = arrived;
    this.complain = complain;
    this.rearm = rearm;
  }

  /** Opens what these instances need and closes the rest. */
  follow(instances: readonly InstanceConfig[]): void {
    this.instances = instances;
    const wanted = new Map<string, { carrier: string; family: Family; groups: Set<Ip> }>();
    for (const config of instances) {
      const carrier = carrierOf(config);
      const want = wanted.get(segmentKey(carrier, config.family)) ?? {
        carrier,
        family: config.family,
        groups: new Set(),
      };
      if (config.transport.kind === 'multicast') want.groups.add(config.transport.group);
      wanted.set(segmentKey(carrier, config.family), want);
    }
    for (const [key, { socket }] of this.sockets) {
      if (wanted.has(key)) continue;
      socket.close();
      this.sockets.delete(key);
    }
    for (const { carrier, family, groups } of wanted.values()) this.open(carrier, family, [...groups]);
  }

  transmit(config: InstanceConfig, datagram: Datagram): Result<void, string> {
    const open = this.sockets.get(segmentKey(carrierOf(config), config.family));
    return open?.socket.send(datagram) ?? err('no socket');
  }

  /** When it wants to be ticked; null for never. */
  get deadline(): Instant | null {
    let first: Instant | null = null;
    for (const { flood } of this.sockets.values()) first = earliest(first, flood.deadline);
    return first;
  }

  tick(now: Instant): void {
    for (const { flood } of this.sockets.values()) flood.tick(now);
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
    const key = segmentKey(carrier, family);
    const ifindex = this.ports.interfaces.ifindex(carrier);
    const before = this.sockets.get(key);
    if (before !== undefined && before.ifindex === ifindex && before.groups === groups.join()) return;
    before?.socket.close();
    this.sockets.delete(key);
    if (ifindex === null) return;
    const recall = new VrrpRecall();
    const segment = { carrier, family, key };
    const opened = this.ports.openSocket({
      interface: carrier,
      ifindex,
      family,
      groups,
      onDatagram: (datagram) => {
        const isAccepted = this.arrived(segment, datagram.ok ? recall.read(datagram.value) : datagram);
        this.sockets.get(key)?.flood.read(isAccepted && datagram.ok ? datagram.value.source : null);
      },
      onError: (because) => this.complain(carrier, because),
    });
    if (!opened.ok) {
      this.complain(carrier, opened.error);
      return;
    }
    const socket = opened.value;
    const filter = (familiar: readonly Ip[], share: number) =>
      this.filterOf(carrier, family, familiar, share);
    const flood = new VrrpFlood(
      this.ports.clock,
      (wanted) => socket.guard(wanted),
      filter,
      (what) => {
        const message = `VRRP on ${carrier}: ${what}`;
        this.voice.complain(carrier, 'warn', 'vrrp_flood', message, { interface: carrier });
        this.rearm();
      },
    );
    this.sockets.set(key, { socket, ifindex, groups: groups.join(), flood });
  }

  private filterOf(carrier: string, family: Family, familiar: readonly Ip[], share: number): VrrpFilter {
    const mine = this.instances.filter((one) => carrierOf(one) === carrier && one.family === family);
    const named = mine.flatMap(namedBy);
    return {
      vrids: mine.map(({ vrid }) => vrid),
      versions: mine.map(({ version }) => version),
      ttl: mine.every(({ transport }) => transport.kind === 'multicast') ? VRRP_TTL : null,
      sources: [...new Set([...named, ...familiar])],
      othersOneIn: mine.some(hearsAnybody) ? share : null,
    };
  }
}

/** Who is named in the configuration as a sender. */
const namedBy = ({ transport, allowedSources }: InstanceConfig): readonly Ip[] => [
  ...(transport.kind === 'unicast' ? transport.peers.map(({ address }) => address) : []),
  ...(allowedSources ?? []),
];

/** Whether it accepts adverts of somebody who is not named. */
const hearsAnybody = ({ transport, allowedSources, hmac }: InstanceConfig): boolean =>
  transport.kind === 'multicast'
    ? allowedSources === null
    : !transport.checkSource && hmac === null && allowedSources === null;

/** What tells segments apart. */
export const segmentKey = (carrier: string, family: Family): string => `${carrier} ${family}`;
