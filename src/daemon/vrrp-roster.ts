import type { Family, Ip } from '../base/ip.ts';
import type { Mac } from '../base/mac.ts';
import {
  type Centis,
  centis,
  centisToMicros,
  earliest,
  type Instant,
  type Micros,
  micros,
} from '../base/units.ts';
import type { VrrpDesired } from '../ipc/messages.ts';
import type { InstanceConfig } from '../model/config.ts';
import type { ReceivedAdvert } from '../vrrp/accept.ts';
import { carrierOf, planInstances, routerKey } from '../vrrp/instances.ts';
import type { VrrpEvent } from '../vrrp/state.ts';
import { VrrpGroup } from './vrrp-group.ts';
import { type Surroundings, VrrpInstance } from './vrrp-instance.ts';
import type { VrrpPorts } from './vrrp-ports.ts';
import { segmentKey } from './vrrp-sockets.ts';
import type { VrrpVoice } from './vrrp-voice.ts';

/** Of adverts that come at least this often, a stall of the machine can swallow all that a backup waits for. */
const FAST = centis(10);

/** A loop that is less late than half of the shortest interval there is matters to no instance. */
const NOTABLE: Micros = micros(5000);

/** The instances that run, their groups, and those that are on their way out. */
export class VrrpRoster {
  private readonly instances = new Map<string, VrrpInstance>();
  /** Taken away by a reload, and still holding addresses until a successor has them. */
  private readonly leaving = new Map<VrrpInstance, VrrpGroup>();
  /** Instances by segment and VRID, which is what an advert tells of its router. */
  private arrivals = new Map<string, Map<number, VrrpInstance>>();
  /** Those that are wanted, and those that leave: they are looked at with every wake-up. */
  private running: readonly VrrpInstance[] = [];
  private lastOnes: readonly VrrpInstance[] = [];
  /** The group of each instance. */
  private groups = new Map<VrrpInstance, VrrpGroup>();
  private readonly ports: VrrpPorts;
  private readonly voice: VrrpVoice;
  private readonly around: Omit<Surroundings, 'dispatch'>;

  constructor(ports: VrrpPorts, voice: VrrpVoice, around: Omit<Surroundings, 'dispatch'>) {
    this.ports = ports;
    this.voice = voice;
    this.around = around;
  }

  /** Follows the desired instances and groups; `gone` is called when those that are in neither any more have let go. */
  apply(desired: VrrpDesired, gone: () => void): void {
    const { stop, keep, start } = planInstances(this.configs(), desired.instances);
    const left = stop.flatMap((config) => this.dismiss(config) ?? []);
    void Promise.all(left).then(gone);
    for (const { before, after } of keep) this.instances.get(routerKey(before))?.reconfigure(after);
    for (const config of start) {
      // Its predecessor would take the addresses off that this one may put on.
      const same = [...this.leaving.keys()].find((one) => routerKey(one.config) === routerKey(config));
      same?.letGo();
      const dispatch = (instance: VrrpInstance, event: VrrpEvent) => this.step(instance, event);
      this.instances.set(routerKey(config), new VrrpInstance(config, { ...this.around, dispatch }));
    }
    this.gather(desired);
    this.readdress();
  }

  step(instance: VrrpInstance, event: VrrpEvent): void {
    (this.groups.get(instance) ?? this.leaving.get(instance))?.step(instance, event);
  }

  /** Every instance resigns; answers when all have let go. */
  async shutdown(): Promise<void> {
    await Promise.all([...this.instances.values()].map((instance) => instance.shutdown(false)));
  }

  /** Those that the configuration has. */
  wanted(): readonly VrrpInstance[] {
    return [...this.instances.values()];
  }

  all(): readonly VrrpInstance[] {
    return [...this.instances.values(), ...this.leaving.keys()];
  }

  configs(): readonly InstanceConfig[] {
    return this.wanted().map(({ config }) => config);
  }

  allConfigs(): readonly InstanceConfig[] {
    return this.all().map(({ config }) => config);
  }

  allGroups(): ReadonlySet<VrrpGroup> {
    return new Set(this.groups.values());
  }

  /** `segment` is a key of VrrpSockets. */
  find(segment: string, vrid: number | null): VrrpInstance | undefined {
    return vrid === null ? undefined : this.arrivals.get(segment)?.get(vrid);
  }

  /** An instance or a sync group of this name. */
  named(name: string): VrrpInstance | undefined {
    const isGroup = (group: VrrpGroup) => group.config !== null && group.name === name;
    return (
      this.wanted().find(({ config }) => config.name === name) ??
      [...this.groups].find(([, group]) => isGroup(group))?.[0]
    );
  }

  /** What `named` finds. */
  names(): readonly string[] {
    const groups = [...this.allGroups()].filter(({ config }) => config !== null);
    return [...this.wanted().map(({ config }) => config.name), ...groups.map(({ name }) => name)];
  }

  /** An advert of a VRID that is not configured here, and may be meant for an instance that misses its peer. */
  stranger(carrier: string, family: Family, received: ReceivedAdvert): void {
    for (const instance of this.wanted()) {
      const { config } = instance;
      if (config.family === family && carrierOf(config) === carrier) instance.notice(received);
    }
  }

  /** Why some cannot do all that they are configured for, as sentences; null where all can. */
  problem(): string | null {
    const problems = this.wanted().flatMap((instance) => instance.problem() ?? []);
    return problems.length === 0 ? null : problems.join('; ');
  }

  /** Lets every instance act whose time has come. */
  tick(now: Instant): void {
    for (const all of [this.running, this.lastOnes]) {
      for (const instance of all) {
        const { deadline } = instance;
        if (deadline !== null && deadline <= now) this.step(instance, { on: 'tick' });
      }
    }
  }

  /** When the first of them wants to act; null for never. Asked for at every wake-up, so it makes nothing to collect. */
  get deadline(): Instant | null {
    let first: Instant | null = null;
    for (const instance of this.running) first = earliest(first, instance.deadline);
    for (const instance of this.lastOnes) first = earliest(first, instance.deadline);
    return first;
  }

  /** The loop has acted that much after its deadline. */
  late(by: Micros): void {
    if (by < NOTABLE) return;
    for (const instance of this.running) instance.late(by);
  }

  /** How often to look whether this process stands still; null where deadlines tell it soon enough. */
  get pace(): Micros | null {
    let least: Centis | null = null;
    for (const { at, config } of this.running) {
      const interval = config.advertInterval;
      if (at === 'backup' && interval <= FAST && (least === null || interval < least)) least = interval;
    }
    return least === null ? null : centisToMicros(least);
  }

  /** Another machine says that `address` is its own. */
  claimed(address: Ip, dev: string | null, mac: Mac): void {
    const by = `${mac} says on ${dev ?? 'an unknown interface'} that ${address} is its own`;
    for (const instance of this.all()) {
      if (instance.answersFor(address, dev)) instance.claimed(address, mac, by);
    }
  }

  private dismiss(config: InstanceConfig): Promise<void> | null {
    const instance = this.instances.get(routerKey(config));
    if (instance === undefined) return null;
    this.instances.delete(routerKey(config));
    this.groups.delete(instance);
    this.leaving.set(instance, this.alone(instance));
    this.readdress();
    return instance.shutdown(true).then(() => {
      this.leaving.delete(instance);
      this.readdress();
    });
  }

  private alone(instance: VrrpInstance): VrrpGroup {
    return new VrrpGroup(instance.config.name, null, [instance], this.ports, this.voice, undefined);
  }

  private readdress(): void {
    this.running = [...this.instances.values()];
    this.lastOnes = [...this.leaving.keys()];
    this.arrivals = new Map();
    // Of two with the same VRID the one that is wanted hears it.
    for (const instance of [...this.lastOnes, ...this.running]) {
      const { config } = instance;
      const key = segmentKey(carrierOf(config), config.family);
      const segment = this.arrivals.get(key) ?? new Map();
      this.arrivals.set(key, segment.set(config.vrid, instance));
    }
  }

  /** Puts every instance into its group. */
  private gather({ syncGroups }: VrrpDesired): void {
    const before = new Map([...this.groups.values()].map((group) => [group.name, group]));
    this.groups = new Map();
    const byName = new Map(this.wanted().map((instance) => [instance.config.name, instance]));
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
    for (const instance of byName.values()) {
      instance.join(null, []);
      this.groups.set(instance, this.alone(instance));
    }
  }
}
