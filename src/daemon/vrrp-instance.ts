import type { Ip } from '../base/ip.ts';
import { never } from '../base/never.ts';
import { err, type Result } from '../base/result.ts';
import type { Instant, WallTime } from '../base/units.ts';
import type { VirtualAddress } from '../model/addresses.ts';
import type { InstanceConfig } from '../model/config.ts';
import { noRefusals, type Refusal, type VrrpCounters } from '../model/counters.ts';
import type { LbdEvent } from '../model/events.ts';
import type { InstanceState, InstanceStatus } from '../model/status.ts';
import { type AcceptedAdvert, acceptAdvert, type ReceivedAdvert } from '../vrrp/accept.ts';
import { encodeAdvertDatagram } from '../vrrp/advert.ts';
import {
  type MachineConfig,
  nextDeadline,
  stepVrrp,
  type VrrpEffect,
  type VrrpEvent,
  type VrrpState,
} from '../vrrp/fsm.ts';
import { planAddresses } from '../vrrp/instances.ts';
import { PRIORITY_OWNER, PRIORITY_RESIGN, VRRP_GROUP4 } from '../wire/vrrp.ts';
import { VrrpAddresses } from './vrrp-addresses.ts';
import type { ReadyInterface, VrrpPorts } from './vrrp-ports.ts';
import { VrrpVoice } from './vrrp-voice.ts';

type Counters = { -readonly [K in keyof VrrpCounters]: VrrpCounters[K] } & {
  refused: Record<Refusal, number>;
};

/** One running virtual router: its machine, and the performing of what the machine asks for. */
export class VrrpInstance {
  config: InstanceConfig;
  private readonly ports: VrrpPorts;
  private readonly transmit: (datagram: Uint8Array, to: Ip) => Result<void, string>;
  private readonly changed: () => void;
  private state: VrrpState = { at: 'init' };
  private ready: ReadyInterface | null = null;
  private since: WallTime;
  private because = 'not started yet';
  private readonly addresses: VrrpAddresses;
  private readonly voice: VrrpVoice;
  private readonly counters: Counters;

  constructor(
    config: InstanceConfig,
    ports: VrrpPorts,
    transmit: (datagram: Uint8Array, to: Ip) => Result<void, string>,
    changed: () => void,
  ) {
    this.config = config;
    this.ports = ports;
    this.transmit = transmit;
    this.changed = changed;
    this.voice = new VrrpVoice(ports.clock, ports.send);
    this.addresses = new VrrpAddresses(ports, (what, because) => {
      const message = `${this.config.name}: cannot ${what}: ${because}`;
      this.voice.complain(what, 'error', 'address_failed', message, this.fields());
    });
    this.since = ports.clock.wall();
    this.counters = {
      advertsSent: 0,
      advertsReceived: 0,
      priorityZeroSent: 0,
      priorityZeroReceived: 0,
      becameMaster: 0,
      releasedMaster: 0,
      garpsSent: 0,
      addressListMismatches: 0,
      refused: noRefusals(),
    };
  }

  get deadline(): Instant | null {
    return nextDeadline(this.state);
  }

  /** Looks at the interface again, and starts, faults or recovers the machine accordingly. */
  refresh(on: 'startup' | 'resume'): void {
    // The owner's virtual addresses are its own (RFC 3768 §1.6): it may advertise from them.
    const others = this.config.priority === PRIORITY_OWNER ? [] : this.config.virtualAddresses;
    const virtual = new Set(others.map((address) => address.address));
    const found = this.ports.interfaces.lookup(this.config.interface, virtual);
    if (found.ok) {
      this.ready = found.value;
      if (this.state.at === 'init') this.step({ on });
      else if (this.state.at === 'fault') this.step({ on: 'recovered' });
      return;
    }
    const because = `interface ${this.config.interface} ${found.error}`;
    if (this.state.at !== 'fault') {
      // The advert of a master that resigns still needs the old interface; it fails quietly when that is gone.
      this.step({ on: 'fault', because });
    } else if (this.because !== because) {
      this.because = because;
      this.changed();
    }
  }

  tick(): void {
    this.step({ on: 'tick' });
  }

  /** RFC 3768 §6.4: what an advert for this VRID does. A refused one changes nothing but its counter. */
  receive(received: ReceivedAdvert): void {
    const accepted: Result<AcceptedAdvert, Refusal> =
      this.ready === null ? err('vrid') : acceptAdvert(this.config, this.localAddress(this.ready), received);
    if (!accepted.ok) {
      this.refuse(accepted.error, received.source);
      return;
    }
    this.counters.advertsReceived++;
    if (accepted.value.priority === PRIORITY_RESIGN) this.counters.priorityZeroReceived++;
    if (accepted.value.addressListDiffers) this.tellMismatch(accepted.value);
    this.step({ on: 'advert', advert: accepted.value });
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
    const machineBefore = this.machine();
    this.config = config;
    if (machineBefore !== null) this.step({ on: 'reconfigured', before: machineBefore });
    if (this.state.at !== 'master') return;
    const { remove, add } = planAddresses(before.virtualAddresses, config.virtualAddresses);
    if (remove.length > 0) this.addresses.remove(remove, config.priority);
    if (add.length === 0) return;
    this.addresses.add(add);
    this.announce(config.garp.repeat, add);
  }

  /** Resigns if master, removes its addresses, and answers when they are gone. */
  async shutdown(): Promise<void> {
    this.step({ on: 'shutdown' });
    await this.addresses.settled();
  }

  show(): InstanceStatus {
    const { config, state } = this;
    const self =
      this.ready === null ? null : { address: this.localAddress(this.ready), priority: config.priority };
    return {
      name: config.name,
      interface: config.interface,
      vrid: config.vrid,
      version: 2,
      state: state.at.toUpperCase() as InstanceState,
      since: this.since,
      because: this.because,
      priority: config.priority,
      advertInterval: config.advertInterval,
      virtualAddresses: config.virtualAddresses.map((virtual) => `${virtual.address}/${virtual.prefix}`),
      master: state.at === 'master' ? self : state.at === 'backup' ? state.master : null,
      counters: { ...this.counters, refused: { ...this.counters.refused } },
    };
  }

  private step(event: VrrpEvent): void {
    const machine = this.machine();
    // Without an interface there is no address to send from: only a fault can be told.
    if (machine === null && event.on !== 'fault' && event.on !== 'shutdown') return;
    const before = this.state;
    const step = stepVrrp(machine ?? this.anonymousMachine(), before, event, this.ports.clock.now());
    this.state = step.state;
    for (const effect of step.effects) this.perform(effect, before);
  }

  private machine(): MachineConfig | null {
    if (this.ready === null) return null;
    return { ...this.config, localAddress: this.localAddress(this.ready) };
  }

  private anonymousMachine(): MachineConfig {
    return { ...this.config, localAddress: '0.0.0.0' as Ip };
  }

  private localAddress(ready: ReadyInterface): Ip {
    return this.config.sourceAddress ?? ready.primary;
  }

  private perform(effect: VrrpEffect, before: VrrpState): void {
    const { virtualAddresses, priority } = this.config;
    switch (effect.effect) {
      case 'advertise':
        this.advertise(effect.priority);
        break;
      case 'addAddresses':
        this.addresses.add(virtualAddresses);
        break;
      case 'removeAddresses':
        this.addresses.remove(virtualAddresses, priority);
        break;
      case 'announce':
        this.announce(effect.rounds, virtualAddresses);
        break;
      case 'report':
        this.report(before, effect.because);
        break;
      default:
        never(effect);
    }
  }

  private advertise(priority: number): void {
    if (this.ready === null) return;
    const datagram = encodeAdvertDatagram(this.config, this.localAddress(this.ready), priority);
    const sent = this.transmit(datagram, VRRP_GROUP4);
    if (!sent.ok) {
      // A resignation over a link that is down cannot arrive and is not a fault of its own.
      if (priority !== PRIORITY_RESIGN) this.complainOfSending('advert', sent.error);
      return;
    }
    this.counters.advertsSent++;
    if (priority === PRIORITY_RESIGN) this.counters.priorityZeroSent++;
  }

  private announce(rounds: number, addresses: readonly VirtualAddress[]): void {
    const stillMaster = () => this.state.at === 'master';
    this.addresses.announce(rounds, addresses, stillMaster, () => this.counters.garpsSent++);
  }

  private report(before: VrrpState, because: string): void {
    const from = before.at.toUpperCase();
    const to = this.state.at.toUpperCase();
    this.since = this.ports.clock.wall();
    this.because = because;
    if (this.state.at === 'master') this.counters.becameMaster++;
    if (before.at === 'master') this.counters.releasedMaster++;
    const message = `${this.config.name}: ${from} → ${to}: ${because}`;
    const level = this.state.at === 'fault' ? 'warn' : 'info';
    const { priority } = this.config;
    this.voice.tell(level, 'vrrp_state', message, { ...this.fields(), from, to, because, priority });
    this.changed();
  }

  private tellMismatch({ source }: AcceptedAdvert): void {
    this.counters.addressListMismatches++;
    const message = `${this.config.name}: ${source} advertises another list of addresses than ours`;
    this.voice.complain(source, 'warn', 'vrrp_address_list_mismatch', message, { ...this.fields(), source });
  }

  private complainOfSending(what: string, because: string): void {
    const message = `${this.config.name}: cannot send ${what}: ${because}`;
    this.voice.complain(what, 'error', 'vrrp_send_failed', message, this.fields());
  }

  private fields(): LbdEvent['fields'] {
    return { instance: this.config.name, vrid: this.config.vrid, interface: this.config.interface };
  }
}
