import type { Ip } from '../base/ip.ts';
import type { Mac } from '../base/mac.ts';
import type { Result } from '../base/result.ts';
import { earliestOf, elapsed, type Instant, instant, later, seconds } from '../base/units.ts';
import type { ResumeRole, ToVrrp, VrrpDesired } from '../ipc/messages.ts';
import { NO_STATICS, type StaticsConfig } from '../model/config.ts';
import { noRefusals } from '../model/counters.ts';
import type { Machines } from '../model/drill.ts';
import type { VrrpStatus } from '../model/status.ts';
import type { EarlyRefusal, ReceivedAdvert } from '../vrrp/accept.ts';
import { planBelongings } from '../vrrp/instances.ts';
import { VrrpAnnouncer } from './vrrp-announcer.ts';
import { VrrpBelongings } from './vrrp-belongings.ts';
import { VrrpBfd } from './vrrp-bfd.ts';
import type { VrrpInstance } from './vrrp-instance.ts';
import { VrrpLateness } from './vrrp-lateness.ts';
import { VrrpLookout } from './vrrp-lookout.ts';
import { machineOf } from './vrrp-machine.ts';
import { orderFailback, orderHandover } from './vrrp-orders.ts';
import type { VrrpPorts } from './vrrp-ports.ts';
import { VrrpRoster } from './vrrp-roster.ts';
import { type Segment, VrrpSockets } from './vrrp-sockets.ts';
import { VrrpTelling } from './vrrp-telling.ts';
import { VrrpTrackers } from './vrrp-trackers.ts';
import { VrrpVmacs } from './vrrp-vmacs.ts';
import { VrrpVoice } from './vrrp-voice.ts';

/** Time for BFD sessions to come up again: their packets go once a second until then. */
const BFD_GRACE = seconds(3);

/**
 * The vrrp process without the process: it turns desired state, datagrams, link changes and time into steps of
 * its instances. Nothing here waits; address changes answer later.
 */
export class Vrrp {
  private readonly ports: VrrpPorts;
  private readonly roster: VrrpRoster;
  private readonly sockets: VrrpSockets;
  private readonly vmacs: VrrpVmacs;
  private readonly trackers: VrrpTrackers;
  private readonly announcer: VrrpAnnouncer;
  private readonly bfd: VrrpBfd;
  private readonly lookout: VrrpLookout;
  private readonly statics: VrrpBelongings;
  private readonly unmatched = noRefusals();
  private readonly voice: VrrpVoice;
  private wakeAt: Instant | null = null;
  private readonly lateness: VrrpLateness;
  /** The next look at whether this process stands still; null for none. */
  private paceAt: Instant | null = null;
  private generation = 0;
  private wantedStatics: StaticsConfig = NO_STATICS;
  /** No election before this. */
  private holdUntil: Instant = instant(0);
  private isHeld = false;
  /** The check process has done its part: a master draws traffic to a table that is there. */
  private servicesReady = false;
  /** BFD sessions that are not up are not down before this: they died with the process whose roles go on here. */
  private graceUntil: Instant = instant(0);
  private problemTold: string | null = null;
  private stopping = false;
  /** Every instance has let go. */
  private hasLeft = false;
  private readonly telling: VrrpTelling;

  /** `random` gives numbers of [0, 1). */
  constructor(ports: VrrpPorts, random: () => number = Math.random) {
    this.ports = ports;
    this.voice = new VrrpVoice(ports.clock, ports.send);
    this.lateness = new VrrpLateness(ports.clock, this.voice);
    this.telling = new VrrpTelling(
      ports.clock,
      () => this.lookout.heartbeat.announce(),
      () => ports.send({ message: 'status', status: this.show() }),
    );
    const complain = (name: string, because: string) => this.complain(name, because);
    const rearm = () => this.arm();
    this.sockets = new VrrpSockets(ports, (...arrival) => this.receiveAdvert(...arrival), complain, rearm);
    this.vmacs = new VrrpVmacs(ports, (name, because) => {
      complain(name, because);
      this.assess();
    });
    this.bfd = new VrrpBfd(
      ports,
      random,
      (name) => this.tellBfd(name),
      () => this.arm(),
    );
    this.trackers = new VrrpTrackers(ports, (name) => {
      const health = this.bfd.health(name);
      return health === 'bad' && ports.clock.now() < this.graceUntil ? 'unknown' : health;
    });
    this.announcer = new VrrpAnnouncer(ports, () => this.arm());
    const all = () => this.roster.all();
    this.lookout = new VrrpLookout(
      ports,
      this.voice,
      random,
      all,
      () => this.roster.allGroups(),
      () => this.arm(),
    );
    this.roster = new VrrpRoster(ports, this.voice, {
      ports,
      trackers: this.trackers,
      announcer: this.announcer,
      lookout: this.lookout,
      isComing: (name) => this.vmacs.isComing(name),
      sockets: this.sockets,
      changed: () => this.telling.changed(),
    });
    this.statics = new VrrpBelongings(
      ports,
      () => null,
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
      case 'journal': {
        const journal = this.roster.named(message.instance)?.showJournal() ?? null;
        this.ports.send({ message: 'journal', id: message.id, journal });
        break;
      }
      case 'machines':
        this.ports.send({ message: 'machines', id: message.id, machines: this.machines() });
        break;
      case 'order': {
        const { id, order, name } = message;
        const outcome = order === 'handover' ? this.handOver(name) : this.failBack(name);
        this.ports.send({ message: 'ordered', id, outcome });
        break;
      }
      case 'stop':
        void this.stop();
        break;
    }
  }

  show(): VrrpStatus {
    const groups = [...this.roster.allGroups()].filter(({ config }) => config !== null);
    return {
      instances: this.roster.wanted().map((instance) => instance.show()),
      syncGroups: groups.map((group) => group.show()),
      bfd: this.bfd.show(),
      heartbeat: this.lookout.heartbeat.show(),
      unmatched: { ...this.unmatched },
      lateness: this.lateness.show(),
    };
  }

  /** The machines as they are now. */
  machines(): Machines {
    const machines = this.roster.wanted().map(machineOf);
    return { takenAt: this.ports.clock.now(), generation: this.generation, machines };
  }

  /** Links or addresses have changed: sockets and instances follow. */
  refresh(): void {
    if (this.stopping || this.generation === 0) return;
    this.vmacs.follow(this.roster.configs());
    this.sockets.follow(this.roster.allConfigs());
    this.assess();
    this.restore();
  }

  /** Another machine has told the link that `address` is its own; `by` is its Ethernet address. */
  claimed(ifindex: number, address: Ip, by: Mac): void {
    const dev = this.ports.interfaces.nameOf(ifindex);
    this.lookout.hear(dev, address, by);
    this.roster.claimed(address, dev, by);
    this.arm();
  }

  /** Somebody has taken routes or rules away. */
  routesLost(): void {
    this.statics.lose();
    for (const instance of this.roster.wanted()) instance.loseRoutes();
    this.restore();
  }

  /** Lets another be master in the place of this instance or sync group, and stands back from then on. */
  handOver(name: string): Result<void, string> {
    const outcome = orderHandover(this.roster, name);
    this.arm();
    return outcome;
  }

  /** The end of standing back. */
  failBack(name: string): Result<void, string> {
    const outcome = orderFailback(this.roster, name);
    if (outcome.ok) this.telling.changed();
    this.arm();
    return outcome;
  }

  /** Every instance resigns; answers when their addresses are gone. */
  async stop(): Promise<void> {
    if (this.stopping) return;
    this.stopping = true;
    const left = this.roster.shutdown();
    this.arm();
    await left;
    this.hasLeft = true;
    this.ports.wakeIn(null, () => undefined);
    this.statics.remove(this.wantedStatics, true);
    this.vmacs.keepOnly([]);
    await Promise.all([this.statics.settled(), this.vmacs.settled()]);
    this.bfd.stop();
    this.lookout.heartbeat.close();
    this.sockets.close();
    this.ports.send({ message: 'status', status: this.show() });
    this.ports.send({ message: 'stopped' });
  }

  private apply(desired: VrrpDesired): void {
    if (this.stopping || desired.generation < this.generation) return;
    if (this.generation === 0 && desired.resume.some(({ role }) => role === 'MASTER')) {
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
    this.servicesReady = desired.servicesReady;
    this.assess(desired.resume);
    this.tellApplied();
    this.telling.tellAll();
  }

  private applyStatics(statics: StaticsConfig): void {
    const { remove, add } = planBelongings(this.wantedStatics, statics);
    this.wantedStatics = statics;
    this.statics.remove(remove, true);
    this.statics.add(add);
  }

  private applyInstances(desired: VrrpDesired): void {
    this.roster.apply(desired, () => {
      this.vmacs.keepOnly(this.roster.allConfigs());
      this.sockets.follow(this.roster.allConfigs());
    });
    for (const { interface: dev, promoteSecondaries } of desired.instances) {
      const set = promoteSecondaries ? this.ports.promoteSecondaries(dev) : null;
      if (set?.ok === false) this.complain(dev, `cannot set promote_secondaries: ${set.error}`);
    }
    this.vmacs.follow(this.roster.configs());
    this.sockets.follow(this.roster.allConfigs());
    const followed = this.lookout.apply(desired);
    if (!followed.ok) this.complain('the link', `cannot hear who claims our addresses: ${followed.error}`);
  }

  /** Looks at what every instance needs, and starts, faults or recovers it accordingly. */
  private assess(roles: readonly ResumeRole[] = []): void {
    if (this.stopping) return;
    this.trackers.look();
    this.isHeld = this.ports.clock.now() < this.holdUntil;
    const waitsFor = this.isHeld
      ? 'the startup delay to end'
      : this.servicesReady
        ? null
        : 'the virtual services to be programmed';
    const byName = new Map(roles.map((role) => [role.name, role]));
    for (const group of this.roster.allGroups()) group.assess(byName, waitsFor);
    if (this.generation > 0 && this.roster.problem() !== this.problemTold) this.tellApplied();
    this.arm();
  }

  private restore(): void {
    if (this.stopping) return;
    this.statics.restore(this.wantedStatics, () => !this.stopping);
    for (const instance of this.roster.wanted()) instance.restore();
  }

  private tellApplied(): void {
    this.problemTold = this.roster.problem();
    const { generation, problemTold: problem } = this;
    this.ports.send({ message: 'applied', generation, problem, refused: [] });
  }

  private receiveAdvert(
    { carrier, family, key }: Segment,
    received: Result<ReceivedAdvert, EarlyRefusal | 'ip_header'>,
  ): boolean {
    const refused = received.ok ? null : received.error;
    if (refused === 'ip_header') this.unmatched.ip_header++;
    if (refused === 'ip_header') return false;
    const advert = received.ok ? received.value : null;
    const instance = this.roster.find(key, advert?.advert.vrid ?? refused?.vrid ?? null);
    // RFC 9568 §7.1: a VRID that is not configured on the receiving interface is not for us.
    if (instance === undefined) {
      this.unmatched[refused?.refusal ?? 'vrid']++;
      if (advert !== null) this.roster.stranger(carrier, family, advert);
    } else if (refused !== null) instance.refuse(refused.refusal, refused.source);
    else if (advert !== null && instance.receive(advert)) {
      this.armFor(instance);
      return true;
    }
    return false;
  }

  /** A backup that hears its master has its deadline move away. Rather than look at all for that, the timer comes too early. */
  private armFor(instance: VrrpInstance): void {
    const next = earliestOf(instance.deadline, this.lookout.deadline) ?? instant(0);
    if (this.wakeAt === null || next < this.wakeAt || this.telling.isPending || instance.at !== 'backup')
      this.arm();
  }

  /**
   * Drain, then judge: a deadline that has passed is acted on only after every advert that waits in the sockets
   * has been looked at. Measured on Node 20: after a stall the due timer runs before the waiting datagram, ten
   * times in ten, and a late timer alone would make two masters.
   */
  private judge(): void {
    const woke = this.ports.clock.now();
    if (this.wakeAt !== null && woke > this.wakeAt) {
      const late = this.lateness.record(this.wakeAt, woke);
      this.roster.late(late);
    }
    this.paceAt = null;
    this.wakeAt = null;
    this.sockets.drain();
    this.bfd.drain();
    this.lookout.drain();
    const now = this.ports.clock.now();
    this.sockets.tick(now);
    this.bfd.tick(now);
    this.announcer.tick(now);
    this.lookout.tick(now);
    this.roster.tick(now);
    const look = this.trackers.deadline;
    const isGraceOver = this.graceUntil > 0 && this.graceUntil <= now;
    if (isGraceOver) this.graceUntil = instant(0);
    if (!this.stopping && ((look !== null && look <= now) || this.isHeld || isGraceOver)) this.assess();
    else this.arm();
  }

  private arm(): void {
    if (this.hasLeft) return;
    this.telling.tell();
    const { pace } = this.roster;
    this.paceAt = pace === null ? null : (this.paceAt ?? later(this.ports.clock.now(), pace));
    const next = earliestOf(
      this.roster.deadline,
      this.sockets.deadline,
      this.bfd.deadline,
      this.lookout.deadline,
      this.announcer.deadline,
      this.trackers.deadline,
      this.paceAt,
      this.isHeld ? this.holdUntil : null,
      this.graceUntil > 0 ? this.graceUntil : null,
      this.telling.deadline,
    );
    if (next === this.wakeAt) return;
    this.wakeAt = next;
    const wait = next === null ? null : Math.max(0, Math.ceil(elapsed(this.ports.clock.now(), next) / 1000));
    this.ports.wakeIn(wait, () => this.judge());
  }

  private tellBfd(name: string): void {
    this.bfd.tell(name, this.voice);
    this.telling.changed();
    this.assess();
  }

  /** The process has no precedence over others: what is busy here can make its adverts late. */
  warnOrdinary(because: string): void {
    const message = `vrrp runs without real-time priority (${because}; it takes CAP_SYS_NICE): under load adverts may be late`;
    this.voice.tell('warn', 'process_ordinary', message, { error: because });
  }

  /** Something about VRRP on an interface does not work. */
  complain(name: string, because: string): void {
    const message = `VRRP on ${name}: ${because}`;
    this.voice.complain(name, 'error', 'vrrp_send_failed', message, { interface: name });
  }
}
