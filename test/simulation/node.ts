import type { Instant } from '../../src/base/units.ts';
import { groupFaults } from '../../src/vrrp/group.ts';
import { nextSequence } from '../../src/vrrp/signature.ts';
import { nextDeadline, type VrrpEffect, type VrrpEvent, type VrrpState } from '../../src/vrrp/state.ts';
import { Clock } from './clock.ts';
import { Keeper } from './keeper.ts';
import { Kernel } from './kernel.ts';
import { accept, configOf, encodePayload, type Packet, readPayload } from './packets.ts';
import type { Random } from './random.ts';
import { type Health, type Leasing, machineOf, newRouter, type Running, standingOf } from './running.ts';
import { demand } from './seen.ts';
import type { Machine, Program, Surroundings } from './surroundings.ts';
import type { NodeSetup, RouterSetup, Settings, World } from './world.ts';

/** One machine with its vrrp process: the part of the daemon that is not pure, in the manner of the daemon. */
export class Node implements Health, Leasing {
  readonly index: number;
  readonly clock: Clock;
  domains: Running[][] = [];
  isRunning = false;
  isFrozen = false;
  /** Counts the processes. */
  life = 0;
  readonly inbox: Packet[] = [];
  /** Routers whose addresses somebody announced while it stood still. */
  readonly claims: { readonly router: number; readonly by: string }[] = [];
  readonly kernel: Kernel;
  private readonly keeper: Keeper;
  readonly leaseOf: Leasing['leaseOf'];
  /** It has resigned, and ends when it has let go. */
  isStopping = false;
  settings: Settings[];
  isScriptGood = true;
  isLinkUp = true;
  private readonly roles = new Set<number>();
  private readonly stoodBack = new Set<number>();
  private startsAgain = false;
  private readonly routers: readonly RouterSetup[];
  private readonly perform: Surroundings;
  private readonly stepMachine: Machine;
  private at = 0;

  constructor(
    world: World,
    index: number,
    setup: NodeSetup,
    { machine, leaseOf }: Program,
    random: Random,
    surroundings: Surroundings,
  ) {
    this.index = index;
    this.clock = new Clock(setup.ppm, index);
    this.routers = world.routers;
    this.settings = [...setup.settings];
    this.stepMachine = machine;
    this.leaseOf = leaseOf;
    this.perform = surroundings;
    this.kernel = new Kernel(this.clock, random, (router, at) => surroundings.wakeAt(index, router, at));
    this.keeper = new Keeper(index, this.kernel, this.clock, leaseOf, (router) => surroundings.kept(router));
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

  /** The state of a virtual router; null where the process does not run. */
  stateOf(router: number): VrrpState['at'] | null {
    const members = this.domains[this.routers[router]?.domain ?? -1];
    return members?.find((one) => one.router === router)?.state.at ?? null;
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
        if (resume && this.stoodBack.has(domain)) this.step(domain, i, { on: 'standBack' });
      }
    }
    this.roles.clear();
    this.stoodBack.clear();
    this.checkWhole();
  }

  crash(): void {
    for (const [domain, members] of this.domains.entries()) {
      for (const { router, state } of members) {
        if (state.at === 'master') this.roles.add(router);
        if (state.at === 'backup' && state.standsBack) this.stoodBack.add(domain);
      }
    }
    this.end();
  }

  stop(at: number): void {
    this.at = at;
    for (const [domain, members] of this.domains.entries())
      for (const [i] of members.entries()) this.step(domain, i, { on: 'shutdown' });
    this.checkWhole();
    this.isStopping = true;
    this.leave();
  }

  /** Starts once more when it has stopped. */
  startAgain(): void {
    this.startsAgain = true;
  }

  handOver(at: number, domain: number): boolean {
    this.at = at;
    const [first] = this.domains[domain] ?? [];
    // The owner of the addresses has nobody to hand them to.
    if (first?.state.at !== 'master' || first.machine.priority === 255) return false;
    this.step(domain, 0, { on: 'handover', because: 'handed over on request' });
    this.checkWhole();
    return true;
  }

  failBack(at: number, domain: number): boolean {
    this.at = at;
    const [first] = this.domains[domain] ?? [];
    if (first?.state.at !== 'backup' || !first.state.standsBack) return false;
    this.step(domain, 0, { on: 'failback' });
    return true;
  }

  /** Somebody says on the link that the addresses of a virtual router are its own. */
  hearClaim(router: number, by: string, at: number): void {
    this.at = at;
    const domain = this.routers[router]?.domain ?? -1;
    const member = (this.domains[domain] ?? []).findIndex((one) => one.router === router);
    const state = this.domains[domain]?.[member]?.state;
    if (state === undefined || (state.at !== 'master' && state.holding === null)) return;
    this.step(domain, member, { on: 'claimed', by });
    this.checkWhole(domain);
    this.leave();
  }

  /** A lifetime may be over. */
  expire(router: number, at: number): void {
    this.at = at;
    if (!this.kernel.expire(router, at)) return;
    const isServing = this.isRunning && !this.isFrozen && this.stateOf(router) === 'master';
    demand('S5', !isServing, `node ${this.index} lives, is master and loses its addresses`);
    this.perform.kept(router);
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
    for (const { router, by } of this.claims.splice(0)) this.hearClaim(router, by, at);
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
    this.leave();
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
    this.perform.accepted(packet, this.index, judged.outcome.value.advertInterval);
    this.step(domain, member, { on: 'advert', advert: judged.outcome.value });
    this.checkWhole(domain);
    this.leave();
  }

  /** Takes over what has changed of its settings and its trackers. */
  follow(at: number, rereads = false): void {
    this.at = at;
    if (this.isStopping) return;
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
    const hasOtherLease = machine.lease !== before.lease;
    running.config = config;
    running.machine = machine;
    running.sent.clear();
    const state = running.state;
    const effects = this.step(domain, member, { on: 'reconfigured', before });
    demand('S7', effects.length === 0, 'a reload moves the addresses');
    if (hasOtherLease && running.state.at === 'master') this.keeper.add(running, this.at);
    if (!isSame) return;
    demand('S7', JSON.stringify(running.state) === JSON.stringify(state), 'it changes the state');
  }

  private mayResume({ router, config }: Running): boolean {
    const age = this.keeper.age(router, config, this.at);
    return this.roles.has(router) && age !== null && age < 3 * config.advertInterval * 10_000;
  }

  private step(domain: number, member: number, event: VrrpEvent): readonly VrrpEffect[] {
    const members = this.domains[domain] ?? [];
    const now = this.clock.now(this.at);
    const told = members.map(({ config, machine, state }) => ({ name: config.name, config: machine, state }));
    const steps = this.stepMachine(`G${domain + 1}`, told, member, event, now);
    const first = steps[0]?.state;
    const yields = event.on === 'advert' && told[member]?.state.at === 'master' && first?.at === 'backup';
    const holdsUntil = yields ? (first.holding?.until ?? now) : null;
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
        event: i === 0 || event.on === 'handover' || event.on === 'failback' ? event : null,
        siblingHolds: i > 0 ? holdsUntil : null,
        now,
      });
      const takesOver = before.at !== 'master' && state.at === 'master';
      demand('drain', !takesOver || this.inbox.length === 0, 'takes over while adverts wait to be read');
      for (const effect of effects) this.performOne(running, before, effect);
      this.keeper.hold(running, before, this.at);
    }
    return steps.flatMap(({ effects }) => effects);
  }

  private performOne(running: Running, before: VrrpState, effect: VrrpEffect): void {
    const { router } = running;
    switch (effect.effect) {
      case 'addAddresses':
        this.keeper.add(running, this.at);
        break;
      case 'quietAddresses':
        this.kernel.quieten(router, this.at);
        this.perform.kept(router);
        break;
      case 'removeAddresses':
        this.kernel.remove(router);
        this.perform.kept(router);
        break;
      case 'announce':
      case 'defend':
        this.perform.announced(this.index, router);
        break;
      case 'advertise':
      case 'claim':
        this.advertise(running, effect.priority);
        if (before.at === 'master' && running.state.at === 'master') this.keeper.renew(running, this.at);
        break;
      case 'report':
        this.perform.changed(this.index, running, before.at, effect.because);
    }
  }

  // One that has stopped ends when nobody is served by it any more.
  private leave(): void {
    if (!this.isStopping) return;
    const holds = this.domains.flat().some(({ state }) => state.at !== 'master' && state.holding !== null);
    if (holds) return;
    const again = this.startsAgain;
    this.end();
    if (!again) return;
    this.perform.restarts();
    this.start(this.at, false);
  }

  private advertise(running: Running, priority: number): void {
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
      this.keeper.check(this.domains[domain] ?? [], this.at);
    }
  }

  private end(): void {
    this.isRunning = false;
    this.isFrozen = false;
    this.isStopping = false;
    this.startsAgain = false;
    this.domains = [];
    this.inbox.length = 0;
    this.claims.length = 0;
  }
}
