import type { Ip } from '../base/ip.ts';
import type { Mac } from '../base/mac.ts';
import { never } from '../base/never.ts';
import { centisToMicros, earliest, elapsed, type Instant, type Micros } from '../base/units.ts';
import type { ResumeRole } from '../ipc/messages.ts';
import type { InstanceConfig } from '../model/config.ts';
import type { Refusal } from '../model/counters.ts';
import type { Journal } from '../model/journal.ts';
import type { InstanceStatus } from '../model/status.ts';
import type { Track } from '../model/tracking.ts';
import type { ReceivedAdvert } from '../vrrp/accept.ts';
import { stepVrrp } from '../vrrp/fsm.ts';
import type { Fault, Member, MemberStep } from '../vrrp/group.ts';
import { addressesOf, belongingsOf, planBelongings } from '../vrrp/instances.ts';
import { leaseSeconds } from '../vrrp/lease.ts';
import {
  INIT,
  type MachineConfig,
  nextDeadline,
  type VrrpEffect,
  type VrrpEvent,
  type VrrpState,
} from '../vrrp/state.ts';
import type { Evidence, PeerWord } from '../vrrp/takeover.ts';
import type { RouterNews } from '../wire/heartbeat.ts';
import { PRIORITY_OWNER } from '../wire/vrrp.ts';
import type { VrrpAnnouncer } from './vrrp-announcer.ts';
import { VrrpBelongings } from './vrrp-belongings.ts';
import { newCounters, type RunningCounters } from './vrrp-counters.ts';
import { type Lookout, VrrpGate } from './vrrp-gate.ts';
import { VrrpHearing } from './vrrp-hearing.ts';
import { VrrpHerald } from './vrrp-herald.ts';
import { showInstance } from './vrrp-instance-status.ts';
import { VrrpJournal } from './vrrp-journal.ts';
import { VrrpLeases } from './vrrp-leases.ts';
import type { VrrpPorts } from './vrrp-ports.ts';
import { VrrpReports } from './vrrp-reports.ts';
import { mayResume } from './vrrp-resume.ts';
import { VrrpSeat } from './vrrp-seat.ts';
import { VrrpSender } from './vrrp-sender.ts';
import { VrrpSigning } from './vrrp-signing.ts';
import type { VrrpSockets } from './vrrp-sockets.ts';
import type { VrrpTrackers } from './vrrp-trackers.ts';

/** What an instance has around it in the vrrp process. */
export interface Surroundings {
  readonly ports: VrrpPorts;
  readonly trackers: VrrpTrackers;
  readonly announcer: VrrpAnnouncer;
  /** Whether an interface with a virtual MAC is being made. */
  readonly isComing: (interface_: string) => boolean;
  readonly sockets: Pick<VrrpSockets, 'transmit' | 'drain'>;
  readonly lookout: Lookout;
  /** An event goes by way of its group. */
  readonly dispatch: (instance: VrrpInstance, event: VrrpEvent) => void;
  /** A state has changed that core should know. */
  readonly changed: () => void;
}

/** One running virtual router: its machine, and the performing of what the machine asks for. */
export class VrrpInstance {
  config: InstanceConfig;
  private readonly around: Surroundings;
  private readonly ports: VrrpPorts;
  private readonly reports: VrrpReports;
  private readonly belongings: VrrpBelongings;
  private readonly seat: VrrpSeat;
  private readonly signing: VrrpSigning;
  private readonly sender: VrrpSender;
  private readonly herald: VrrpHerald;
  private readonly hearing: VrrpHearing;
  private readonly gate: VrrpGate;
  private readonly leases: VrrpLeases;
  private readonly counters: RunningCounters = newCounters();
  private state: VrrpState = INIT;
  /** Told when it has let go of everything. */
  private left: (() => void) | null = null;

  constructor(config: InstanceConfig, around: Surroundings) {
    this.config = config;
    this.around = around;
    this.ports = around.ports;
    const { clock } = around.ports;
    this.seat = new VrrpSeat(around.ports, around.trackers, around.isComing);
    const journal = new VrrpJournal(clock);
    this.reports = new VrrpReports(() => this.config, this.seat, this.counters, journal, around.ports);
    const { reports } = this;
    this.signing = new VrrpSigning((sender, seconds) => {
      const text = `the clock of ${sender} is ${seconds} s off ours; beyond the time_window its adverts are refused`;
      reports.complain(sender, 'warn', 'vrrp_clock_skew', text);
    });
    this.sender = new VrrpSender(clock, this.signing, (...datagram) => around.sockets.transmit(...datagram));
    this.belongings = new VrrpBelongings(
      around.ports,
      () => leaseSeconds(this.config),
      (what, because) => reports.complain(what, 'error', 'address_failed', `cannot ${what}: ${because}`),
      (what, addresses) => this.tellRestored(what, addresses),
    );
    this.herald = new VrrpHerald(
      around.announcer,
      this.belongings,
      this.counters,
      () => around.sockets.drain(),
      () => this.state.at === 'master',
      (topic, text) => reports.complain(topic, 'error', 'vrrp_send_failed', text),
    );
    this.hearing = new VrrpHearing(clock, this.signing, this.counters, reports);
    this.gate = new VrrpGate(clock, around.lookout, this.seat, reports);
    this.leases = new VrrpLeases(clock, this.belongings);
  }

  get because(): string {
    return this.reports.because;
  }

  get at(): VrrpState['at'] {
    return this.state.at;
  }

  /** The interface that it cannot begin without and that is being made; null for none. */
  get waitsFor(): string | null {
    return this.seat.waitsFor;
  }

  get deadline(): Instant | null {
    return earliest(nextDeadline(this.state), this.gate.deadline(this.config, this.state));
  }

  /** Its group, and what that one follows. */
  join(syncGroup: string | null, tracks: readonly Track[]): void {
    this.seat.join(syncGroup, tracks);
  }

  member(): Member {
    return { name: this.config.name, config: this.machine(), state: this.state };
  }

  isGranted = (): boolean | null => this.gate.hasGrant(this.config);

  witnesses = (): Evidence['witnesses'] => this.gate.witnesses(this.config);

  /** Looks at its interface and trackers again. Its own fault, or null. `resumes`: it takes up a role. */
  assess(resumes: boolean): Fault {
    const before = this.seat.machine(this.config);
    const begins = (this.state.at === 'init' && !resumes) || this.state.at === 'fault';
    const fault = this.seat.assess(this.config, begins);
    this.adjust(before);
    return fault;
  }

  /** A fault has another reason now. */
  restate(because: string): void {
    if (this.because === because) return;
    this.reports.because = because;
    this.around.changed();
  }

  /** RFC 9568 §6.4: what an advert for this VRID does. A refused one changes nothing but its counter, and gives false. */
  receive(received: ReceivedAdvert): boolean {
    const advert = this.hearing.hear(this.config, this.seat.localAddress, received);
    if (advert !== null) this.around.dispatch(this, { on: 'advert', advert });
    return advert !== null;
  }

  /** Counts a packet that was meant for this instance and refused before it was looked at. */
  refuse(refusal: Refusal, source: Ip | null): void {
    this.hearing.refuse(refusal, source, null);
  }

  /** An advert of another VRID on its interface: it may be the peer, under a wrong number, while nobody else is heard. */
  notice(received: ReceivedAdvert): void {
    const { state } = this;
    const gap = 2 * centisToMicros(this.config.advertInterval);
    const isAlone = state.at === 'backup' && elapsed(state.armedAt, this.ports.clock.now()) > gap;
    if (isAlone || state.at === 'master') this.reports.journal.refused('vrid', received.source, received);
  }

  /** What the peers are told of it. */
  news(): RouterNews {
    return this.gate.news(this.config, this.state);
  }

  /** What a peer says of a virtual router on another path and said before; or its last word, and then silence. */
  hearPeer(word: PeerWord, before: RouterNews | null | 'silence'): void {
    if (this.state.at !== 'backup') return;
    const { gate, config } = this;
    const because = before === 'silence' ? gate.silenced(config, word) : gate.vacated(config, word, before);
    if (because !== null) this.around.dispatch(this, { on: 'vacant', because });
  }

  /** A peer or a witness has been heard. */
  follow(): void {
    this.gate.follow(this.config, this.state);
    if (this.gate.forfeits(this.config, this.state) !== null) this.around.dispatch(this, { on: 'tick' });
  }

  /** The paths to peers and witnesses are those of a new configuration. */
  reloaded(): void {
    this.gate.reloaded(this.config, this.state);
  }

  /** Takes over new settings for the same virtual router, keeping its state. */
  reconfigure(config: InstanceConfig): void {
    const before = this.config;
    const machine = this.seat.machine(before);
    this.config = config;
    this.adjust(machine);
    if (this.state.at !== 'master') return;
    const { remove, add } = planBelongings(belongingsOf(before), belongingsOf(config));
    this.belongings.remove(remove, config.priority === PRIORITY_OWNER);
    // Those that stay get the lifetime of the new lease.
    const isSame = leaseSeconds(before) === leaseSeconds(config);
    this.belongings.add(isSame ? add : { ...add, addresses: addressesOf(config) });
    if (add.addresses.length > 0) this.herald.announce(config.garp.repeat, add.addresses);
  }

  /** The machine has changed: what somebody took away while we are master is put back. */
  restore(): void {
    if (this.state.at === 'master' && !this.hasLost()) {
      this.belongings.restore(belongingsOf(this.config), () => this.state.at === 'master');
    }
  }

  loseRoutes(): void {
    this.belongings.lose();
  }

  /**
   * Resigns if master, keeps its addresses until a successor has them, and answers when they are gone. `deleted`: a
   * reload takes it away.
   */
  async shutdown(deleted: boolean): Promise<void> {
    this.reports.isLeaving = deleted;
    const left = new Promise<void>((resolve) => {
      this.left = resolve;
    });
    this.around.dispatch(this, { on: 'shutdown' });
    if (!this.isHolding()) this.left?.();
    await left;
    await this.belongings.settled();
  }

  /** Waits for no successor any longer. */
  letGo(): void {
    if (this.isHolding()) this.perform({ member: 0, state: INIT, effects: [{ effect: 'removeAddresses' }] });
  }

  /** Another machine says that an address of this instance is its own. */
  claimed(address: Ip, mac: Mac, by: string): void {
    this.reports.journal.note({ kind: 'claimed', address, mac });
    this.around.dispatch(this, { on: 'claimed', by });
  }

  /** Whether it is responsible for this address, on this interface. */
  answersFor(address: Ip, dev: string | null): boolean {
    if (this.state.at !== 'master' && !this.isHolding()) return false;
    return belongingsOf(this.config).addresses.some((one) => one.address === address && one.dev === dev);
  }

  /** Whether it may go on as the master that a former process was. */
  mayResume(role: ResumeRole | undefined): boolean {
    return mayResume(this.config, role, this.ports.interfaces);
  }

  /** Takes up the role of a former process; `isTold`: everybody knows that already. */
  resume(isTold: boolean): void {
    this.reports.isTold = isTold;
    this.around.dispatch(this, { on: 'resume' });
    this.reports.isTold = false;
  }

  /** Why it cannot do all that it is configured for, as a sentence; null where it can. */
  problem(): string | null {
    const { name } = this.config;
    if (this.state.at === 'fault') return `${name}: ${this.because}`;
    const lost = belongingsOf(this.config).addresses.find(
      ({ dev }) => this.ports.interfaces.ifindex(dev) === null && !this.around.isComing(dev),
    );
    if (lost === undefined) return null;
    return `${name}: ${lost.address} has no place: interface ${lost.dev} does not exist`;
  }

  /** What it has heard, set and decided. */
  showJournal(): Journal {
    return this.reports.journal.show();
  }

  /** The loop has acted that much after its deadline. */
  late(by: Micros): void {
    this.reports.journal.late(by, this.config);
    const isStall = 2 * by >= centisToMicros(this.config.advertInterval);
    if (isStall && this.state.at === 'backup') this.around.dispatch(this, { on: 'stalled', by });
  }

  show(): InstanceStatus {
    return showInstance(this.config, this.state, this.seat, this.reports, this.counters);
  }

  /** Takes the state that the machine has come to, and does what it asks for. */
  perform({ state, effects }: MemberStep): void {
    const before = this.state;
    this.gate.concluded(this.config, before, state);
    this.state = state;
    for (const effect of effects) this.performOne(effect, before);
    this.reports.journal.stepped(this.machine(), before, state);
    this.leases.hold(this.config, before, state);
    this.gate.follow(this.config, state);
    this.gate.tellWitnesses(this.config, before, state);
    if (!this.isHolding()) this.left?.();
  }

  private isHolding(): boolean {
    return this.state.at !== 'master' && this.state.holding !== null;
  }

  /** Time has taken its addresses, or the right to them, and the machine has not been told yet. */
  private hasLost(): boolean {
    const over = this.state.at === 'master' ? this.state.leasedUntil : null;
    if (over !== null && this.ports.clock.now() > over) return true;
    return this.gate.forfeits(this.config, this.state)?.atOnce === true;
  }

  private performOne(effect: VrrpEffect, before: VrrpState): void {
    switch (effect.effect) {
      case 'advertise':
        this.advertise(effect.priority);
        if (before.at === 'master' && this.state.at === 'master') this.leases.renew(this.config);
        break;
      case 'claim':
        this.belongings.afterwards(() => {
          if (this.state.at === 'master') this.advertise(effect.priority);
        });
        break;
      case 'quietAddresses':
        this.belongings.quieten(addressesOf(this.config), this.config.priority === PRIORITY_OWNER);
        break;
      case 'defend':
        this.herald.announce(1, addressesOf(this.config));
        this.reports.conflict(effect.against);
        break;
      case 'addAddresses':
        this.belongings.add(belongingsOf(this.config));
        break;
      case 'removeAddresses':
        this.belongings.remove(belongingsOf(this.config), this.config.priority === PRIORITY_OWNER);
        break;
      case 'announce':
        this.herald.announce(effect.rounds, addressesOf(this.config));
        break;
      case 'announceOnBase':
        this.herald.announce(1, addressesOf(this.config), this.config.interface);
        break;
      case 'heardLower':
        this.reports.notify('MASTER_RX_LOWER_PRI');
        break;
      case 'inquire':
      case 'withheld':
        this.gate.perform(this.config, before, effect);
        break;
      case 'report':
        this.reports.changed(before, this.state, effect.because);
        this.greet();
        this.around.changed();
        break;
      default:
        never(effect);
    }
  }

  private advertise(priority: number): void {
    const { localAddress } = this.seat;
    if (localAddress === null) return;
    this.reports.advertised(priority, this.sender.advertise(this.config, localAddress, priority));
  }

  private greet(): void {
    const { localAddress } = this.seat;
    if (this.state.at === 'backup' && localAddress !== null) this.herald.greet(this.config, localAddress);
  }

  private machine(): MachineConfig {
    return this.gate.machine(this.config, this.state);
  }

  private adjust(before: MachineConfig): void {
    const now = this.seat.machine(this.config);
    if (JSON.stringify(now) === JSON.stringify(before)) return;
    this.state = stepVrrp(now, this.state, { on: 'reconfigured', before }, this.ports.clock.now()).state;
    if (now.priority === before.priority || this.state.at === 'init') return;
    this.reports.priority(before.priority, now.priority, this.state);
    this.around.changed();
  }

  private tellRestored(what: string, addresses: readonly Ip[]): void {
    const back = belongingsOf(this.config).addresses.filter(({ address }) => addresses.includes(address));
    this.herald.announce(this.config.garp.repeat, back);
    this.reports.restored(what);
  }
}
