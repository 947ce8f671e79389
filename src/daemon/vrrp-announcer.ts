import { type Ip, ipFamily } from '../base/ip.ts';
import { err, type Result } from '../base/result.ts';
import { type Instant, instant, later, type Micros, micros } from '../base/units.ts';
import type { AnnouncePace } from '../model/config.ts';
import { ETHERTYPE_ARP, encodeGratuitousArp } from '../wire/arp.ts';
import { ETHERTYPE_IPV6, encodeUnsolicitedNa } from '../wire/ndisc.ts';
import type { VrrpPorts } from './vrrp-ports.ts';

interface Announcement {
  readonly dev: string;
  readonly address: Ip;
  readonly wanted: () => boolean;
  readonly done: (outcome: Result<void, string>) => void;
}

/** What shares one pace: announcements of one family on one interface, or on several that belong together. */
interface Lane {
  readonly pause: Micros;
  nextAt: Instant;
  readonly queue: Announcement[];
}

/** With a pace, a burst may be longer than its lane drains: the oldest go first, and no more than these wait. */
const QUEUE_LIMIT = 10_000;

/** Gratuitous ARP and unsolicited neighbour advertisements, at the pace that an interface is given. */
export class VrrpAnnouncer {
  private readonly ports: Pick<VrrpPorts, 'clock' | 'announcer' | 'interfaces'>;
  private readonly hastened: () => void;
  private pace: readonly AnnouncePace[] = [];
  private readonly lanes = new Map<string, Lane>();

  /** `hastened` is called when `deadline` may have come nearer. */
  constructor(ports: Pick<VrrpPorts, 'clock' | 'announcer' | 'interfaces'>, hastened: () => void) {
    this.ports = ports;
    this.hastened = hastened;
  }

  configure(pace: readonly AnnouncePace[]): void {
    const waiting = [...this.lanes.values()].flatMap(({ queue }) => queue);
    this.pace = pace;
    this.lanes.clear();
    for (const one of waiting) this.enqueue(one);
  }

  /** Sends one announcement, now or when its turn comes; one that is not `wanted` any more by then is dropped. */
  announce(announcement: Announcement): void {
    if (this.pauseOf(announcement) === 0) this.send(announcement);
    else {
      this.enqueue(announcement);
      this.tick(this.ports.clock.now());
      this.hastened();
    }
  }

  get deadline(): Instant | null {
    let next: Instant | null = null;
    for (const { nextAt, queue } of this.lanes.values()) {
      if (queue.length > 0 && (next === null || nextAt < next)) next = nextAt;
    }
    return next;
  }

  tick(now: Instant): void {
    for (const lane of this.lanes.values()) {
      while (lane.queue.length > 0 && lane.nextAt <= now) {
        const next = lane.queue.shift();
        if (next === undefined || !next.wanted()) continue;
        this.send(next);
        lane.nextAt = later(now, lane.pause);
      }
    }
  }

  private enqueue(announcement: Announcement): void {
    const pause = this.pauseOf(announcement);
    const key = `${ipFamily(announcement.address)} ${this.groupOf(announcement.dev)}`;
    const lane = this.lanes.get(key) ?? { pause, nextAt: instant(0), queue: [] };
    this.lanes.set(key, lane);
    if (lane.queue.length < QUEUE_LIMIT) lane.queue.push(announcement);
    else announcement.done(err('too many announcements wait for their turn'));
  }

  private pauseOf({ dev, address }: Announcement): Micros {
    const pace = this.paceOf(dev);
    if (pace === undefined) return micros(0);
    return ipFamily(address) === 'inet' ? pace.garp : pace.na;
  }

  private paceOf(dev: string): AnnouncePace | undefined {
    return (
      this.pace.find(({ interfaces }) => interfaces?.includes(dev)) ??
      this.pace.find(({ interfaces }) => interfaces === null)
    );
  }

  private groupOf(dev: string): string {
    const pace = this.paceOf(dev);
    return pace === undefined || pace.interfaces === null ? dev : pace.interfaces.join(' ');
  }

  private send({ dev, address, done }: Announcement): void {
    done(this.transmit(dev, address));
  }

  private transmit(dev: string, address: Ip): Result<void, string> {
    const { interfaces, announcer } = this.ports;
    const ifindex = interfaces.ifindex(dev);
    const mac = interfaces.mac(dev);
    if (ifindex === null) return err('the interface does not exist');
    if (mac === null) return err('the interface has no Ethernet address');
    if (ipFamily(address) === 'inet') {
      return announcer.send(ifindex, ETHERTYPE_ARP, encodeGratuitousArp(mac, address));
    }
    // RFC 9568 §6.4.2: the Router Flag (R) is set, Solicited is not, Override is.
    return announcer.send(ifindex, ETHERTYPE_IPV6, encodeUnsolicitedNa(mac, address, true));
  }
}
