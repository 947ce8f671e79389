import type { Ip } from '../base/ip.ts';
import { never } from '../base/never.ts';
import { err, type Result } from '../base/result.ts';
import type { Instant, WallTime } from '../base/units.ts';
import type { VirtualAddress } from '../model/addresses.ts';
import type { InstanceConfig } from '../model/config.ts';
import type { Refusal } from '../model/counters.ts';
import type { LbdEvent } from '../model/events.ts';
import { type NoticeState, noticeOf } from '../model/notify.ts';
import type { InstanceState, InstanceStatus } from '../model/status.ts';
import type { Track } from '../model/tracking.ts';
import { type AcceptedAdvert, acceptAdvert, type ReceivedAdvert } from '../vrrp/accept.ts';
import { stepVrrp } from '../vrrp/fsm.ts';
import type { Fault, Member, MemberStep } from '../vrrp/group.ts';
import { type Belongings, planBelongings } from '../vrrp/instances.ts';
import {
  type MachineConfig,
  nextDeadline,
  type VrrpEffect,
  type VrrpEvent,
  type VrrpState,
} from '../vrrp/state.ts';
import { PRIORITY_OWNER, PRIORITY_RESIGN } from '../wire/vrrp.ts';
import type { VrrpAnnouncer } from './vrrp-announcer.ts';
import { VrrpBelongings } from './vrrp-belongings.ts';
import { newCounters, type RunningCounters } from './vrrp-counters.ts';
import type { VrrpPorts } from './vrrp-ports.ts';
import { VrrpSeat } from './vrrp-seat.ts';
import { VrrpSender } from './vrrp-sender.ts';
import { VrrpSigning } from './vrrp-signing.ts';
import type { VrrpTrackers } from './vrrp-trackers.ts';
import { VrrpVoice } from './vrrp-voice.ts';

/** What an instance has around it in the vrrp process. */
export interface Surroundings {
  readonly ports: VrrpPorts;
  readonly trackers: VrrpTrackers;
  readonly announcer: VrrpAnnouncer;
  /** Whether an interface with a virtual MAC is being made. */
  readonly isComing: (interface_: string) => boolean;
  readonly transmit: VrrpSender['transmit'];
  /** An event goes by way of its group. */
  readonly dispatch: (instance: VrrpInstance, event: VrrpEvent) => void;
  /** A state has changed that core should know. */
  readonly changed: () => void;
}

/** One running virtual router: its machine, and the performing of what the machine asks for. */
export class VrrpInstance {
  config: InstanceConfig;
  /** Why it is in its state, as a sentence. */
  because = 'not started yet';
  private readonly around: Surroundings;
  private readonly ports: VrrpPorts;
  private readonly voice: VrrpVoice;
  private readonly belongings: VrrpBelongings;
  private readonly seat: VrrpSeat;
  private readonly signing: VrrpSigning;
  private readonly sender: VrrpSender;
  private readonly counters: RunningCounters = newCounters();
  private state: VrrpState = { at: 'init' };
  private since: WallTime;
  private isLeaving = false;

  constructor(config: InstanceConfig, around: Surroundings) {
    this.config = config;
    this.around = around;
    this.ports = around.ports;
    this.voice = new VrrpVoice(around.ports.clock, around.ports.send);
    this.seat = new VrrpSeat(around.ports, around.trackers, around.isComing);
    this.signing = new VrrpSigning((sender, seconds) => {
      const text = `the clock of ${sender} is ${seconds} s off ours; beyond the time_window its adverts are refused`;
      this.complain(sender, 'vrrp_clock_skew', text, 'warn');
    });
    this.sender = new VrrpSender(around.ports.clock, this.signing, around.transmit);
    this.belongings = new VrrpBelongings(
      around.ports,
      (what, because) => this.complain(what, 'address_failed', `cannot ${what}: ${because}`),
      (what, addresses) => this.tellRestored(what, addresses),
    );
    this.since = around.ports.clock.wall();
  }

  get at(): VrrpState['at'] {
    return this.state.at;
  }

  /** The interface that it cannot begin without and that is being made; null for none. */
  get waitsFor(): string | null {
    return this.seat.waitsFor;
  }

  get deadline(): Instant | null {
    return nextDeadline(this.state);
  }

  /** Its group, and what that one follows. */
  join(syncGroup: string | null, tracks: readonly Track[]): void {
    this.seat.join(syncGroup, tracks);
  }

  member(): Member {
    return { name: this.config.name, config: this.machine(), state: this.state };
  }

  /** Looks at its interface and trackers again. Its own fault, or null. `resumes`: it takes up a role. */
  assess(resumes: boolean): Fault {
    const before = this.machine();
    const begins = (this.state.at === 'init' && !resumes) || this.state.at === 'fault';
    const fault = this.seat.assess(this.config, begins);
    this.adjust(before);
    return fault;
  }

  /** A fault has another reason now. */
  restate(because: string): void {
    if (this.because === because) return;
    this.because = because;
    this.around.changed();
  }

  /** RFC 9568 §6.4: what an advert for this VRID does. A refused one changes nothing but its counter. */
  receive(received: ReceivedAdvert): void {
    const accepted = this.accept(received);
    if (!accepted.ok) {
      this.refuse(accepted.error, received.source);
      return;
    }
    const advert = accepted.value;
    this.counters.advertsReceived++;
    if (advert.priority === PRIORITY_RESIGN) this.counters.priorityZeroReceived++;
    if (advert.addressListDiffers) {
      this.counters.addressListMismatches++;
      const text = `${advert.source} advertises another list of addresses than ours`;
      this.complain(advert.source, 'vrrp_address_list_mismatch', text, 'warn');
    }
    if (advert.intervalDiffers) {
      this.counters.intervalMismatches++;
      const text = `${advert.source} advertises every ${advert.advertInterval / 100} s, we are set to ${this.config.advertInterval / 100} s`;
      this.complain(advert.source, 'vrrp_interval_mismatch', text, 'warn');
    }
    this.around.dispatch(this, { on: 'advert', advert });
  }

  /** Counts a packet that was meant for this instance and refused; told at most once a minute per reason. */
  refuse(refusal: Refusal, source: Ip | null): void {
    this.counters.refused[refusal]++;
    const count = this.counters.refused[refusal];
    const from = source ?? 'an unreadable source';
    const message = `${this.config.name}: refused an advert from ${from}: ${refusal}`;
    this.voice.complain(refusal, 'warn', 'vrrp_advert_refused', message, {
      ...this.fields(),
      refusal,
      source,
      count,
    });
  }

  /** Takes over new settings for the same virtual router, keeping its state. */
  reconfigure(config: InstanceConfig): void {
    const before = this.config;
    const machine = this.machine();
    this.config = config;
    this.adjust(machine);
    if (this.state.at !== 'master') return;
    const { remove, add } = planBelongings(belongingsOf(before), belongingsOf(config));
    this.belongings.remove(remove, config.priority === PRIORITY_OWNER);
    this.belongings.add(add);
    if (add.addresses.length > 0) this.announce(config.garp.repeat, add.addresses);
  }

  /** The machine has changed: what somebody took away while we are master is put back. */
  restore(): void {
    if (this.state.at === 'master') {
      this.belongings.restore(belongingsOf(this.config), () => this.state.at === 'master');
    }
  }

  loseRoutes(): void {
    this.belongings.lose();
  }

  /** Resigns if master, removes its addresses, and answers when they are gone. `deleted`: a reload takes it away. */
  async shutdown(deleted: boolean): Promise<void> {
    this.isLeaving = deleted;
    this.around.dispatch(this, { on: 'shutdown' });
    await this.belongings.settled();
  }

  show(): InstanceStatus {
    const { config, state, seat } = this;
    const priority = seat.standing.priority;
    const self = seat.localAddress === null ? null : { address: seat.localAddress, priority };
    const show = (virtual: VirtualAddress) => `${virtual.address}/${virtual.prefix}`;
    return {
      name: config.name,
      interface: config.interface,
      vrid: config.vrid,
      family: config.family,
      version: config.version,
      state: state.at.toUpperCase() as InstanceState,
      since: this.since,
      because: this.because,
      priority: config.priority,
      effectivePriority: priority,
      advertInterval: config.advertInterval,
      virtualAddresses: config.virtualAddresses.map(show),
      excludedAddresses: config.excludedAddresses.map(show),
      syncGroup: seat.syncGroup,
      tracks: seat.standing.tracks,
      master: state.at === 'master' ? self : state.at === 'backup' ? state.master : null,
      counters: { ...this.counters, refused: { ...this.counters.refused } },
    };
  }

  /** Takes the state that the machine has come to, and does what it asks for. */
  perform({ state, effects }: MemberStep): void {
    const before = this.state;
    this.state = state;
    for (const effect of effects) this.performOne(effect, before);
  }

  private accept(received: ReceivedAdvert): Result<AcceptedAdvert, Refusal> {
    const { localAddress } = this.seat;
    if (localAddress === null) return err('vrid');
    const accepted = acceptAdvert(this.config, localAddress, received);
    if (!accepted.ok) return accepted;
    const signed = this.signing.verify(this.config, received, this.ports.clock.wall());
    return signed.ok ? accepted : signed;
  }

  private performOne(effect: VrrpEffect, before: VrrpState): void {
    const belongings = belongingsOf(this.config);
    switch (effect.effect) {
      case 'advertise':
        this.advertise(effect.priority);
        break;
      case 'addAddresses':
        this.belongings.add(belongings);
        break;
      case 'removeAddresses':
        this.belongings.remove(belongings, this.config.priority === PRIORITY_OWNER);
        break;
      case 'announce':
        this.announce(effect.rounds, belongings.addresses);
        break;
      case 'announceOnBase':
        this.announce(1, belongings.addresses, this.config.interface);
        break;
      case 'heardLower':
        this.notify('MASTER_RX_LOWER_PRI');
        break;
      case 'report':
        this.report(before, effect.because);
        break;
      default:
        never(effect);
    }
  }

  private advertise(priority: number): void {
    const { localAddress } = this.seat;
    if (localAddress === null) return;
    const sent = this.sender.advertise(this.config, localAddress, priority);
    this.counters.advertsSent += sent.count;
    if (priority === PRIORITY_RESIGN) this.counters.priorityZeroSent += sent.count;
    // A resignation over a link that is down cannot arrive and is not a fault of its own.
    else if (sent.error !== null)
      this.complain('advert', 'vrrp_send_failed', `cannot advertise: ${sent.error}`);
  }

  private announce(rounds: number, addresses: readonly VirtualAddress[], dev?: string): void {
    const wanted = () => this.state.at === 'master';
    this.belongings.afterwards(() => {
      for (let round = 0; round < rounds && wanted(); round++) {
        for (const virtual of addresses) {
          const { address } = virtual;
          this.sendAnnouncement(dev ?? virtual.dev, address, wanted);
        }
      }
    });
  }

  private sendAnnouncement(dev: string, address: Ip, wanted: () => boolean): void {
    this.around.announcer.announce({
      dev,
      address,
      wanted,
      done: (outcome) => {
        if (!outcome.ok) {
          const text = `cannot announce ${address} on ${dev}: ${outcome.error}`;
          this.complain(`announce ${address}`, 'vrrp_send_failed', text);
        } else if (address.includes(':')) this.counters.nasSent++;
        else this.counters.garpsSent++;
      },
    });
  }

  private report(before: VrrpState, because: string): void {
    const from = before.at.toUpperCase();
    const to = this.state.at.toUpperCase() as InstanceState;
    this.since = this.ports.clock.wall();
    this.because = because;
    if (this.state.at === 'master') this.counters.becameMaster++;
    if (before.at === 'master') this.counters.releasedMaster++;
    const message = `${this.config.name}: ${from} → ${to}: ${because}`;
    const level = this.state.at === 'fault' ? 'warn' : 'info';
    const { priority } = this.seat.standing;
    this.voice.tell(level, 'vrrp_state', message, { ...this.fields(), from, to, because, priority });
    if (!this.isLeaving) this.notify(noticeOf(to));
    else this.notify(this.config.notify.saysDeleted ? 'DELETED' : 'FAULT');
    this.greet();
    this.around.changed();
  }

  // A backup that is sent adverts by unicast must be found by its peers: a stale neighbour entry would cost adverts.
  private greet(): void {
    const { transport } = this.config;
    const { localAddress } = this.seat;
    if (this.state.at !== 'backup' || transport.kind !== 'unicast' || localAddress === null) return;
    this.sendAnnouncement(this.config.interface, localAddress, () => true);
  }

  private notify(state: NoticeState): void {
    const { name } = this.config;
    const { priority } = this.seat.standing;
    this.ports.send({
      message: 'notice',
      notice: { kind: 'INSTANCE', name, state, priority, because: this.because },
    });
  }

  private machine(): MachineConfig {
    return this.seat.machine(this.config);
  }

  private adjust(before: MachineConfig): void {
    const now = this.machine();
    if (JSON.stringify(now) === JSON.stringify(before)) return;
    this.state = stepVrrp(now, this.state, { on: 'reconfigured', before }, this.ports.clock.now()).state;
    if (now.priority === before.priority || this.state.at === 'init') return;
    const message = `${this.config.name}: priority ${before.priority} → ${now.priority}`;
    this.voice.tell('info', 'vrrp_priority', message, { ...this.fields(), priority: now.priority });
    if (this.state.at === 'master') this.notify('MASTER_PRIORITY');
    else if (this.state.at === 'backup') this.notify('BACKUP_PRIORITY');
    this.around.changed();
  }

  private tellRestored(what: string, addresses: readonly Ip[]): void {
    const back = belongingsOf(this.config).addresses.filter(({ address }) => addresses.includes(address));
    this.announce(this.config.garp.repeat, back);
    const message = `${this.config.name}: somebody removed ${what}; it is back`;
    this.voice.tell('warn', 'address_restored', message, this.fields());
  }

  private complain(
    topic: string,
    event: LbdEvent['event'],
    text: string,
    level: LbdEvent['level'] = 'error',
  ): void {
    this.voice.complain(topic, level, event, `${this.config.name}: ${text}`, this.fields());
  }

  private fields(): LbdEvent['fields'] {
    return { instance: this.config.name, vrid: this.config.vrid, interface: this.config.interface };
  }
}

function belongingsOf(config: InstanceConfig): Belongings {
  const { virtualAddresses, excludedAddresses, routes, rules } = config;
  return { addresses: [...virtualAddresses, ...excludedAddresses], routes, rules };
}
