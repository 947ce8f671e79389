import type { Family } from '../base/ip.ts';
import type { Result } from '../base/result.ts';
import { elapsed, type Instant, instant, later, micros, seconds } from '../base/units.ts';
import type { ToVrrp, VrrpDesired } from '../ipc/messages.ts';
import { type InstanceConfig, NO_STATICS, type StaticsConfig } from '../model/config.ts';
import { noRefusals } from '../model/counters.ts';
import type { VrrpStatus } from '../model/status.ts';
import { readAdvert } from '../vrrp/accept.ts';
import { carrierOf, planBelongings, planInstances, routerKey } from '../vrrp/instances.ts';
import { type LatenessRecord, noLateness, showLateness, stepLateness } from '../vrrp/lateness.ts';
import type { Datagram } from '../wire/datagram.ts';
import { VrrpAnnouncer } from './vrrp-announcer.ts';
import { VrrpBelongings } from './vrrp-belongings.ts';
import { VrrpBfd } from './vrrp-bfd.ts';
import { VrrpGroup } from './vrrp-group.ts';
import { VrrpInstance } from './vrrp-instance.ts';
import type { VrrpPorts } from './vrrp-ports.ts';
import { VrrpSockets } from './vrrp-sockets.ts';
import { VrrpTrackers } from './vrrp-trackers.ts';
import { VrrpVmacs } from './vrrp-vmacs.ts';
import { VrrpVoice } from './vrrp-voice.ts';

/** A deadline acted on later than this is worth a warning: a tenth of the usual advertisement interval. */
const LATE = micros(100_000);

/** Time for BFD sessions to come up again: their packets go once a second until then. */
const BFD_GRACE = seconds(3);

/**
 * The vrrp process without the process: it turns desired state, datagrams, link changes and time into steps of
 * its instances. Nothing here waits; address changes answer later.
 */
export class Vrrp {
  private readonly ports: VrrpPorts;
  private readonly instances = new Map<string, VrrpInstance>();
  /** Instances by what an advert tells of its router. */
  private arrivals = new Map<string, VrrpInstance>();
  /** The group of each instance. */
  private groups = new Map<VrrpInstance, VrrpGroup>();
  private readonly sockets: VrrpSockets;
  private readonly vmacs: VrrpVmacs;
  private readonly trackers: VrrpTrackers;
  private readonly announcer: VrrpAnnouncer;
  private readonly bfd: VrrpBfd;
  private readonly statics: VrrpBelongings;
  private readonly unmatched = noRefusals();
  private readonly voice: VrrpVoice;
  private wakeAt: Instant | null = null;
  private lateness: LatenessRecord;
  private generation = 0;
  private wantedStatics: StaticsConfig = NO_STATICS;
  /** No election before this. */
  private holdUntil: Instant = instant(0);
  private isHeld = false;
  /** BFD sessions that are not up are not down before this: they died with the process whose roles go on here. */
  private graceUntil: Instant = instant(0);
  private problemTold: string | null = null;
  private stopping = false;
  /** A state has changed that core has not been told yet: it decides who resumes after a crash. */
  private changed = false;

  constructor(ports: VrrpPorts) {
    this.ports = ports;
    this.voice = new VrrpVoice(ports.clock, ports.send);
    this.lateness = noLateness(ports.clock.now());
    const complain = (name: string, because: string) => this.tellSocket(name, because);
    this.sockets = new VrrpSockets(ports, (...arrival) => this.receiveDatagram(...arrival), complain);
    this.vmacs = new VrrpVmacs(ports, (name, because) => {
      complain(name, because);
      this.assess();
    });
    this.bfd = new VrrpBfd(
      ports,
      Math.random,
      (name) => this.tellBfd(name),
      () => this.arm(),
    );
    this.trackers = new VrrpTrackers(ports, (name) => {
      const health = this.bfd.health(name);
      return health === 'bad' && ports.clock.now() < this.graceUntil ? 'unknown' : health;
    });
    this.announcer = new VrrpAnnouncer(ports, () => this.arm());
    this.statics = new VrrpBelongings(
      ports,
      (what, because) =>
        this.voice.complain(what, 'error', 'address_failed', `static: cannot ${what}: ${because}`, {}),
      (what) =>
        this.voice.tell('warn', 'address_restored', `static: somebody removed ${what}; it is back`, {}),
    );
  }

  receive(message: ToVrrp): void {
    switch (message.message) {
      case 'desired':
        this.apply(message.desired);
        break;
      case 'trackers':
        this.trackers.hear(message.trackers);
        this.assess();
        break;
      case 'report':
        this.ports.send({ message: 'report', id: message.id, status: this.show() });
        break;
      case 'stop':
        void this.stop();
        break;
    }
  }

  show(): VrrpStatus {
    const groups = new Set([...this.groups.values()].filter(({ config }) => config !== null));
    return {
      instances: [...this.instances.values()].map((instance) => instance.show()),
      syncGroups: [...groups].map((group) => group.show()),
      bfd: this.bfd.show(),
      unmatched: { ...this.unmatched },
      lateness: showLateness(this.lateness),
    };
  }

  /** Links or addresses have changed: sockets and instances follow. */
  refresh(): void {
    if (this.stopping || this.generation === 0) return;
    const configs = this.configs();
    this.vmacs.follow(configs);
    this.sockets.follow(configs);
    this.assess();
    this.restore();
  }

  /** Somebody has taken routes or rules away. */
  routesLost(): void {
    this.statics.lose();
    for (const instance of this.instances.values()) instance.loseRoutes();
    this.restore();
  }

  /** Every instance resigns; answers when their addresses are gone. */
  async stop(): Promise<void> {
    if (this.stopping) return;
    this.stopping = true;
    this.ports.wakeIn(null, () => undefined);
    await Promise.all([...this.instances.values()].map((instance) => instance.shutdown(false)));
    this.statics.remove(this.wantedStatics, true);
    this.vmacs.keepOnly([]);
    await Promise.all([this.statics.settled(), this.vmacs.settled()]);
    this.bfd.stop();
    this.sockets.close();
    this.ports.send({ message: 'status', status: this.show() });
    this.ports.send({ message: 'stopped' });
  }

  private apply(desired: VrrpDesired): void {
    if (this.stopping || desired.generation < this.generation) return;
    if (this.generation === 0 && desired.resume.length > 0) {
      this.graceUntil = later(this.ports.clock.now(), BFD_GRACE);
    }
    this.generation = desired.generation;
    const { vrrp, startedAt, bootedAt } = desired;
    const holds = [later(startedAt, vrrp.startupDelay), later(bootedAt, vrrp.delayAfterBoot)];
    this.holdUntil = Math.max(...holds) as Instant;
    this.trackers.configure(vrrp.linkDelays);
    this.trackers.hear(desired.trackers);
    this.announcer.configure(vrrp.announcePace);
    this.bfd.apply(desired.bfd);
    this.applyStatics(desired.statics);
    this.applyInstances(desired);
    this.assess(desired.resume);
    this.tellApplied();
    this.pushStatus();
  }

  private applyStatics(statics: StaticsConfig): void {
    const { remove, add } = planBelongings(this.wantedStatics, statics);
    this.wantedStatics = statics;
    this.statics.remove(remove, true);
    this.statics.add(add);
  }

  private applyInstances(desired: VrrpDesired): void {
    const { stop, keep, start } = planInstances(this.configs(), desired.instances);
    const gone = stop.flatMap((config) => this.instances.get(routerKey(config)) ?? []);
    const left = gone.map((instance) => instance.shutdown(true));
    for (const config of stop) this.instances.delete(routerKey(config));
    void Promise.all(left).then(() => this.vmacs.keepOnly(this.configs()));
    for (const { before, after } of keep) {
      const instance = this.instances.get(routerKey(before));
      instance?.reconfigure(after);
    }
    for (const config of start) this.instances.set(routerKey(config), this.newInstance(config));
    for (const { interface: dev, promoteSecondaries } of desired.instances) {
      const set = promoteSecondaries ? this.ports.promoteSecondaries(dev) : null;
      if (set?.ok === false) this.tellSocket(dev, `cannot set promote_secondaries: ${set.error}`);
    }
    this.arrivals = new Map(
      [...this.instances.values()].map((instance) => {
        const { config } = instance;
        return [`${carrierOf(config)} ${config.family} ${config.vrid}`, instance];
      }),
    );
    this.vmacs.follow(this.configs());
    this.sockets.follow(this.configs());
    this.gather(desired);
  }

  /** Puts every instance into its group. */
  private gather({ syncGroups }: VrrpDesired): void {
    const before = new Map([...this.groups.values()].map((group) => [group.name, group]));
    this.groups = new Map();
    const byName = new Map([...this.instances.values()].map((instance) => [instance.config.name, instance]));
    for (const config of syncGroups) {
      const members = config.members.flatMap((name) => byName.get(name) ?? []);
      const old = before.get(config.name);
      const group = new VrrpGroup(config.name, config, members, this.ports, this.voice, old);
      for (const member of members) {
        byName.delete(member.config.name);
        member.join(config.name, config.tracks);
        this.groups.set(member, group);
      }
    }
    for (const [name, instance] of byName) {
      instance.join(null, []);
      const group = new VrrpGroup(name, null, [instance], this.ports, this.voice, undefined);
      this.groups.set(instance, group);
    }
  }

  private newInstance(config: InstanceConfig): VrrpInstance {
    return new VrrpInstance(config, {
      ports: this.ports,
      trackers: this.trackers,
      announcer: this.announcer,
      isComing: (name) => this.vmacs.isComing(name),
      transmit: (of, datagram) => this.sockets.transmit(of, datagram),
      dispatch: (instance, event) => this.groups.get(instance)?.step(instance, event),
      changed: () => {
        this.changed = true;
      },
    });
  }

  /** Looks at what every instance needs, and starts, faults or recovers it accordingly. */
  private assess(resume: readonly string[] = []): void {
    if (this.stopping) return;
    this.trackers.look();
    const mayStart = this.ports.clock.now() >= this.holdUntil;
    this.isHeld = !mayStart;
    for (const group of new Set(this.groups.values())) {
      const resumes = group.members.every(({ config }) => resume.includes(config.name));
      group.assess(resumes ? 'resume' : 'startup', mayStart || resumes);
    }
    if (this.generation > 0 && this.problem() !== this.problemTold) this.tellApplied();
    this.arm();
  }

  private restore(): void {
    if (this.stopping) return;
    this.statics.restore(this.wantedStatics, () => !this.stopping);
    for (const instance of this.instances.values()) instance.restore();
  }

  private configs(): readonly InstanceConfig[] {
    return [...this.instances.values()].map(({ config }) => config);
  }

  private tellApplied(): void {
    this.problemTold = this.problem();
    const { generation, problemTold: problem } = this;
    this.ports.send({ message: 'applied', generation, problem, refused: [] });
  }

  private problem(): string | null {
    const faults = [...this.instances.values()].filter(({ at }) => at === 'fault');
    return faults.length === 0
      ? null
      : faults.map(({ config, because }) => `${config.name}: ${because}`).join('; ');
  }

  private receiveDatagram(carrier: string, family: Family, datagram: Result<Datagram, 'ip_header'>): void {
    if (!datagram.ok) {
      this.unmatched[datagram.error]++;
      return;
    }
    const received = readAdvert(datagram.value);
    const vrid = received.ok ? received.value.advert.vrid : received.error.vrid;
    const instance = this.arrivals.get(`${carrier} ${family} ${vrid}`);
    // RFC 9568 §7.1: a VRID that is not configured on the receiving interface is not for us.
    if (instance === undefined) this.unmatched[received.ok ? 'vrid' : received.error.refusal]++;
    else if (received.ok) instance.receive(received.value);
    else instance.refuse(received.error.refusal, received.error.source);
    this.arm();
  }

  /**
   * Drain, then judge: a deadline that has passed is acted on only after every advert that waits in the sockets
   * has been looked at. Measured on Node 20: after a stall the due timer runs before the waiting datagram, ten
   * times in ten, and a late timer alone would make two masters.
   */
  private judge(): void {
    const woke = this.ports.clock.now();
    if (this.wakeAt !== null && woke > this.wakeAt) this.recordLateness(this.wakeAt, woke);
    this.wakeAt = null;
    this.sockets.drain();
    this.bfd.drain();
    const now = this.ports.clock.now();
    this.bfd.tick(now);
    this.announcer.tick(now);
    for (const instance of this.instances.values()) {
      if (instance.deadline !== null && instance.deadline <= now) {
        this.groups.get(instance)?.step(instance, { on: 'tick' });
      }
    }
    const look = this.trackers.deadline;
    const isGraceOver = this.graceUntil > 0 && this.graceUntil <= now;
    if (isGraceOver) this.graceUntil = instant(0);
    if ((look !== null && look <= now) || this.isHeld || isGraceOver) this.assess();
    else this.arm();
  }

  private arm(): void {
    if (this.stopping) return;
    if (this.changed) this.pushStatus();
    const waits = [
      ...[...this.instances.values()].map(({ deadline }) => deadline),
      this.bfd.deadline,
      this.announcer.deadline,
      this.trackers.deadline,
      this.isHeld ? this.holdUntil : null,
      this.graceUntil > 0 ? this.graceUntil : null,
    ].filter((wait) => wait !== null);
    const next = waits.length === 0 ? null : (Math.min(...waits) as Instant);
    if (next === this.wakeAt) return;
    this.wakeAt = next;
    const wait = next === null ? null : Math.max(0, Math.ceil(elapsed(this.ports.clock.now(), next) / 1000));
    this.ports.wakeIn(wait, () => this.judge());
  }

  private pushStatus(): void {
    this.changed = false;
    this.ports.send({ message: 'status', status: this.show() });
  }

  private tellBfd(name: string): void {
    const session = this.bfd.show().find((one) => one.name === name);
    if (session !== undefined) {
      const message = `BFD session ${name} with ${session.neighbor}: ${session.state}: ${session.because}`;
      const { state, neighbor } = session;
      const level = state === 'Up' ? 'info' : 'warn';
      this.voice.tell(level, 'bfd_state', message, { session: name, state, neighbor });
    }
    this.changed = true;
    this.assess();
  }

  private recordLateness(due: Instant, woke: Instant): void {
    const late = elapsed(due, woke);
    this.lateness = stepLateness(this.lateness, late, woke, this.ports.clock.wall());
    if (late < LATE) return;
    const message = `the vrrp loop acted ${Math.round(late / 1000)} ms after its deadline`;
    this.voice.complain('loop', 'warn', 'vrrp_late', message, { late_ms: Math.round(late / 1000) });
  }

  private tellSocket(name: string, because: string): void {
    const message = `VRRP on ${name}: ${because}`;
    this.voice.complain(name, 'error', 'vrrp_send_failed', message, { interface: name });
  }
}
