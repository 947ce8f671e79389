import { centis } from '../../src/base/units.ts';
import { gateTime, grantTime } from './delays.ts';
import type { Disturbance } from './disturbance.ts';
import { Holders, type Keeping } from './holders.ts';
import type { Lan } from './lan.ts';
import type { Node } from './node.ts';
import type { Paths } from './paths.ts';
import type { Running } from './running.ts';
import { demand } from './seen.ts';
import type { RouterSetup, World } from './world.ts';

/** The longest that each thing lasted while nothing disturbed it, and the longest that it might have. µs. */
export type Worst = Readonly<Record<Lasting | Keeping, { readonly lasted: number; readonly limit: number }>>;

/** Two holders of an address; none; a master although a better router may pre-empt it. */
export type Lasting = 'dual' | 'none' | 'worse';
const LASTING = ['dual', 'none', 'worse'] as const;

/** µs: rounding of two clocks, and their drift over the longest timer. */
const SLACK = 5_000;

/** µs: RFC 5227 has a machine contradict at most every 10 s; a moment of grace, and its loop. */
const DEFENDED = 10_200_000;

interface Limits extends Record<Lasting, number> {
  /** No role changes when nothing has disturbed it for so long. */
  readonly settle: number;
}

/**
 * Whether the nodes agree on one master for one domain: S1, S2 and S6, each counted from the last disturbance (a fault,
 * a repair, a reload, an attack, or more lost adverts than the timers forgive), and that they leave it at that.
 */
export class Convergence {
  readonly worst: Record<Lasting, { lasted: number; limit: number }> = {
    dual: { lasted: 0, limit: 0 },
    none: { lasted: 0, limit: 0 },
    worse: { lasted: 0, limit: 0 },
  };
  private readonly domain: number;
  private readonly world: World;
  private readonly routers: readonly RouterSetup[];
  private readonly nodes: readonly Node[];
  private readonly lan: Lan;
  private readonly paths: Paths;
  private readonly since: Record<Lasting, number | null> = { dual: null, none: null, worse: null };
  private readonly misses = new Map<string, number>();
  private readonly lastAnnouncer = new Map<number, number>();
  private readonly masterSince = new Map<number, number>();
  private clean = 0;
  private isComparable = false;
  private longestInterval = 0;
  private limits: Limits = { dual: 0, none: 0, worse: 0, settle: 0 };
  private fewestAdverts = 1;
  /** An outsider was believed: until then his interval counts. µs. */
  private forged: { readonly interval: number; readonly until: number } | null = null;
  /** Nodes that were asked to leave another in their place. */
  private readonly standBack = new Set<number>();
  /** Until then somebody else's claim of the addresses has to be contradicted, by router. */
  private readonly defendBy = new Map<number, number>();
  private forgedClaimAt = Number.NEGATIVE_INFINITY;
  readonly holders: Holders;

  constructor(domain: number, world: World, nodes: readonly Node[], paths: Paths) {
    this.domain = domain;
    this.world = world;
    this.routers = world.routers.filter((router) => router.domain === domain);
    this.nodes = nodes;
    this.lan = paths.lan;
    this.paths = paths;
    this.holders = new Holders(domain, world, nodes, paths);
  }

  /** Something is about to happen to it. */
  disturbed(at: number, what: Disturbance): void {
    this.check(at);
    this.holders.disturbed(what, this.isSettled(at));
  }

  /** An outsider is believed who advertises that interval, µs. */
  deceived(at: number, told: number): void {
    const interval = Math.min(told, 4 * this.longestInterval);
    if (interval > this.longestInterval) {
      const longest = Math.max(interval, this.forged?.interval ?? 0);
      this.forged = { interval: longest, until: at + 6 * longest };
    }
    this.disturb(at);
  }

  handsOver(node: number): void {
    this.standBack.add(node);
  }

  failsBack(node: number): void {
    this.standBack.delete(node);
  }

  disturb(at: number): void {
    this.clean = at;
    this.defendBy.clear();
    this.limits = this.limitsNow();
    this.review(at);
  }

  changed(at: number, node: number, isMaster: boolean): void {
    if (isMaster) this.standBack.delete(node);
    if (!isMaster) this.masterSince.delete(node);
    else if (!this.masterSince.has(node)) {
      this.checkPreempts(at, node);
      this.masterSince.set(node, at);
    }
    const late = at - this.clean - this.limits.settle;
    // With several intervals a backup counts with that of whom it heard last, be it the loser of an election.
    const isAsked = this.isComparable && this.intervals().size <= 1;
    demand('settled', !isAsked || late <= 0, `a role changes ${late} µs after all should be settled`);
    this.review(at);
  }

  missed(from: number, to: number, router: number, at: number): void {
    const key = `${from} ${to} ${router}`;
    const missed = (this.misses.get(key) ?? 0) + 1;
    this.misses.set(key, missed);
    const isUnsettled =
      at < this.clean + this.limits.settle || LASTING.some((one) => this.since[one] !== null);
    if (isUnsettled || missed >= this.fewestAdverts - 1) this.disturb(at);
  }

  heard(from: number, to: number, router: number): void {
    if (this.misses.size > 0) this.misses.delete(`${from} ${to} ${router}`);
  }

  /** A node has gone or resigned: the clients that heard it last are nobody's until the next announcement. */
  gone(node: number): void {
    for (const [router, last] of this.lastAnnouncer) if (last === node) this.lastAnnouncer.delete(router);
  }

  /** An outsider says that the addresses are its own. */
  claimedFrom(at: number, router: number): void {
    this.forgedClaimAt = at;
    this.lastAnnouncer.set(router, -1);
    const { loss, corrupt } = this.world.network;
    const isHeard = this.isSettled(at) && this.masterSince.size > 0 && loss + corrupt === 0;
    if (isHeard && !this.defendBy.has(router)) this.defendBy.set(router, at + DEFENDED);
  }

  announced(node: number, router: number): void {
    this.defendBy.delete(router);
    this.lastAnnouncer.set(router, node);
  }

  /** Somebody's kernel has got or lost the addresses. */
  review(at: number): void {
    this.check(at);
    const parts = this.parts();
    this.isComparable = parts !== null && this.speaksOneInterval();
    const is = { dual: false, none: false, worse: false };
    for (const part of parts ?? []) this.look(part, is);
    for (const one of LASTING) this.since[one] = is[one] ? (this.since[one] ?? at) : null;
    this.holders.review(at, parts ?? []);
  }

  check(at: number): void {
    if (this.forged !== null && at > this.forged.until) {
      this.forged = null;
      this.disturb(at);
    }
    this.holders.check(at);
    for (const [router, by] of this.defendBy) {
      demand('S9', at <= by, `nobody contradicts a claim of the addresses of router ${router}`);
    }
    if (!this.isComparable) return;
    for (const one of LASTING) {
      const since = this.since[one];
      if (since === null) continue;
      const lasted = at - Math.max(since, this.clean);
      if (lasted > this.worst[one].lasted) this.worst[one] = { lasted, limit: this.limits[one] };
      demand(NAMES[one], lasted <= this.limits[one], `${one} for ${lasted} µs, limit ${this.limits[one]}`);
    }
  }

  /** Clients send to whom they heard last, which has to be the master. Only asked where no farewell is lost. */
  checkClients(at: number): void {
    const { loss, corrupt } = this.world.network;
    if (
      !this.isComparable ||
      this.intervals().size > 1 ||
      loss + corrupt > 0 ||
      at < this.clean + this.limits.settle + 6_000_000
    )
      return;
    if (this.world.happenings.some((happening) => 'deaf' in happening && happening.at <= at)) return;
    if (at < this.forgedClaimAt + DEFENDED) return;
    const alive = this.alive();
    if (alive.some(({ settings }) => settings[this.domain]?.advertisesOnYield !== true)) return;
    for (const { index, domains } of alive) {
      for (const { router, state } of domains[this.domain] ?? []) {
        const last = this.lastAnnouncer.get(router);
        if (state.at !== 'master' || last === undefined || !this.lan.hears(last, index)) continue;
        demand('clients', last === index, `router ${router} is on node ${index}, clients heard ${last} last`);
      }
    }
  }

  // Undisturbed for an interval, it has heard every master that is near.
  private checkPreempts(at: number, index: number): void {
    const node = this.nodes[index];
    const isAsked = this.isComparable && this.intervals().size <= 1 && at > this.clean + this.limits.dual;
    if (node === undefined || !isAsked || this.memberOf(node)?.machine.preempt !== false) return;
    const once = this.world.network.delay[1] + SLACK;
    const from = this.alive().find(
      (other) =>
        other !== node &&
        this.isClose(node, other) &&
        this.memberOf(other)?.state.at === 'master' &&
        (this.masterSince.get(other.index) ?? at) < at - once,
    );
    demand('nopreempt', from === undefined, `node ${index} pre-empts node ${from?.index}`);
  }

  private isSettled(at: number): boolean {
    const isCalm = LASTING.every((one) => this.since[one] === null);
    return this.isComparable && isCalm && at > this.clean + this.limits.settle;
  }

  private memberOf({ domains }: Node): Running | undefined {
    return domains[this.domain]?.[0];
  }

  private alive(): readonly Node[] {
    return this.nodes.filter(({ isRunning, isFrozen }) => isRunning && !isFrozen);
  }

  private look(part: readonly Node[], is: Record<Lasting, boolean>): void {
    let masters = 0;
    let holders = 0;
    let backups = 0;
    let best = 0;
    let challenger = 0;
    for (const node of part) {
      const one = this.memberOf(node);
      if (one === undefined) continue;
      const { priority, preempt } = one.machine;
      if (node.kernel.isLoud(one.router)) holders++;
      if (one.state.at === 'master') {
        masters++;
        best = Math.max(best, priority);
      } else if (one.state.at === 'backup') {
        if (this.paths.mayTakeOver(node, this.domain)) backups++;
        // Who has lost the addresses for want of a grant leaves the lower master in its place, and its whole group does.
        const members = node.domains[this.domain] ?? [];
        const isFree =
          this.paths.isGrantable(node) &&
          !members.some((member) => node.lookout?.needsGrant(member) === true);
        const isFit = this.paths.reachesGateway(node) && isFree;
        if (preempt && isFit && !this.standBack.has(node.index)) challenger = Math.max(challenger, priority);
      }
    }
    if (masters > 1 || holders > 1) is.dual = true;
    if (masters === 0 && backups > 0) is.none = true;
    if (masters > 0 && challenger > best) is.worse = true;
  }

  /** The nodes by who hears whom; null when somebody hears and is not heard. */
  private parts(): readonly (readonly Node[])[] | null {
    const parts: Node[][] = [];
    for (const node of this.alive()) {
      const near = parts.filter((part) => part.some((other) => this.isNear(node, other)));
      const [part, ...more] = near;
      if (part === undefined) parts.push([node]);
      else if (more.length > 0 || !part.every((other) => this.isClose(node, other))) return null;
      else part.push(node);
    }
    return parts;
  }

  private isNear(a: Node, b: Node): boolean {
    return this.lan.hears(a.index, b.index) || this.lan.hears(b.index, a.index);
  }

  private isClose(a: Node, b: Node): boolean {
    return this.lan.hears(a.index, b.index) && this.lan.hears(b.index, a.index);
  }

  // Routers of version 2 refuse each other's adverts while a reload of the interval has come to some of them only.
  private speaksOneInterval(): boolean {
    return this.routers.every(({ version }) => version === 3) || this.intervals().size <= 1;
  }

  private intervals(): ReadonlySet<number> {
    const running = this.alive().flatMap(({ domains }) => domains[this.domain] ?? []);
    return new Set(running.map(({ config }) => config.advertInterval));
  }

  private limitsNow(): Limits {
    const settings = this.nodes.flatMap((node) => node.settings[this.domain] ?? []);
    const most = (numbers: readonly number[]) => Math.max(0, ...numbers);
    this.longestInterval = most([this.longestInterval, ...settings.map(({ interval }) => interval * 10_000)]);
    const interval = Math.max(this.longestInterval, this.forged?.interval ?? 0);
    const adverts = settings.map(({ downTimerAdverts }) => downTimerAdverts);
    this.fewestAdverts = Math.min(...adverts);
    const skew = most(this.routers.map(({ version }) => (version === 2 ? 1_000_000 : interval)));
    const down = most(adverts) * interval + skew;
    const delay = most(settings.map(({ preemptDelay }) => preemptDelay));
    const { network, gate } = this.world;
    const timed = settings.flatMap(({ interval: advertInterval, ...rest }) =>
      this.routers.map(({ version }) => ({ ...rest, version, advertInterval: centis(advertInterval) })),
    );
    const asks = most(timed.map((config) => gateTime(gate, config)));
    // Who takes over in order may lose it again while a restarted witness grants nothing yet.
    const grant = most(timed.map((config) => grantTime(gate, config)));
    // A group that does not come together gives back what it was granted, and asks again.
    const isGranted = this.routers.length > 1 && (gate?.witnesses ?? null) !== null;
    const again = isGranted ? down + interval + skew : 0;
    // A forged advert in between costs the holder one more of the better master's.
    const forged = this.world.happenings.some((one) => 'attack' in one) ? interval : 0;
    const once = network.delay[1] + network.late + SLACK;
    return {
      // A master that yields holds the addresses until the second advert of the better one. With several intervals the
      // last word of a loser may have a third one take over before the winner is heard again.
      dual: 2 * interval + forged + 3 * once + (this.intervals().size > 1 ? down : 0),
      none: down + asks + again + (gate === null ? 1 : 2) * once,
      worse: interval + delay + down + asks + grant + 2 * once,
      settle: 2 * interval + delay + 2 * (down + asks + grant) + 4 * once,
    };
  }
}

const NAMES = { dual: 'S1', none: 'S2', worse: 'S6' } as const;
