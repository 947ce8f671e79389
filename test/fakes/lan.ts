import { type Ip, ipFromBytes } from '../../src/base/ip.ts';
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
import { ETHERTYPE_ARP } from '../../src/wire/arp.ts';
import type { Datagram } from '../../src/wire/datagram.ts';
import type { VrrpFilter } from '../../src/wire/vrrp-filter.ts';

const GATEWAY_MAC = '02:00:00:00:00:fe' as Mac;

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
  /** Addresses of others on the link that answer ARP. */
  readonly neighbours = new Set<string>();
  secondPathUp = true;
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

  /** Lets every other node whose link is up hear who announces an address, 200 µs later. */
  announce(from: FakeNode, address: Ip): void {
    for (const node of this.nodes) {
      if (node !== from && node.linkUp) this.at(this.time + 200, () => node.hearClaim(address, from.mac));
    }
  }

  /** Who has `target` says so to the one that asks, 200 µs later. */
  ask(from: FakeNode, target: Ip): void {
    if (!from.linkUp) return;
    if (this.neighbours.has(target) && from.reachesNeighbours)
      this.at(this.time + 200, () => from.hearClaim(target, GATEWAY_MAC));
    for (const node of this.nodes) {
      const has = [...node.addresses].some((key) => key.startsWith(`${target}/`));
      if (node !== from && node.linkUp && has)
        this.at(this.time + 200, () => from.hearClaim(target, node.mac));
    }
  }

  /** Delivers a heartbeat on the second path, 200 µs later. */
  beat(datagram: Datagram): void {
    const at = (address: Ip) => this.nodes.find(({ secondAddress }) => secondAddress === address);
    const [from, to] = [at(datagram.source), at(datagram.destination)];
    const isHeard = to?.secondPathUp === true && !to.deafTo.has(datagram.source);
    const isUp = this.secondPathUp && from?.secondPathUp === true && isHeard;
    if (isUp) this.at(this.time + 200, () => to?.onHeartbeat?.(datagram));
  }

  /** Delivers to every other node whose link is up and that adverts reach, 200 µs later. */
  transmit(from: FakeNode, datagram: Datagram): void {
    this.onTransmit(datagram);
    for (const node of this.nodes) {
      if (node !== from && node.linkUp && node.hears) this.at(this.time + 200, () => node.deliver(datagram));
    }
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 100; i++) await Promise.resolve();
}

export class FakeNode {
  readonly address: Ip;
  readonly mac: Mac;
  /** On the second path. */
  readonly secondAddress: Ip;
  /** Those that it answers for on the link. */
  readonly addresses = new Set<string>();
  /** Those that it serves without answering for them. */
  readonly quiet = new Set<string>();
  readonly garps: number[] = [];
  readonly guards: (VrrpFilter | null)[] = [];
  readonly events: LbdEvent[] = [];
  readonly messages: FromVrrp[] = [];
  linkUp = true;
  /** Adverts of others arrive. */
  hears = true;
  /** What is no node answers it. */
  reachesNeighbours = true;
  /** Its own end of the second paths. */
  secondPathUp = true;
  /** Whom it does not hear there. */
  readonly deafTo = new Set<Ip>();
  onHeartbeat: ((datagram: Datagram) => void) | null = null;
  /** What a lookup of the interface says while the link is not up. */
  linkProblem = 'is down';
  vrrp: Vrrp;
  private readonly lan: FakeLan;
  private alarm: Timed | null = null;
  private onDatagram: ((datagram: Datagram) => void) | null = null;
  /** Datagrams that arrived while the process did not run. */
  private waiting: Datagram[] = [];
  private waitingClaims: (() => void)[] = [];
  private readonly leases = new Map<string, { readonly setAt: number; readonly end: Timed }>();
  private frozen = false;
  private isDead = false;

  constructor(lan: FakeLan, address: Ip) {
    this.lan = lan;
    this.mac = `02:00:00:00:00:${String(lan.nodes.length + 1).padStart(2, '0')}` as Mac;
    this.address = address;
    this.secondAddress = address.replace('10.0.', '10.9.') as Ip;
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
      heartbeat: null,
      routerId: this.address,
      startedAt: instant(0),
      bootedAt: instant(0),
      trackers: NO_TRACKER_STATES,
      resume: resume.map((name) => ({ name, role: 'MASTER', evidence: 'supervised', standsBack: false })),
      servicesReady: true,
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

  /** After `kill`, for a `restart`. */
  revive(): void {
    this.isDead = false;
  }

  /** As kill -9 and a new process: addresses stay, everything else is forgotten. */
  restart(): void {
    if (this.alarm !== null) this.lan.cancel(this.alarm);
    this.alarm = null;
    this.onDatagram = null;
    this.onHeartbeat = null;
    this.vrrp = new Vrrp(this.ports());
  }

  /** As kill -9 without a new process. */
  kill(): void {
    if (this.alarm !== null) this.lan.cancel(this.alarm);
    this.alarm = null;
    this.onDatagram = null;
    this.onHeartbeat = null;
    this.isDead = true;
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
      for (const hear of this.waitingClaims.splice(0)) hear();
    });
    if (alarm !== null) this.lan.cancel(alarm);
  }

  hearClaim(address: Ip, by: Mac): void {
    const hear = () => {
      if (!this.isDead) this.vrrp.claimed(2, address, by);
    };
    if (this.frozen) this.waitingClaims.push(hear);
    else hear();
  }

  private keep(key: string, lifetime: number | null): void {
    const before = this.leases.get(key);
    if (before !== undefined) this.lan.cancel(before.end);
    this.leases.delete(key);
    if (lifetime === null) return;
    const end = this.lan.at(this.lan.now + lifetime * 1e6, () => {
      this.addresses.delete(key);
      this.leases.delete(key);
      if (!this.frozen && !this.isDead) this.vrrp.refresh();
    });
    this.leases.set(key, { setAt: this.lan.now, end });
  }

  private forget(key: string): void {
    this.keep(key, null);
    this.addresses.delete(key);
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
            ? ok({ ifindex: 2, mac: node.mac, primary: node.address })
            : err(node.linkProblem),
        ifindex: () => 2,
        mac: () => node.mac,
        nameOf: () => 'eth0',
        leaseAge(address) {
          const lease = node.leases.get(addressKey(address));
          return lease === undefined ? null : micros(lan.now - lease.setAt);
        },
        isRunning: () => node.linkUp,
        hasAddress: (address) => node.addresses.has(addressKey(address)),
        isLocal: (address) => address === node.address,
      },
      addresses: {
        async add(addresses, lifetime) {
          return addresses.map((address) => {
            const fresh = !node.addresses.has(addressKey(address));
            node.addresses.add(addressKey(address));
            node.keep(addressKey(address), lifetime);
            return ok(fresh);
          });
        },
        async renew(addresses, lifetime) {
          return addresses.map((address) => {
            node.addresses.add(addressKey(address));
            node.keep(addressKey(address), lifetime);
            return ok(undefined);
          });
        },
        async remove(addresses) {
          return addresses.map((address) => {
            node.forget(addressKey(address));
            return ok(undefined);
          });
        },
        async quiet(addresses) {
          return addresses.map((address) => {
            node.forget(addressKey(address));
            node.quiet.add(addressKey(address));
            return ok(undefined);
          });
        },
        async release(addresses) {
          return addresses.map((address) => {
            node.quiet.delete(addressKey(address));
            return ok(undefined);
          });
        },
      },
      claims: { follow: () => ok(undefined), drain: () => undefined },
      routes: { add: nothing(true), remove: nothing(undefined) },
      rules: { add: nothing(true), remove: nothing(undefined) },
      vmacs: { ensure: async () => ok(undefined), remove: async () => ok(undefined) },
      promoteSecondaries: () => ok(undefined),
      openBfdSocket: () => err('no BFD here'),
      openHeartbeatSocket({ onPacket }) {
        node.onHeartbeat = onPacket;
        return ok({
          send(destination, source, payload) {
            lan.beat({ source, destination, ttl: 64, payload });
            return ok(undefined);
          },
          drain: () => undefined,
          close() {
            node.onHeartbeat = null;
          },
        });
      },
      announcer: {
        send(_ifindex, ethertype, frame) {
          const [sender, target] = [ipFromBytes(frame.slice(28, 32)), ipFromBytes(frame.slice(38, 42))];
          if (ethertype === ETHERTYPE_ARP && sender !== target) {
            lan.ask(node, target);
            return ok(undefined);
          }
          node.garps.push(lan.now);
          if (ethertype === ETHERTYPE_ARP) lan.announce(node, sender);
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
          guard(filter) {
            node.guards.push(filter);
            return ok(undefined);
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
