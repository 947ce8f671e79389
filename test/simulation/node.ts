import { centisToMicros, earliest, elapsed, type Instant } from '../../src/base/units.ts';
import { wishesOf } from '../../src/vrrp/grant-order.ts';
import {
  type MachineConfig,
  nextDeadline,
  type VrrpEffect,
  type VrrpEvent,
  type VrrpState,
} from '../../src/vrrp/state.ts';
import { Clock } from './clock.ts';
import type { Letter } from './due.ts';
import { Hands } from './hands.ts';
import { hearAdvert } from './hearing.ts';
import { Keeper } from './keeper.ts';
import { Kernel } from './kernel.ts';
import { type Lookout, newLookout } from './lookout.ts';
import { nextLook } from './pace.ts';
import { configOf, type Packet } from './packets.ts';
import type { Random } from './random.ts';
import {
  faultsOf,
  type Health,
  isPossible,
  type Leasing,
  machineOf,
  newRouter,
  type Running,
} from './running.ts';
import { demand, takenAlong } from './seen.ts';
import type { Program, Surroundings } from './surroundings.ts';
import type { NodeSetup, RouterSetup, Settings, World } from './world.ts';

/** One machine with its vrrp process: the part of the daemon that is not pure, in the manner of the daemon. */
export class Node implements Health, Leasing {
  readonly index: number;
  readonly clock: Clock;
  domains: Running[][] = [];
  /** Those of all domains. */
  private all: readonly Running[] = [];
  isRunning = false;
  isFrozen = false;
  /** Counts the processes. */
  life = 0;
  readonly inbox: Packet[] = [];
  /** Routers whose addresses somebody announced while it stood still. */
  readonly claims: { readonly router: number; readonly by: number }[] = [];
  /** Heartbeats that arrived while it stood still. */
  readonly letters: Letter[] = [];
  readonly kernel: Kernel;
  private readonly keeper: Keeper;
  private readonly hands: Hands;
  lookout: Lookout | null = null;
  readonly leaseOf: Leasing['leaseOf'];
  /** It has resigned, and ends when it has let go. */
  isStopping = false;
  settings: Settings[];
  isScriptGood = true;
  isLinkUp = true;
  private readonly roles = new Set<number>();
  private readonly stoodBack = new Set<number>();
  /** It starts once more when it has stopped. */
  startsAgain = false;
  private readonly world: World;
  private readonly routers: readonly RouterSetup[];
  private readonly perform: Surroundings;
  private readonly program: Program;
  /** When it looks whether it stands still; null where its deadlines tell soon enough. */
  private paceAt: Instant | null = null;
  /** A role has changed that the peers have not been told of. */
  private hasChanged = false;
  private at = 0;

  constructor(
    world: World,
    index: number,
    setup: NodeSetup,
    program: Program,
    random: Random,
    surroundings: Surroundings,
  ) {
    this.index = index;
    this.clock = new Clock(setup.ppm, index);
    this.world = world;
    this.routers = world.routers;
    this.settings = [...setup.settings];
    this.program = program;
    this.leaseOf = program.leaseOf;
    this.perform = surroundings;
    this.kernel = new Kernel(this.clock, random, (router, at) => surroundings.wakeAt(index, router, at));
    this.keeper = new Keeper(index, this.kernel, this.clock, this.leaseOf, (router) =>
      surroundings.kept(router),
    );
    this.hands = new Hands(index, this.clock, this.kernel, this.keeper, surroundings);
  }

  /** When it next has something to do; null for never. */
  deadline(at: number): Instant | null {
    const now = this.clock.now(at);
    let next = earliest(this.lookout?.deadline ?? null, this.paceAt);
    for (const one of this.all) next = earliest(next, this.deadlineOf(one, now));
    return next;
  }

  private deadlineOf(running: Running, now: Instant): Instant | null {
    return earliest(nextDeadline(running.state), this.lookout?.deadlineOf(running, now) ?? null);
  }

  /** Comes after everything that happens to it: the peers are told, and the pace is set anew. */
  rest(at: number): void {
    const now = this.clock.now(at);
    if (this.hasChanged) this.lookout?.heartbeats?.announce(now);
    this.hasChanged = false;
    this.paceAt = nextLook(this.all, this.paceAt, now);
  }

  /** The state of a virtual router; null where the process does not run. */
  stateOf(router: number): VrrpState['at'] | null {
    return this.all.find((one) => one.router === router)?.state.at ?? null;
  }

  start(at: number, resume: boolean): void {
    this.at = at;
    this.isRunning = true;
    this.life++;
    this.domains = this.settings.map((settings, domain) =>
      this.routers.flatMap((setup, router) =>
        setup.domain === domain ? [newRouter(this.index, router, this.world, setup, settings, this)] : [],
      ),
    );
    this.all = this.domains.flat();
    const news = (lookout: Lookout) => lookout.newsOfAll(this.domains, this.clock.now(this.at));
    const { world, index, life, program } = this;
    this.lookout = newLookout(world, index, life, this.clock.now(at), program, this.perform, news);
    for (const [domain, members] of this.domains.entries()) {
      const taken =
        resume && members.every((one) => this.roles.has(one.router) && this.keeper.isFresh(one, at));
      const faults = faultsOf(members, this.settings, this);
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

  /** Somebody asks for it. False where it cannot be. */
  order(at: number, domain: number, on: 'handover' | 'failback'): boolean {
    this.at = at;
    const [first] = this.domains[domain] ?? [];
    if (first === undefined || !isPossible(first, on)) return false;
    this.step(domain, 0, on === 'handover' ? { on, because: 'handed over on request' } : { on });
    this.checkWhole();
    return true;
  }

  /** Node `by` (−1: an outsider) says on the link that the addresses of a virtual router are its own. */
  hearClaim(router: number, by: number, at: number): void {
    this.at = at;
    const running = this.all.find((one) => one.router === router);
    if (running === undefined) return;
    this.lookout?.hearAnswer(running, by, this.clock.now(at));
    if (running.state.at !== 'master' && running.state.holding === null) return;
    this.stepOne(running, { on: 'claimed', by: by < 0 ? 'an outsider' : `node ${by}` });
    this.checkWhole(running.setup.domain);
    this.leave();
  }

  hearGateway = (at: number): void => this.lookout?.hearGateway(this.clock.now(at));

  hearLetter(letter: Letter, at: number): void {
    this.at = at;
    const { lookout } = this;
    const now = this.clock.now(at);
    const asks = this.world.gate?.witnesses != null && this.domains.some(({ length }) => length > 1);
    const wishes = () => (asks ? wishesOf(lookout?.newsOfAll(this.domains, now) ?? []) : '');
    const asked = wishes();
    const heard = lookout?.heartbeats?.receive(letter, now) ?? null;
    if (lookout === null || heard === null) return;
    for (const said of heard.said) {
      const running = this.all.find(({ config }) => config.vrid === said.word.news.vrid);
      if (running?.state.at !== 'backup') continue;
      const because = lookout.vacated(running, said, now);
      if (because !== null) this.stepOne(running, { on: 'vacant', because });
    }
    for (const running of this.all) if (lookout.follow(running, now)) this.stepOne(running, { on: 'tick' });
    if (wishes() !== asked) lookout.heartbeats?.announce(now);
    else if (heard.isUrgent) lookout.heartbeats?.answer(letter.from, now);
    this.checkWhole();
  }

  /** A lifetime may be over. */
  expire(router: number, at: number): void {
    this.at = at;
    if (!this.kernel.expire(router, at)) return;
    const isServing = this.isRunning && !this.isFrozen && this.stateOf(router) === 'master';
    demand('S5', !isServing, `node ${this.index} lives, is master and loses its addresses`);
    this.perform.kept(router);
  }

  /** Drain, then judge: all that waits is looked at before a deadline is, and `due` was when it should have woken. */
  thaw(at: number, due: Instant | null): void {
    this.isFrozen = false;
    this.at = at;
    if (due !== null) this.stall(due);
    for (let next = this.inbox[0]; next !== undefined; next = this.inbox[0]) {
      this.receive(next, at);
      this.inbox.shift();
    }
    for (const { router, by } of this.claims.splice(0)) this.hearClaim(router, by, at);
    for (const letter of this.letters.splice(0)) this.hearLetter(letter, at);
    this.follow(at);
    this.judge(at);
  }

  private stall(due: Instant): void {
    const by = elapsed(due, this.clock.now(this.at));
    for (const running of this.all) {
      const isStall = 2 * by >= centisToMicros(running.config.advertInterval);
      if (isStall && running.state.at === 'backup') this.stepOne(running, { on: 'stalled', by });
    }
  }

  judge(at: number): void {
    this.at = at;
    const now = this.clock.now(at);
    this.paceAt = null;
    this.lookout?.tick(now);
    for (const [domain, members] of this.domains.entries()) {
      for (const [i, one] of members.entries()) {
        const deadline = this.deadlineOf(one, now);
        if (deadline !== null && deadline <= now) this.step(domain, i, { on: 'tick' });
      }
    }
    this.checkWhole();
    this.leave();
  }

  receive(packet: Packet, at: number): void {
    this.at = at;
    const heard = hearAdvert(this.index, this.all, packet, this.clock.wall(at), this.perform);
    if (heard === null) return;
    this.stepOne(heard.running, { on: 'advert', advert: heard.advert });
    this.checkWhole(heard.running.setup.domain);
    this.leave();
  }

  /** Takes over what has changed of its settings and its trackers. */
  follow(at: number, rereads = false): void {
    this.at = at;
    if (this.isStopping) return;
    for (const [domain, members] of this.domains.entries()) {
      const settings = this.settings[domain];
      if (settings === undefined) continue;
      for (const running of members) this.reconfigure(running, settings, rereads);
      const faults = faultsOf(members, this.settings, this);
      for (const [i, { state }] of members.entries()) {
        const because = faults[i] ?? null;
        if (because !== null && state.at !== 'fault') this.step(domain, i, { on: 'fault', because });
        if (because === null && state.at === 'fault') this.step(domain, i, { on: 'recovered' });
      }
    }
    this.checkWhole();
  }

  private reconfigure(running: Running, settings: Settings, rereads: boolean): void {
    const before = running.machine;
    const config = configOf(running.router, running.setup, settings, this.world.gate);
    const machine = machineOf(running, config, settings, this);
    const isSame = JSON.stringify(machine) === JSON.stringify(before);
    if (isSame && !rereads) return;
    const isOther = rereads || JSON.stringify(config) !== JSON.stringify(running.config);
    running.config = config;
    running.machine = machine;
    running.sent.clear();
    const { state } = running;
    // A master that stood still for longer than its lease finds that out at whatever comes first.
    const isLate = state.at === 'master' && (state.leasedUntil ?? Infinity) <= this.clock.now(this.at);
    const effects = this.stepOne(running, { on: 'reconfigured', before });
    demand('S7', isLate || effects.length === 0, 'a reload moves the addresses');
    if (machine.lease !== before.lease && running.state.at === 'master') this.keeper.add(running, this.at);
    if (isOther) this.lookout?.reloaded(running, this.clock.now(this.at));
    if (!isSame || isLate) return;
    demand('S7', JSON.stringify(running.state) === JSON.stringify(state), 'it changes the state');
  }

  private gated(running: Running, now: Instant): MachineConfig {
    const { lookout } = this;
    return lookout === null ? running.machine : { ...running.machine, gate: lookout.gateOf(running, now) };
  }

  private stepOne(running: Running, event: VrrpEvent): readonly VrrpEffect[] {
    const { domain } = running.setup;
    return this.step(domain, (this.domains[domain] ?? []).indexOf(running), event);
  }

  private step(domain: number, member: number, event: VrrpEvent): readonly VrrpEffect[] {
    const members = this.domains[domain] ?? [];
    const now = this.clock.now(this.at);
    const isReload = event.on === 'reconfigured';
    const told = members.map((one) => {
      const config = isReload ? one.machine : this.gated(one, now);
      return { name: one.config.name, config, state: one.state };
    });
    const steps = this.program.machine(`G${domain + 1}`, told, member, event, now);
    const along = takenAlong(told[member], event, steps[0]?.state ?? null, now);
    for (const [i, { member: index, state, effects }] of steps.entries()) {
      const running = members[index];
      if (running === undefined) throw new Error(`a step of member ${index} of ${members.length}`);
      const before = running.state;
      const machine = isReload ? running.machine : this.gated(running, now);
      this.lookout?.concluded(running, state, now);
      running.state = state;
      running.oracle.check({
        config: machine,
        before,
        after: state,
        effects,
        event: i === 0 || event.on === 'handover' || event.on === 'failback' ? event : null,
        siblingHolds: i > 0 ? along.until : null,
        isTakenAlong: i > 0 && along.isForfeit,
        now,
      });
      const takesOver = before.at !== 'master' && state.at === 'master';
      demand('drain', !takesOver || this.inbox.length === 0, 'takes over while adverts wait to be read');
      for (const effect of effects) {
        this.hands.perform(running, before, effect, this.lookout, this.at);
        if (effect.effect === 'report') this.hasChanged = true;
      }
      this.keeper.hold(running, before, this.at);
      this.lookout?.follow(running, now);
      if (this.lookout?.isWishOther(running, before, now) === true) this.lookout.heartbeats?.announce(now);
    }
    return steps.flatMap(({ effects }) => effects);
  }

  // One that has stopped ends when nobody is served by it any more.
  private leave(): void {
    if (!this.isStopping) return;
    this.rest(this.at);
    const holds = this.all.some(({ state }) => state.at !== 'master' && state.holding !== null);
    if (holds) return;
    const again = this.startsAgain;
    this.end();
    if (!again) return;
    this.perform.restarts();
    this.start(this.at, false);
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
    this.all = [];
    this.inbox.length = 0;
    this.claims.length = 0;
    this.letters.length = 0;
    this.lookout = null;
    this.paceAt = null;
  }
}
