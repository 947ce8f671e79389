import type { Due, Letter } from './due.ts';
import { Lan } from './lan.ts';
import type { Node } from './node.ts';
import { type Attacking, attackPacket } from './outsider.ts';
import type { Packet } from './packets.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

/** What is sent on both networks, and what somebody recorded of it. */
const HISTORY = 64;
/** Losses one after the other on one way that may make a node take it for cut. */
const LOSSES = 2;

/** What a sender needs around it. */
interface Around {
  readonly nodes: readonly Node[];
  /** So much later it comes to pass. */
  put(after: number, due: Due): void;
  missed(packet: Packet, node: number): void;
  disturb(): void;
  /** Which process of a node lives, or was the last to. */
  lifeOf(node: number): number;
}

/** The networks between the nodes. */
export class Traffic {
  readonly lan: Lan;
  /** That of the heartbeats; null where there is none. */
  readonly second: Lan | null;
  private readonly world: World;
  private readonly random: Random;
  private readonly around: Around;
  private readonly adverts: Packet[][];
  private readonly letters: Letter[] = [];
  private readonly losses = new Map<string, number>();
  private serial = 0;

  constructor(world: World, random: Random, around: Around) {
    this.world = world;
    this.random = random;
    this.around = around;
    const count = world.nodes.length;
    const all = count + (world.gate?.witnesses?.count ?? 0);
    this.lan = new Lan(world.network, random, count);
    const second = world.gate?.second ?? null;
    this.second = second === null ? null : new Lan(second.network, random, all);
    this.adverts = world.routers.map(() => []);
  }

  advertise(packet: Omit<Packet, 'serial'>): void {
    this.send({ ...packet, serial: this.serial++ });
  }

  attack(what: Attacking): void {
    if (what.attack === 'heartbeats') {
      const again = this.letters[this.random.below(Math.max(1, this.letters.length))];
      if (again !== undefined) this.deliver(again);
      return;
    }
    const packet = attackPacket(this.world, this.random, what, this.adverts[what.router] ?? []);
    if (packet !== null) this.send(packet);
  }

  /** Tells the link that the addresses are those of a node (−1: of an outsider). */
  claim(from: number, router: number): void {
    for (const { index, isRunning } of this.around.nodes) {
      if (index === from || !isRunning || !this.lan.reaches(from, index)) continue;
      this.answer(from, index, router);
    }
  }

  /** Asks the link who has the addresses. */
  ask(asker: number, router: number): void {
    for (const { index } of this.around.nodes) {
      if (index === asker || !this.lan.reaches(asker, index)) continue;
      for (const after of this.lan.carryFrame())
        this.around.put(after, { is: 'who has', node: index, router, asker });
    }
  }

  /** Tells one node that the addresses are those of another (−1: of an outsider). */
  answer(from: number, to: number, router: number): void {
    if (!this.lan.reaches(from, to)) return;
    for (const after of this.lan.carryFrame())
      this.around.put(after, { is: 'claim', node: to, router, by: from });
  }

  askGateway(node: number): void {
    if (!this.lan.reachesGateway(node)) return;
    const [there] = this.lan.carryFrame();
    const back = there === undefined ? [] : this.lan.carryFrame();
    this.tally(`gateway ${node}`, back.length > 0);
    for (const after of back) this.around.put((there ?? 0) + after, { is: 'gateway answers', node });
  }

  post(from: number, to: number, bytes: Uint8Array): void {
    const life = this.around.lifeOf(to);
    const letter = { from, to, serial: this.serial++, life, bytes };
    this.letters.push(letter);
    if (this.letters.length > HISTORY) this.letters.splice(this.random.below(HISTORY), 1);
    if (this.second?.hears(from, to) !== true) return;
    const copies = this.second.carryFrame();
    this.tally(`${from} ${to}`, copies.length > 0);
    for (const after of copies) this.around.put(after, { is: 'letter', node: to, letter });
  }

  private deliver(letter: Letter): void {
    for (const after of this.second?.carryFrame() ?? [])
      this.around.put(after, { is: 'letter', node: letter.to, letter });
  }

  private send(packet: Packet): void {
    const sender = packet.origin === 'node' ? packet.from : -1;
    if (packet.origin === 'node') this.remember(packet);
    for (const node of this.around.nodes) {
      if (node.index === sender || !this.lan.hears(sender, node.index)) continue;
      const copies = this.lan.carry(packet);
      if (copies.length === 0 && node.isRunning) this.around.missed(packet, node.index);
      for (const { packet: copy, after } of copies)
        this.around.put(after, { is: 'arrival', node: node.index, packet: copy });
    }
  }

  private remember(packet: Packet): void {
    const history = this.adverts[packet.router];
    history?.push(packet);
    if (history !== undefined && history.length > HISTORY) history.shift();
  }

  /** Too many losses in a row are a disturbance of everybody. */
  private tally(way: string, arrives: boolean): void {
    const lost = arrives ? 0 : (this.losses.get(way) ?? 0) + 1;
    this.losses.set(way, lost);
    if (lost >= LOSSES) this.around.disturb();
  }
}
