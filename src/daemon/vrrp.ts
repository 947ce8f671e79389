import type { Ip } from '../base/ip.ts';
import { elapsed, type Instant, micros } from '../base/units.ts';
import type { ToVrrp, VrrpDesired } from '../ipc/messages.ts';
import type { InstanceConfig } from '../model/config.ts';
import { noRefusals } from '../model/counters.ts';
import type { VrrpStatus } from '../model/status.ts';
import { readAdvert } from '../vrrp/accept.ts';
import { planInstances, routerKey } from '../vrrp/instances.ts';
import { type LatenessRecord, noLateness, showLateness, stepLateness } from '../vrrp/lateness.ts';
import { VrrpInstance } from './vrrp-instance.ts';
import type { VrrpPorts } from './vrrp-ports.ts';
import { VrrpVoice } from './vrrp-voice.ts';

interface OpenSocket {
  readonly ifindex: number;
  send(datagram: Uint8Array, to: Ip): ReturnType<OpenedSocket['send']>;
  drain(): void;
  close(): void;
}
type OpenedSocket = Extract<ReturnType<VrrpPorts['openSocket']>, { ok: true }>['value'];

/** A deadline acted on later than this is worth a warning: a tenth of the shortest advertisement interval. */
const LATE = micros(100_000);

/**
 * The vrrp process without the process: it turns desired state, datagrams, link changes and time into steps of
 * its instances. Nothing here waits; address changes answer later.
 */
export class Vrrp {
  private readonly ports: VrrpPorts;
  private readonly instances = new Map<string, VrrpInstance>();
  private readonly sockets = new Map<string, OpenSocket>();
  private readonly unmatched = noRefusals();
  private readonly voice: VrrpVoice;
  private wakeAt: Instant | null = null;
  private lateness: LatenessRecord;
  private generation = 0;
  private problemTold: string | null = null;
  private stopping = false;
  /** A state has changed that core has not been told yet: it decides who resumes after a crash. */
  private changed = false;

  constructor(ports: VrrpPorts) {
    this.ports = ports;
    this.voice = new VrrpVoice(ports.clock, ports.send);
    this.lateness = noLateness(ports.clock.now());
  }

  receive(message: ToVrrp): void {
    if (message.message === 'desired') this.apply(message.desired);
    else if (message.message === 'report')
      this.ports.send({ message: 'report', id: message.id, status: this.show() });
    else void this.stop();
  }

  show(): VrrpStatus {
    return {
      instances: [...this.instances.values()].map((instance) => instance.show()),
      unmatched: { ...this.unmatched },
      lateness: showLateness(this.lateness),
    };
  }

  /** Links or addresses have changed: sockets and instances follow. */
  refresh(): void {
    if (this.stopping) return;
    for (const instance of this.instances.values()) {
      this.openSocket(instance.config.interface);
      instance.refresh('startup');
    }
    if (this.generation > 0 && this.problem() !== this.problemTold) this.tellApplied();
    this.arm();
  }

  /** Every instance resigns; answers when their addresses are gone. */
  async stop(): Promise<void> {
    if (this.stopping) return;
    this.stopping = true;
    this.ports.wakeIn(null, () => undefined);
    await Promise.all([...this.instances.values()].map((instance) => instance.shutdown()));
    for (const socket of this.sockets.values()) socket.close();
    this.sockets.clear();
    this.ports.send({ message: 'status', status: this.show() });
    this.ports.send({ message: 'stopped' });
  }

  private apply(desired: VrrpDesired): void {
    if (this.stopping || desired.generation < this.generation) return;
    this.generation = desired.generation;
    const running = [...this.instances.values()].map((instance) => instance.config);
    const { stop, keep, start } = planInstances(running, desired.instances);
    for (const config of stop) this.remove(config);
    for (const { after } of keep) {
      const instance = this.instances.get(routerKey(after));
      instance?.reconfigure(after);
      // Which address is the interface's own depends on which are virtual: a fault may be over.
      instance?.refresh('startup');
    }
    for (const config of start) this.add(config, desired.resume.includes(config.name));
    this.closeUnusedSockets();
    this.arm();
    this.tellApplied();
    this.pushStatus();
  }

  private tellApplied(): void {
    this.problemTold = this.problem();
    const { generation, problemTold: problem } = this;
    this.ports.send({ message: 'applied', generation, problem, refused: [] });
  }

  private add(config: InstanceConfig, resume: boolean): void {
    const transmit = (datagram: Uint8Array, to: Ip) =>
      this.sockets.get(config.interface)?.send(datagram, to) ?? { ok: false as const, error: 'no socket' };
    const instance = new VrrpInstance(config, this.ports, transmit, () => {
      this.changed = true;
    });
    this.instances.set(routerKey(config), instance);
    this.openSocket(config.interface);
    instance.refresh(resume ? 'resume' : 'startup');
  }

  private remove(config: InstanceConfig): void {
    const instance = this.instances.get(routerKey(config));
    this.instances.delete(routerKey(config));
    void instance?.shutdown();
  }

  private problem(): string | null {
    const faults = this.show().instances.filter((instance) => instance.state === 'FAULT');
    return faults.length === 0 ? null : faults.map((fault) => `${fault.name}: ${fault.because}`).join('; ');
  }

  // A device that was deleted and made again has a new index, and a socket bound to the old one is deaf.
  private openSocket(name: string): void {
    const ifindex = this.ports.interfaces.ifindex(name);
    const open = this.sockets.get(name);
    if (open !== undefined && open.ifindex === ifindex) return;
    open?.close();
    this.sockets.delete(name);
    if (ifindex === null) return;
    const opened = this.ports.openSocket({
      interface: name,
      ifindex,
      onDatagram: (datagram) => this.receiveDatagram(name, datagram),
      onError: (because) => this.tellSocket(name, because),
    });
    if (opened.ok) this.sockets.set(name, { ifindex, ...opened.value });
    else this.tellSocket(name, opened.error);
  }

  private closeUnusedSockets(): void {
    const used = new Set([...this.instances.values()].map((instance) => instance.config.interface));
    for (const [name, socket] of this.sockets) {
      if (used.has(name)) continue;
      socket.close();
      this.sockets.delete(name);
    }
  }

  private receiveDatagram(name: string, datagram: Uint8Array): void {
    const received = readAdvert(datagram);
    const vrid = received.ok ? received.value.advert.vrid : received.error.vrid;
    const instance = vrid === null ? undefined : this.instances.get(routerKey({ interface: name, vrid }));
    // RFC 3768 §7.1: a VRID that is not configured on the receiving interface is not for us.
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
    for (const socket of this.sockets.values()) socket.drain();
    const now = this.ports.clock.now();
    for (const instance of this.instances.values()) {
      if (instance.deadline !== null && instance.deadline <= now) instance.tick();
    }
    this.arm();
  }

  private arm(): void {
    if (this.stopping) return;
    if (this.changed) this.pushStatus();
    let next: Instant | null = null;
    for (const { deadline } of this.instances.values()) {
      if (deadline !== null && (next === null || deadline < next)) next = deadline;
    }
    if (next === this.wakeAt) return;
    this.wakeAt = next;
    const wait = next === null ? null : Math.max(0, Math.ceil(elapsed(this.ports.clock.now(), next) / 1000));
    this.ports.wakeIn(wait, () => this.judge());
  }

  private pushStatus(): void {
    this.changed = false;
    this.ports.send({ message: 'status', status: this.show() });
  }

  private recordLateness(due: Instant, woke: Instant): void {
    const late = elapsed(due, woke);
    this.lateness = stepLateness(this.lateness, late, woke, this.ports.clock.wall());
    if (late < LATE) return;
    const message = `the vrrp loop acted ${Math.round(late / 1000)} ms after its deadline`;
    this.voice.complain('loop', 'warn', 'vrrp_late', message, { late_ms: Math.round(late / 1000) });
  }

  private tellSocket(name: string, because: string): void {
    const message = `VRRP socket on ${name}: ${because}`;
    this.voice.complain(name, 'error', 'vrrp_send_failed', message, { interface: name });
  }
}
