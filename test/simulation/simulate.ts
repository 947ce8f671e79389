import type { Instant } from '../../src/base/units.ts';
import { stepGroup } from '../../src/vrrp/group.ts';
import { hearHeartbeat } from '../../src/vrrp/heartbeat.ts';
import { leaseSeconds } from '../../src/vrrp/lease.ts';
import { heardGrants } from '../../src/vrrp/quorum.ts';
import type { VrrpState } from '../../src/vrrp/state.ts';
import { inquiryBudget, judgeTakeover } from '../../src/vrrp/takeover.ts';
import { stepWitness } from '../../src/vrrp/witness.ts';
import { befall, type Stage } from './befall.ts';
import { Convergence, type Worst } from './convergence.ts';
import { disturbanceOf } from './disturbance.ts';
import { type Due, type Letter, told } from './due.ts';
import { Node } from './node.ts';
import { TakeoverOracle } from './oracle-takeover.ts';
import type { Attacking } from './outsider.ts';
import type { Packet } from './packets.ts';
import { Paths } from './paths.ts';
import { Queue } from './queue.ts';
import { Random } from './random.ts';
import type { Running } from './running.ts';
import type { Machine, Program, Surroundings } from './surroundings.ts';
import { Traffic } from './traffic.ts';
import { WitnessNode } from './witness-node.ts';
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
  /** Times that a takeover was withheld. */
  readonly withheld: number;
  readonly violation: Violation | null;
  /** When it ended. */
  readonly at: number;
}

const AUDIT = 1_000_000;

const SHIPPED: Program = {
  machine: stepGroup,
  leaseOf: leaseSeconds,
  judge: judgeTakeover,
  budget: inquiryBudget,
  hear: hearHeartbeat,
  stepWitness,
  heardGrants,
};

/** Lets a world run, once. `watch` is told of every change of a role, and of everything with `traced`. */
export function simulate(world: World, program: Machine | Partial<Program>, watch: Watch = {}): Outcome {
  const changed = typeof program === 'function' ? { machine: program } : program;
  return new Simulation(world, { ...SHIPPED, ...changed }, watch).run();
}

export interface Watch {
  changed?(change: Change): void;
  traced?(line: string): void;
}

class Simulation implements Surroundings {
  private readonly world: World;
  private readonly watch: Watch;
  private readonly random: Random;
  private readonly traffic: Traffic;
  private readonly nodes: readonly Node[];
  private readonly witnesses: readonly WitnessNode[];
  /** Nodes and witnesses. */
  private readonly machines: readonly (Node | WitnessNode)[];
  private readonly domains: readonly Convergence[];
  private readonly stage: Stage;
  private readonly queue = new Queue<Due>();
  private readonly armed: { deadline: number | null; token: number }[];
  private readonly takeovers: TakeoverOracle;
  private events = 0;
  private withheldCount = 0;
  private at = 0;

  constructor(world: World, program: Program, watch: Watch) {
    this.world = world;
    this.watch = watch;
    this.random = new Random(world.seed);
    this.nodes = world.nodes.map((setup, i) => new Node(world, i, setup, program, this.random, this));
    const count = world.gate?.witnesses?.count ?? 0;
    const interval = world.gate?.second?.interval ?? 0;
    this.witnesses = Array.from({ length: count }, (_, i) => {
      const ppm = this.random.between(-200, 200);
      const index = world.nodes.length + i;
      return new WitnessNode(index, world.nodes.length, { ppm, interval }, program, this);
    });
    this.machines = [...this.nodes, ...this.witnesses];
    const put = (after: number, due: Due) => this.queue.put(this.at + after, due);
    const disturb = () => this.disturb();
    this.traffic = new Traffic(world, this.random, {
      nodes: this.nodes,
      put,
      missed: (packet, node) => this.missed(packet, node),
      disturb,
      lifeOf: (node) => this.machines[node]?.life ?? 0,
    });
    const paths = new Paths(world, this.nodes, this.witnesses, this.traffic);
    const numbers = [...new Set(world.routers.map(({ domain }) => domain))].sort((a, b) => a - b);
    this.domains = numbers.map((domain) => new Convergence(domain, world, this.nodes, paths));
    this.takeovers = new TakeoverOracle(world, this.nodes, paths);
    const { nodes, witnesses, domains, traffic } = this;
    this.stage = { nodes, witnesses, domains, traffic, put, disturb };
    this.armed = this.machines.map(() => ({ deadline: null, token: 0 }));
    for (const happening of world.happenings) this.queue.put(happening.at, { is: 'happening', happening });
    this.queue.put(AUDIT, { is: 'audit' });
    for (const witness of this.witnesses) {
      witness.start(0);
      this.arm(witness);
    }
    this.disturb();
  }

  run(): Outcome {
    let violation: Violation | null = null;
    try {
      for (let next = this.queue.take(); next !== null; next = this.queue.take()) {
        if (next.at > this.world.until) break;
        this.at = next.at;
        this.events++;
        this.watch.traced?.(told(next.what, this.at));
        this.play(next.what);
        this.takeovers.settle(this.at);
      }
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      violation = error;
    }
    const judged = this.domains.reduce((sum, { holders }) => sum + holders.judged, 0);
    const { events, withheldCount: withheld, at } = this;
    return { events, worst: this.worst(), judged, withheld, violation, at };
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
    this.traffic.advertise(packet);
  }

  announced(node: number, router: number): void {
    this.watch.traced?.(`  node ${node} announces the addresses of router ${router}`);
    this.claim(node, router);
  }

  ask(node: number, router: number): void {
    this.watch.traced?.(`  node ${node} asks who has the addresses of router ${router}`);
    this.traffic.ask(node, router);
  }

  withheld(node: number, router: number, because: string): void {
    this.withheldCount++;
    this.watch.traced?.(`  node ${node} does not take over router ${router}: ${because}`);
  }

  askGateway(node: number): void {
    this.traffic.askGateway(node);
  }

  post(node: number, to: number, bytes: Uint8Array): void {
    this.traffic.post(node, to, bytes);
  }

  kept(router: number): void {
    this.takeovers.kept(router);
    this.domainOf(router)?.review(this.at);
  }

  restarts(): void {
    for (const domain of this.domains) domain.disturbed(this.at, 'planned');
    this.disturb();
  }

  wakeAt(node: number, router: number, at: number): void {
    this.queue.put(at, { is: 'lifetime', node, router });
  }

  changed(node: number, running: Running, from: VrrpState, because: string): void {
    const { router, state } = running;
    const change = `${from.at.toUpperCase()} → ${state.at.toUpperCase()}`;
    this.watch.traced?.(`  node ${node}: router ${router}: ${change}: ${because}`);
    this.watch.changed?.({ at: Math.round(this.at / 1000) / 1000, node, router, state: change, because });
    const domain = this.domainOf(router);
    if (state.at === 'fault' || state.at === 'init') domain?.gone(node);
    domain?.changed(this.at, node, state.at === 'master');
    this.takeovers.changed(this.at, node, running, from);
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
    this.takeovers.look(this.at);
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
        for (const node of this.machines) this.arm(node);
        break;
      case 'letter':
        this.hearLetter(due.node, due.letter);
        break;
      case 'who has':
        // A kernel answers, whatever its process does.
        if (this.nodes[due.node]?.kernel.isLoud(due.router) === true)
          this.traffic.answer(due.node, due.asker, due.router);
        break;
      case 'gateway answers':
        if (this.nodes[due.node]?.isRunning === true) this.nodes[due.node]?.hearGateway(this.at);
        break;
      case 'firewall off':
        this.repaired(() => this.traffic.lan.filter(due.node, -1));
        break;
      case 'thaw':
        this.thaw(due.node, due.life);
        break;
      case 'hears again':
        this.repaired(() => this.traffic.lan.deafen(due.from, due.to, -1));
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

  private repaired(how: () => void): void {
    for (const domain of this.domains) domain.disturbed(this.at, 'harsh');
    how();
    this.disturb();
  }

  private wake(index: number, token: number): void {
    const [node, armed] = [this.machines[index], this.armed[index]];
    if (node === undefined || !node.isRunning || node.isFrozen || armed?.token !== token) return;
    // What it wants next may be this very moment again.
    armed.deadline = null;
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

  private hearLetter(index: number, letter: Letter): void {
    const node = this.machines[index];
    if (node === undefined || !node.isRunning) return;
    if (node.isFrozen) {
      node.letters.push(letter);
      return;
    }
    node.hearLetter(letter, this.at);
    this.arm(node);
  }

  private thaw(index: number, life: number): void {
    const node = this.nodes[index];
    if (node === undefined || node.life !== life || !node.isFrozen) return;
    for (const domain of this.domains) domain.disturbed(this.at, 'harsh');
    this.disturb();
    const deadline = this.armed[index]?.deadline ?? null;
    const isDue = deadline !== null && deadline < node.clock.now(this.at);
    node.thaw(this.at, isDue ? (deadline as Instant) : null);
    this.disturb();
    this.arm(node);
  }

  private befallAll(happening: Happening): void {
    // Whoever only claims the addresses changes nobody's role.
    const isDisturbed = !('attack' in happening) || !['claim', 'heartbeats'].includes(happening.attack);
    if (isDisturbed) this.foretell(happening);
    befall(happening, this.at, this.stage);
    if (isDisturbed) this.disturb();
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
    this.traffic.attack(what);
  }

  /** Tells the link that the addresses are those of a node (−1: of an outsider). */
  private claim(from: number, router: number): void {
    if (from < 0) this.domainOf(router)?.claimedFrom(this.at, router);
    else this.domainOf(router)?.announced(from, router);
    this.traffic.claim(from, router);
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

  private arm(node: Node | WitnessNode): void {
    if (node instanceof Node) node.rest(this.at);
    const deadline = node.deadline(this.at);
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
}

/** How much of what it might have lasted something lasted. */
export const ratio = ({ lasted, limit }: { readonly lasted: number; readonly limit: number }): number =>
  limit === 0 ? lasted : lasted / limit;
