import type { Instant } from '../../src/base/units.ts';
import { groupFaults, type stepGroup } from '../../src/vrrp/group.ts';
import { nextSequence } from '../../src/vrrp/signature.ts';
import { nextDeadline, type VrrpEffect, type VrrpEvent, type VrrpState } from '../../src/vrrp/state.ts';
import { Clock } from './clock.ts';
import { demand } from './oracle.ts';
import { accept, configOf, encodePayload, type Packet, readPayload } from './packets.ts';
import { type Health, machineOf, newRouter, type Running, standingOf } from './running.ts';
import type { NodeSetup, RouterSetup, Settings, World } from './world.ts';

export type Machine = typeof stepGroup;

/** What a node does to the world. */
export interface Surroundings {
  transmit(node: number, running: Running, priority: number, what: Pick<Packet, 'payload' | 'read'>): void;
  announced(node: number, router: number): void;
  changed(node: number, running: Running, from: VrrpState['at'], because: string): void;
  accepted(packet: Packet, node: number): void;
  missed(packet: Packet, node: number): void;
}

/** One machine with its vrrp process: the part of the daemon that is not pure, in the manner of the daemon. */
export class Node implements Health {
  readonly index: number;
  readonly clock: Clock;
  domains: Running[][] = [];
  isRunning = false;
  isFrozen = false;
  /** Counts the processes. */
  life = 0;
  readonly inbox: Packet[] = [];
  /** Routers whose addresses are on the interfaces, whoever put them there. */
  readonly addresses = new Set<number>();
  settings: Settings[];
  isScriptGood = true;
  isLinkUp = true;
  private readonly lastAdvert = new Map<number, number>();
  private readonly roles = new Set<number>();
  private readonly routers: readonly RouterSetup[];
  private readonly perform: Surroundings;
  private readonly stepMachine: Machine;
  private at = 0;

  constructor(world: World, index: number, setup: NodeSetup, machine: Machine, surroundings: Surroundings) {
    this.index = index;
    this.clock = new Clock(setup.ppm, index);
    this.routers = world.routers;
    this.settings = [...setup.settings];
    this.stepMachine = machine;
    this.perform = surroundings;
  }

  get deadline(): Instant | null {
    let next: Instant | null = null;
    for (const domain of this.domains)
      for (const { state } of domain) {
        const deadline = nextDeadline(state);
        if (deadline !== null && (next === null || deadline < next)) next = deadline;
      }
    return next;
  }

  start(at: number, resume: boolean): void {
    this.at = at;
    this.isRunning = true;
    this.life++;
    this.domains = this.settings.map((settings, domain) =>
      this.routers.flatMap((setup, router) =>
        setup.domain === domain ? [newRouter(this.index, router, this.routers, setup, settings, this)] : [],
      ),
    );
    for (const [domain, members] of this.domains.entries()) {
      const taken = resume && members.every((member) => this.mayResume(member));
      const faults = this.faultsOf(members);
      for (const [i] of members.entries()) {
        const because = faults[i] ?? null;
        this.step(
          domain,
          i,
          because === null ? { on: taken ? 'resume' : 'startup' } : { on: 'fault', because },
        );
      }
    }
    this.roles.clear();
    this.checkWhole();
  }

  crash(): void {
    for (const { router, state } of this.domains.flat()) if (state.at === 'master') this.roles.add(router);
    this.end();
  }

  stop(at: number): void {
    this.at = at;
    for (const [domain, members] of this.domains.entries())
      for (const [i] of members.entries()) this.step(domain, i, { on: 'shutdown' });
    this.checkWhole();
    this.end();
  }

  /** Drain, then judge: all that waits is looked at before a deadline is. */
  thaw(at: number): void {
    this.isFrozen = false;
    for (let next = this.inbox[0]; next !== undefined; next = this.inbox[0]) {
      this.receive(next, at);
      this.inbox.shift();
    }
    this.follow(at);
    this.judge(at);
  }

  judge(at: number): void {
    this.at = at;
    const now = this.clock.now(at);
    for (const [domain, members] of this.domains.entries()) {
      for (const [i, { state }] of members.entries()) {
        const deadline = nextDeadline(state);
        if (deadline !== null && deadline <= now) this.step(domain, i, { on: 'tick' });
      }
    }
    this.checkWhole();
  }

  receive(packet: Packet, at: number): void {
    this.at = at;
    const { read } = packet;
    if (!read.ok) {
      demand('S3', packet.origin !== 'node' || packet.isCorrupt, 'a node sends what nobody reads');
      this.perform.missed(packet, this.index);
      return;
    }
    const { vrid } = read.value.advert;
    const domain = this.routers[vrid - 1]?.domain ?? -1;
    const members = this.domains[domain] ?? [];
    const member = members.findIndex(({ router }) => router === vrid - 1);
    const running = members[member];
    if (running === undefined || running.address.includes(':') !== packet.source.includes(':')) return;
    const before = running.seen;
    const judged = accept(running.config, running.address, read.value, before, this.clock.wall(at));
    running.seen = judged.seen;
    if (!judged.outcome.ok) {
      demand('S3', judged.seen === before, `a packet refused for ${judged.outcome.error} is remembered`);
      this.perform.missed(packet, this.index);
      return;
    }
    demand('S3', !packet.isCorrupt, 'a corrupt advert is accepted');
    if (running.setup.isSigned) this.checkSigned(running, packet);
    this.perform.accepted(packet, this.index);
    this.step(domain, member, { on: 'advert', advert: judged.outcome.value });
    this.checkWhole(domain);
  }

  /** Takes over what has changed of its settings and its trackers. */
  follow(at: number, rereads = false): void {
    this.at = at;
    for (const [domain, members] of this.domains.entries()) {
      const settings = this.settings[domain];
      if (settings === undefined) continue;
      for (const [i, running] of members.entries()) this.reconfigure(domain, i, running, settings, rereads);
      const faults = this.faultsOf(members);
      for (const [i, { state }] of members.entries()) {
        const because = faults[i] ?? null;
        if (because !== null && state.at !== 'fault') this.step(domain, i, { on: 'fault', because });
        if (because === null && state.at === 'fault') this.step(domain, i, { on: 'recovered' });
      }
    }
    this.checkWhole();
  }

  private faultsOf(members: readonly Running[]): readonly (string | null)[] {
    const told = members.map(({ config, setup }) => {
      const settings = this.settings[setup.domain];
      const [fault = null] = settings === undefined ? [] : standingOf(config, settings, this).faults;
      return { name: config.name, fault };
    });
    return groupFaults('G', told);
  }

  private reconfigure(
    domain: number,
    member: number,
    running: Running,
    settings: Settings,
    rereads: boolean,
  ): void {
    const before = running.machine;
    const config = configOf(running.router, running.setup, settings);
    const machine = machineOf(running, config, settings, this);
    const isSame = JSON.stringify(machine) === JSON.stringify(before);
    if (isSame && !rereads) return;
    running.config = config;
    running.machine = machine;
    running.sent.clear();
    const state = running.state;
    const effects = this.step(domain, member, { on: 'reconfigured', before });
    if (!isSame) return;
    demand('S7', effects.length === 0, 'a reload without a change has effects');
    demand('S7', JSON.stringify(running.state) === JSON.stringify(state), 'it changes the state');
  }

  private mayResume({ router, config }: Running): boolean {
    const last = this.lastAdvert.get(router) ?? Number.NEGATIVE_INFINITY;
    return this.roles.has(router) && this.at - last < 3 * config.advertInterval * 10_000;
  }

  private step(domain: number, member: number, event: VrrpEvent): readonly VrrpEffect[] {
    const members = this.domains[domain] ?? [];
    const now = this.clock.now(this.at);
    const told = members.map(({ config, machine, state }) => ({ name: config.name, config: machine, state }));
    const steps = this.stepMachine(`G${domain + 1}`, told, member, event, now);
    const yields = told[member]?.state.at === 'master' && steps[0]?.state.at === 'backup';
    for (const [i, { member: index, state, effects }] of steps.entries()) {
      const running = members[index];
      if (running === undefined) throw new Error(`a step of member ${index} of ${members.length}`);
      const before = running.state;
      running.state = state;
      running.oracle.check({
        config: running.machine,
        before,
        after: state,
        effects,
        event: i === 0 ? event : null,
        siblingYields: yields && i > 0,
        now,
      });
      const takesOver = before.at !== 'master' && state.at === 'master';
      demand('drain', !takesOver || this.inbox.length === 0, 'takes over while adverts wait to be read');
      for (const effect of effects) this.performOne(running, before, effect);
    }
    return steps.flatMap(({ effects }) => effects);
  }

  private performOne(running: Running, before: VrrpState, effect: VrrpEffect): void {
    if (effect.effect === 'addAddresses') this.addresses.add(running.router);
    if (effect.effect === 'removeAddresses') this.addresses.delete(running.router);
    if (effect.effect === 'announce') this.perform.announced(this.index, running.router);
    if (effect.effect === 'advertise') this.advertise(running, effect.priority);
    if (effect.effect === 'report') this.perform.changed(this.index, running, before.at, effect.because);
  }

  private advertise(running: Running, priority: number): void {
    this.lastAdvert.set(running.router, this.at);
    const { config, address } = running;
    const known = running.sent.get(priority);
    if (known !== undefined) {
      this.perform.transmit(this.index, running, priority, known);
      return;
    }
    running.sequence = nextSequence(config.hmac, running.sequence, this.clock.wall(this.at));
    const payload = encodePayload(config, address, priority, running.sequence);
    const made = { payload, read: readPayload(address, payload) };
    if (running.sequence === null) running.sent.set(priority, made);
    this.perform.transmit(this.index, running, priority, made);
  }

  private checkSigned({ latest }: Running, { origin, from, serial }: Packet): void {
    demand('S4', origin !== 'outsider', 'an outsider is believed without the key');
    demand('S4', serial > (latest.get(from) ?? -1), 'an advert is believed again');
    latest.set(from, serial);
  }

  private checkWhole(only: number | null = null): void {
    for (const [domain, members] of this.domains.entries()) {
      if (only !== null && domain !== only) continue;
      const isWhole = members.every(({ state }) => state.at === members[0]?.state.at);
      demand('group', isWhole, `a sync group of node ${this.index} moves in part`);
      this.checkAddresses(domain);
    }
  }

  private checkAddresses(domain: number): void {
    for (const { router, state } of this.domains[domain] ?? []) {
      const holds = this.addresses.has(router);
      demand('S1', holds === (state.at === 'master'), `node ${this.index}, ${state.at}, holds: ${holds}`);
    }
  }

  private end(): void {
    this.isRunning = false;
    this.isFrozen = false;
    this.domains = [];
    this.inbox.length = 0;
  }
}
