import type { Ip } from '../../src/base/ip.ts';
import type { Mac } from '../../src/base/mac.ts';
import { err, ok } from '../../src/base/result.ts';
import { instant, micros, wallTime } from '../../src/base/units.ts';
import { Vrrp } from '../../src/daemon/vrrp.ts';
import type { VrrpPorts } from '../../src/daemon/vrrp-ports.ts';
import type { FromVrrp, VrrpDesired } from '../../src/ipc/messages.ts';
import { addressKey } from '../../src/model/addresses.ts';
import { type InstanceConfig, NO_STATICS } from '../../src/model/config.ts';
import type { LbdEvent } from '../../src/model/events.ts';
import type { InstanceStatus } from '../../src/model/status.ts';
import { NO_TRACKER_STATES } from '../../src/model/tracking.ts';
import type { Datagram } from '../../src/wire/datagram.ts';

interface Timed {
  readonly at: number;
  readonly run: () => void;
}

/** A segment with a clock of its own: everything that happens on it happens in `run`. */
export class FakeLan {
  readonly nodes: FakeNode[] = [];
  /** Told of every datagram that a node sends, and after every happening. */
  onTransmit: (datagram: Datagram) => void = () => undefined;
  onStep: () => void = () => undefined;
  private readonly queue: Timed[] = [];
  private time = 1_000_000;

  get now(): number {
    return this.time;
  }

  node(address: string): FakeNode {
    const node = new FakeNode(this, address as Ip);
    this.nodes.push(node);
    return node;
  }

  at(when: number, run: () => void): Timed {
    const timed = { at: when, run };
    this.queue.push(timed);
    return timed;
  }

  cancel(timed: Timed): void {
    const index = this.queue.indexOf(timed);
    if (index !== -1) this.queue.splice(index, 1);
  }

  /** Lets `seconds` pass. Address changes answer in microtasks, which run between two happenings. */
  async run(seconds: number): Promise<void> {
    const end = this.time + seconds * 1e6;
    for (;;) {
      await settle();
      this.onStep();
      const next = this.queue.reduce<Timed | null>((a, b) => (a === null || b.at < a.at ? b : a), null);
      if (next === null || next.at > end) break;
      this.cancel(next);
      this.time = Math.max(this.time, next.at);
      next.run();
    }
    this.time = end;
  }

  /** Delivers to every other node whose link is up, 200 µs later. */
  transmit(from: FakeNode, datagram: Datagram): void {
    this.onTransmit(datagram);
    for (const node of this.nodes) {
      if (node !== from && node.linkUp) this.at(this.time + 200, () => node.deliver(datagram));
    }
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 100; i++) await Promise.resolve();
}

export class FakeNode {
  readonly address: Ip;
  readonly addresses = new Set<string>();
  readonly garps: number[] = [];
  readonly events: LbdEvent[] = [];
  readonly messages: FromVrrp[] = [];
  linkUp = true;
  /** What a lookup of the interface says while the link is not up. */
  linkProblem = 'is down';
  vrrp: Vrrp;
  private readonly lan: FakeLan;
  private alarm: Timed | null = null;
  private onDatagram: ((datagram: Datagram) => void) | null = null;
  /** Datagrams that arrived while the process did not run. */
  private waiting: Datagram[] = [];
  private frozen = false;

  constructor(lan: FakeLan, address: Ip) {
    this.lan = lan;
    this.address = address;
    this.vrrp = new Vrrp(this.ports());
  }

  configure(
    generation: number,
    instances: readonly InstanceConfig[],
    resume: readonly string[] = [],
    over: Partial<VrrpDesired> = {},
  ): void {
    const desired: VrrpDesired = {
      generation,
      vrrp: { startupDelay: micros(0), delayAfterBoot: micros(0), announcePace: [], linkDelays: [] },
      instances,
      syncGroups: [],
      statics: NO_STATICS,
      bfd: [],
      startedAt: instant(0),
      bootedAt: instant(0),
      trackers: NO_TRACKER_STATES,
      resume,
      ...over,
    };
    this.vrrp.receive({ message: 'desired', desired });
  }

  show(): InstanceStatus {
    const [instance] = this.vrrp.show().instances;
    if (instance === undefined) throw new Error(`${this.address} runs no instance`);
    return instance;
  }

  setLink(up: boolean): void {
    this.linkUp = up;
    this.vrrp.refresh();
  }

  /** As kill -9 and a new process: addresses stay, everything else is forgotten. */
  restart(): void {
    if (this.alarm !== null) this.lan.cancel(this.alarm);
    this.alarm = null;
    this.onDatagram = null;
    this.vrrp = new Vrrp(this.ports());
  }

  deliver(datagram: Datagram): void {
    if (this.frozen) this.waiting.push(datagram);
    else this.onDatagram?.(datagram);
  }

  /** Stops the process for a while: on return a due timer runs before the datagrams that wait in the socket. */
  freeze(seconds: number): void {
    this.frozen = true;
    const { alarm } = this;
    this.lan.at(this.lan.now + seconds * 1e6, () => {
      this.frozen = false;
      if (alarm !== null && alarm.at <= this.lan.now) alarm.run();
      for (const datagram of this.waiting.splice(0)) this.onDatagram?.(datagram);
    });
    if (alarm !== null) this.lan.cancel(alarm);
  }

  private ports(): VrrpPorts {
    const node = this;
    const { lan } = this;
    return {
      clock: { now: () => instant(lan.now), wall: () => wallTime(lan.now / 1000) },
      wakeIn(milliseconds, wake) {
        if (node.alarm !== null) lan.cancel(node.alarm);
        node.alarm = milliseconds === null ? null : lan.at(lan.now + milliseconds * 1000, wake);
      },
      interfaces: {
        lookup: (_, _family, virtual) =>
          node.linkUp && !virtual.has(node.address)
            ? ok({ ifindex: 2, mac: '02:00:00:00:00:01' as Mac, primary: node.address })
            : err(node.linkProblem),
        ifindex: () => 2,
        mac: () => '02:00:00:00:00:01' as Mac,
        isRunning: () => node.linkUp,
        hasAddress: (address) => node.addresses.has(addressKey(address)),
        isLocal: (address) => address === node.address,
      },
      addresses: {
        async add(addresses) {
          return addresses.map((address) => {
            const fresh = !node.addresses.has(addressKey(address));
            node.addresses.add(addressKey(address));
            return ok(fresh);
          });
        },
        async remove(addresses) {
          return addresses.map((address) => {
            node.addresses.delete(addressKey(address));
            return ok(undefined);
          });
        },
      },
      routes: { add: nothing(true), remove: nothing(undefined) },
      rules: { add: nothing(true), remove: nothing(undefined) },
      vmacs: { ensure: async () => ok(undefined), remove: async () => ok(undefined) },
      promoteSecondaries: () => ok(undefined),
      openBfdSocket: () => err('no BFD here'),
      announcer: {
        send() {
          node.garps.push(lan.now);
          return ok(undefined);
        },
      },
      openSocket({ onDatagram }) {
        node.onDatagram = (datagram) => onDatagram(ok(datagram));
        return ok({
          send(datagram) {
            if (!node.linkUp) return err('ENETDOWN');
            lan.transmit(node, datagram);
            return ok(undefined);
          },
          drain() {
            for (const datagram of node.waiting.splice(0)) onDatagram(ok(datagram));
          },
          close() {
            node.onDatagram = null;
          },
        });
      },
      send(message) {
        node.messages.push(message);
        if (message.message === 'event') node.events.push(message.event);
      },
    };
  }
}

const nothing =
  <T, V>(value: V) =>
  async (objects: readonly T[]) =>
    objects.map(() => ok(value));
