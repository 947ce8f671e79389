import { Convergence, type Worst } from './convergence.ts';
import { Lan } from './lan.ts';
import { type Machine, Node, type Surroundings } from './node.ts';
import { attackPacket } from './outsider.ts';
import type { Packet } from './packets.ts';
import { Queue } from './queue.ts';
import { Random } from './random.ts';
import type { Running } from './running.ts';
import { type Attack, type Happening, Violation, type World } from './world.ts';

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
  | {
      readonly is: 'attack';
      readonly attack: Attack;
      readonly router: number;
      readonly left: number;
      readonly every: number;
    }
  | { readonly is: 'audit' };

const AUDIT = 1_000_000;
const HISTORY = 64;

/** Lets a world run, once. `watch` is told of every change of a role, and of everything with `traced`. */
export function simulate(
  world: World,
  machine: Machine,
  watch: { changed?(change: Change): void; traced?(line: string): void } = {},
): Outcome {
  return new Simulation(world, machine, watch).run();
}

class Simulation implements Surroundings {
  private readonly world: World;
  private readonly watch: Parameters<typeof simulate>[2] & object;
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

  constructor(world: World, machine: Machine, watch: Parameters<typeof simulate>[2] & object) {
    this.world = world;
    this.watch = watch;
    this.random = new Random(world.seed);
    this.lan = new Lan(world.network, this.random, world.nodes.length);
    this.nodes = world.nodes.map((setup, i) => new Node(world, i, setup, machine, this));
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
    return { events: this.events, worst: this.worst(), violation, at: this.at };
  }

  transmit(
    node: number,
    { router, address }: Running,
    priority: number,
    what: Pick<Packet, 'payload' | 'read'>,
  ): void {
    this.watch.traced?.(`  node ${node} advertises ${priority} for router ${router}`);
    const from = node;
    const packet = { router, from, origin: 'node', source: address, isCorrupt: false, ...what } as const;
    this.send({ ...packet, serial: this.serial++ });
  }

  announced(node: number, router: number): void {
    this.domainOf(router)?.announced(node, router);
  }

  changed(node: number, { router, state }: Running, from: string, because: string): void {
    const change = `${from.toUpperCase()} → ${state.at.toUpperCase()}`;
    this.watch.traced?.(`  node ${node}: router ${router}: ${change}: ${because}`);
    this.watch.changed?.({ at: Math.round(this.at / 1000) / 1000, node, router, state: change, because });
    const domain = this.domainOf(router);
    if (state.at === 'fault' || state.at === 'init') domain?.gone(node);
    domain?.changed(this.at, node, state.at === 'master');
  }

  accepted({ from, router, origin }: Packet, node: number): void {
    if (origin === 'node') this.domainOf(router)?.heard(from, node, router);
    else this.domainOf(router)?.disturb(this.at);
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
        this.happen(due.happening);
        this.disturb();
        for (const node of this.nodes) this.arm(node);
        break;
      case 'thaw':
        this.thaw(due.node, due.life);
        break;
      case 'hears again':
        this.lan.deafen(due.from, due.to, -1);
        this.disturb();
        break;
      case 'attack':
        this.attack(due);
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
    this.disturb();
    node.thaw(this.at);
    this.disturb();
    this.arm(node);
  }

  private happen(happening: Happening): void {
    if ('parts' in happening) this.lan.split(happening.parts);
    else if ('deaf' in happening) {
      const [from, to] = happening.deaf;
      this.lan.deafen(from, to, 1);
      this.queue.put(this.at + happening.for, { is: 'hears again', from, to });
    } else if ('attack' in happening) {
      const { attack, router, count, every } = happening;
      this.queue.put(this.at, { is: 'attack', attack, router, left: count, every });
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
    } else if (node.isFrozen) return;
    else if ('stop' in happening) node.stop(this.at);
    else node.follow(this.at, 'reread' in happening);
  }

  private attack(due: Extract<Due, { is: 'attack' }>): void {
    const { attack, router, left, every } = due;
    if (left > 1) this.queue.put(this.at + every, { ...due, left: left - 1 });
    const packet = attackPacket(this.world, this.random, attack, router, this.history[router] ?? []);
    if (packet !== null) this.send(packet);
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
    const over = (one: keyof Worst) =>
      this.domains
        .map(({ worst }) => worst[one])
        .reduce((a, b) => (b.lasted > a.lasted ? b : a), { lasted: 0, limit: 0 });
    return { dual: over('dual'), none: over('none'), worse: over('worse') };
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

function targetOf(happening: Happening): number {
  for (const key of [
    'crash',
    'start',
    'stop',
    'freeze',
    'script',
    'cable',
    'reload',
    'reread',
    'wall',
  ] as const) {
    if (key in happening) return Number((happening as unknown as Record<string, unknown>)[key]);
  }
  throw new Error(`no node in ${JSON.stringify(happening)}`);
}
