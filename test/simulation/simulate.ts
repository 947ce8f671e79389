import { leaseSeconds } from '../../src/vrrp/lease.ts';
import { Convergence, type Worst } from './convergence.ts';
import { disturbanceOf, targetOf } from './disturbance.ts';
import { Lan } from './lan.ts';
import { Node } from './node.ts';
import { type Attacking, attackPacket } from './outsider.ts';
import type { Packet } from './packets.ts';
import { Queue } from './queue.ts';
import { Random } from './random.ts';
import type { Running } from './running.ts';
import type { Machine, Program, Surroundings } from './surroundings.ts';
import { type Happening, Violation, type World } from './world.ts';

/** A change of state of a virtual router on a node. `at` in seconds. */
export interface Change {
  readonly at: number;
  readonly node: number;
  readonly router: number;
  readonly state: string;
  readonly because: string;
}

export interface Outcome {
  readonly events: number;
  /** S1, S2 and S6 over all domains. */
  readonly worst: Worst;
  /** Changes after which the addresses had to stay answered. */
  readonly judged: number;
  readonly violation: Violation | null;
  /** When it ended. */
  readonly at: number;
}

type Due =
  | { readonly is: 'wake'; readonly node: number; readonly token: number }
  | { readonly is: 'arrival'; readonly node: number; readonly packet: Packet }
  | { readonly is: 'happening'; readonly happening: Happening }
  | { readonly is: 'thaw'; readonly node: number; readonly life: number }
  | { readonly is: 'hears again'; readonly from: number; readonly to: number }
  | { readonly is: 'attack'; readonly what: Attacking; readonly left: number }
  | { readonly is: 'claim'; readonly node: number; readonly router: number; readonly by: string }
  | { readonly is: 'lifetime'; readonly node: number; readonly router: number }
  | { readonly is: 'audit' };

const AUDIT = 1_000_000;
const HISTORY = 64;

/** Lets a world run, once. `watch` is told of every change of a role, and of everything with `traced`. */
export function simulate(world: World, program: Machine | Program, watch: Watch = {}): Outcome {
  const whole = typeof program === 'function' ? { machine: program, leaseOf: leaseSeconds } : program;
  return new Simulation(world, whole, watch).run();
}

export interface Watch {
  changed?(change: Change): void;
  traced?(line: string): void;
}

class Simulation implements Surroundings {
  private readonly world: World;
  private readonly watch: Watch;
  private readonly random: Random;
  private readonly lan: Lan;
  private readonly nodes: readonly Node[];
  private readonly domains: readonly Convergence[];
  private readonly queue = new Queue<Due>();
  private readonly armed: { deadline: number | null; token: number }[];
  private readonly history: Packet[][];
  private serial = 0;
  private events = 0;
  private at = 0;

  constructor(world: World, program: Program, watch: Watch) {
    this.world = world;
    this.watch = watch;
    this.random = new Random(world.seed);
    this.lan = new Lan(world.network, this.random, world.nodes.length);
    this.nodes = world.nodes.map((setup, i) => new Node(world, i, setup, program, this.random, this));
    const domains = [...new Set(world.routers.map(({ domain }) => domain))].sort((a, b) => a - b);
    this.domains = domains.map((domain) => new Convergence(domain, world, this.nodes, this.lan));
    this.armed = world.nodes.map(() => ({ deadline: null, token: 0 }));
    this.history = world.routers.map(() => []);
    for (const happening of world.happenings) this.queue.put(happening.at, { is: 'happening', happening });
    this.queue.put(AUDIT, { is: 'audit' });
    this.disturb();
  }

  run(): Outcome {
    let violation: Violation | null = null;
    try {
      for (let next = this.queue.take(); next !== null; next = this.queue.take()) {
        if (next.at > this.world.until) break;
        this.at = next.at;
        this.events++;
        if (this.watch.traced !== undefined) this.watch.traced(this.told(next.what));
        this.play(next.what);
      }
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      violation = error;
    }
    const judged = this.domains.reduce((sum, { holders }) => sum + holders.judged, 0);
    return { events: this.events, worst: this.worst(), judged, violation, at: this.at };
  }

  transmit(
    node: number,
    { router, address }: Running,
    priority: number,
    what: Pick<Packet, 'payload' | 'read'>,
  ): void {
    this.watch.traced?.(`  node ${node} advertises ${priority} for router ${router}`);
    if (priority === 0) this.domainOf(router)?.holders.resigns(node);
    const from = node;
    const packet = { router, from, origin: 'node', source: address, isCorrupt: false, ...what } as const;
    this.send({ ...packet, serial: this.serial++ });
  }

  announced(node: number, router: number): void {
    this.watch.traced?.(`  node ${node} announces the addresses of router ${router}`);
    this.claim(node, router);
  }

  kept(router: number): void {
    this.domainOf(router)?.review(this.at);
  }

  restarts(): void {
    for (const domain of this.domains) domain.disturbed(this.at, 'planned');
    this.disturb();
  }

  wakeAt(node: number, router: number, at: number): void {
    this.queue.put(at, { is: 'lifetime', node, router });
  }

  changed(node: number, { router, state }: Running, from: string, because: string): void {
    const change = `${from.toUpperCase()} → ${state.at.toUpperCase()}`;
    this.watch.traced?.(`  node ${node}: router ${router}: ${change}: ${because}`);
    this.watch.changed?.({ at: Math.round(this.at / 1000) / 1000, node, router, state: change, because });
    const domain = this.domainOf(router);
    if (state.at === 'fault' || state.at === 'init') domain?.gone(node);
    domain?.changed(this.at, node, state.at === 'master');
  }

  accepted({ from, router, origin }: Packet, node: number, interval: number): void {
    if (origin === 'node') this.domainOf(router)?.heard(from, node, router);
    else this.domainOf(router)?.deceived(this.at, interval * 10_000);
  }

  missed({ from, router, origin }: Packet, node: number): void {
    if (origin === 'node') this.domainOf(router)?.missed(from, node, router, this.at);
  }

  private domainOf(router: number): Convergence | undefined {
    return this.domains[this.world.routers[router]?.domain ?? -1];
  }

  private disturb(): void {
    for (const domain of this.domains) domain.disturb(this.at);
  }

  private play(due: Due): void {
    switch (due.is) {
      case 'wake':
        this.wake(due.node, due.token);
        break;
      case 'arrival':
        this.arrive(due.node, due.packet);
        break;
      case 'happening':
        this.befallAll(due.happening);
        for (const node of this.nodes) this.arm(node);
        break;
      case 'thaw':
        this.thaw(due.node, due.life);
        break;
      case 'hears again':
        for (const domain of this.domains) domain.disturbed(this.at, 'harsh');
        this.lan.deafen(due.from, due.to, -1);
        this.disturb();
        break;
      case 'attack':
        this.attack(due.what, due.left);
        break;
      case 'claim':
        this.hearClaim(due);
        break;
      case 'lifetime':
        this.nodes[due.node]?.expire(due.router, this.at);
        break;
      case 'audit':
        this.queue.put(this.at + AUDIT, due);
        for (const domain of this.domains) {
          domain.check(this.at);
          domain.checkClients(this.at);
        }
        break;
    }
  }

  private wake(index: number, token: number): void {
    const node = this.nodes[index];
    if (node === undefined || !node.isRunning || node.isFrozen || this.armed[index]?.token !== token) return;
    node.judge(this.at);
    this.arm(node);
    for (const domain of this.domains) domain.check(this.at);
  }

  private arrive(index: number, packet: Packet): void {
    const node = this.nodes[index];
    if (node === undefined || !node.isRunning) return;
    if (node.isFrozen) {
      node.inbox.push(packet);
      return;
    }
    node.receive(packet, this.at);
    this.arm(node);
    this.domainOf(packet.router)?.check(this.at);
  }

  private thaw(index: number, life: number): void {
    const node = this.nodes[index];
    if (node === undefined || node.life !== life || !node.isFrozen) return;
    for (const domain of this.domains) domain.disturbed(this.at, 'harsh');
    this.disturb();
    node.thaw(this.at);
    this.disturb();
    this.arm(node);
  }

  private befallAll(happening: Happening): void {
    // Whoever only claims the addresses changes nobody's role.
    const isDisturbed = !('attack' in happening) || happening.attack !== 'claim';
    if (isDisturbed) this.foretell(happening);
    this.happen(happening);
    if (isDisturbed) this.disturb();
  }

  private happen(happening: Happening): void {
    if ('parts' in happening) this.lan.split(happening.parts);
    else if ('deaf' in happening) {
      const [from, to] = happening.deaf;
      this.lan.deafen(from, to, 1);
      this.queue.put(this.at + happening.for, { is: 'hears again', from, to });
    } else if ('attack' in happening) {
      this.queue.put(this.at, { is: 'attack', what: happening, left: happening.count });
    } else this.befall(happening);
  }

  private befall(
    happening: Exclude<Happening, { parts: unknown } | { deaf: unknown } | { attack: unknown }>,
  ): void {
    const node = this.nodes[targetOf(happening)];
    if (node === undefined) return;
    // Disturbed before as well: what follows is not to be blamed on a settled domain.
    this.disturb();
    if ('script' in happening) node.isScriptGood = happening.is === 'good';
    if ('cable' in happening) {
      node.isLinkUp = happening.is === 'in';
      this.lan.plug(node.index, node.isLinkUp);
    }
    if ('reload' in happening) node.settings[happening.domain] = happening.settings;
    if ('wall' in happening) node.clock.setWall(happening.by);
    if ('start' in happening) {
      if (!node.isRunning) node.start(this.at, happening.resume);
      else if (node.isStopping) node.startAgain();
      return;
    }
    if (!node.isRunning) return;
    if ('crash' in happening) {
      node.crash();
      for (const domain of this.domains) domain.gone(node.index);
    } else if ('freeze' in happening) {
      if (node.isFrozen) return;
      node.isFrozen = true;
      this.queue.put(this.at + happening.for, { is: 'thaw', node: node.index, life: node.life });
    } else if (node.isFrozen || node.isStopping) return;
    else if ('stop' in happening) node.stop(this.at);
    else if ('handover' in happening) this.handOver(node, happening.domain);
    else if ('failback' in happening) {
      if (node.failBack(this.at, happening.domain)) this.domains[happening.domain]?.failsBack(node.index);
    } else node.follow(this.at, 'reread' in happening);
  }

  private handOver(node: Node, domain: number): void {
    if (node.handOver(this.at, domain)) this.domains[domain]?.handsOver(node.index);
  }

  /** Tells the domains what is about to befall them. */
  private foretell(happening: Happening): void {
    const kind = disturbanceOf(happening, this.world);
    for (const domain of this.domains) domain.disturbed(this.at, kind);
  }

  private attack(what: Attacking, left: number): void {
    const { attack, router, every } = what;
    if (left > 1) this.queue.put(this.at + every, { is: 'attack', what, left: left - 1 });
    if (attack === 'claim') {
      this.claim(-1, router);
      return;
    }
    const packet = attackPacket(this.world, this.random, what, this.history[router] ?? []);
    if (packet !== null) this.send(packet);
  }

  /** Tells the link that the addresses are those of a node (−1: of an outsider). */
  private claim(from: number, router: number): void {
    if (from < 0) this.domainOf(router)?.claimedFrom(this.at, router);
    else this.domainOf(router)?.announced(from, router);
    const by = from < 0 ? 'an outsider' : `node ${from}`;
    for (const { index, isRunning } of this.nodes) {
      if (index === from || !isRunning || !this.lan.hears(from, index)) continue;
      for (const after of this.lan.carryClaim()) {
        this.queue.put(this.at + after, { is: 'claim', node: index, router, by });
      }
    }
  }

  private hearClaim({ node: index, router, by }: Extract<Due, { is: 'claim' }>): void {
    const node = this.nodes[index];
    if (node === undefined || !node.isRunning) return;
    if (node.isFrozen) {
      node.claims.push({ router, by });
      return;
    }
    node.hearClaim(router, by, this.at);
    this.arm(node);
  }

  private send(packet: Packet): void {
    const sender = packet.origin === 'node' ? packet.from : -1;
    if (packet.origin === 'node') this.remember(packet);
    for (const node of this.nodes) {
      if (node.index === sender || !this.lan.hears(sender, node.index)) continue;
      const copies = this.lan.carry(packet);
      if (copies.length === 0 && node.isRunning) this.missed(packet, node.index);
      for (const { packet: copy, after } of copies) {
        this.queue.put(this.at + after, { is: 'arrival', node: node.index, packet: copy });
      }
    }
  }

  private remember(packet: Packet): void {
    const history = this.history[packet.router];
    history?.push(packet);
    if (history !== undefined && history.length > HISTORY) history.shift();
  }

  private arm(node: Node): void {
    const { deadline } = node;
    const armed = this.armed[node.index];
    if (armed === undefined || armed.deadline === deadline) return;
    armed.deadline = deadline;
    armed.token++;
    if (deadline === null) return;
    const at = Math.max(this.at, node.clock.when(deadline)) + this.random.below(this.world.network.late + 1);
    this.queue.put(at, { is: 'wake', node: node.index, token: armed.token });
  }

  private worst(): Worst {
    const all = this.domains.map(({ worst, holders }) => ({ ...worst, ...holders.worst }));
    const over = (one: keyof Worst) =>
      all.map((worst) => worst[one]).reduce((a, b) => (ratio(b) > ratio(a) ? b : a), { lasted: 0, limit: 0 });
    return {
      dual: over('dual'),
      none: over('none'),
      worse: over('worse'),
      gap: over('gap'),
      ghost: over('ghost'),
      overlap: over('overlap'),
    };
  }

  private told(due: Due): string {
    const { is } = due;
    const at = (this.at / 1e6).toFixed(6);
    if (due.is === 'happening') return `${at} ${JSON.stringify(due.happening)}`;
    if (due.is !== 'arrival') return `${at} ${is}${'node' in due ? ` of node ${due.node}` : ''}`;
    const { read, source, router } = due.packet;
    const what = read.ok ? `priority ${read.value.advert.priority}` : read.error.refusal;
    return `${at} node ${due.node} gets router ${router} from ${source}: ${what}`;
  }
}

/** How much of what it might have lasted something lasted. */
export const ratio = ({ lasted, limit }: { readonly lasted: number; readonly limit: number }): number =>
  limit === 0 ? lasted : lasted / limit;
