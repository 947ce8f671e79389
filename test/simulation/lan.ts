import type { Packet } from './packets.ts';
import { readPayload } from './packets.ts';
import type { Random } from './random.ts';
import type { Network } from './world.ts';

/** A segment between the nodes: who hears whom, and what becomes of a packet on its way. */
export class Lan {
  private readonly network: Network;
  private readonly random: Random;
  private readonly count: number;
  private parts: readonly number[];
  private readonly unplugged = new Set<number>();
  /** `from * count + to` by how many spells of deafness lie over it. */
  private readonly deaf = new Map<number, number>();
  /** Nodes whose firewall drops adverts, by how many spells of that lie over them. */
  private readonly filtered = new Map<number, number>();
  /** Nodes whose way to the gateway is cut. */
  private readonly cutOff = new Set<number>();

  constructor(network: Network, random: Random, count: number) {
    this.network = network;
    this.random = random;
    this.count = count;
    this.parts = Array.from({ length: count }, () => 0);
  }

  split(parts: readonly number[]): void {
    this.parts = parts;
  }

  plug(node: number, isIn: boolean): void {
    if (isIn) this.unplugged.delete(node);
    else this.unplugged.add(node);
  }

  isPlugged(node: number): boolean {
    return !this.unplugged.has(node);
  }

  deafen(from: number, to: number, by: 1 | -1): void {
    const key = from * this.count + to;
    this.deaf.set(key, (this.deaf.get(key) ?? 0) + by);
  }

  filter(node: number, by: 1 | -1): void {
    this.filtered.set(node, (this.filtered.get(node) ?? 0) + by);
  }

  cutGateway(node: number, isCut: boolean): void {
    if (isCut) this.cutOff.add(node);
    else this.cutOff.delete(node);
  }

  /** Whether the frames of one reach the other. An outsider (−1) is everywhere that there is a cable. */
  reaches(from: number, to: number): boolean {
    if (this.unplugged.has(to)) return false;
    if (from < 0) return true;
    if (this.unplugged.has(from) || this.parts[from] !== this.parts[to]) return false;
    return (this.deaf.get(from * this.count + to) ?? 0) === 0;
  }

  /** Whether the adverts of one reach the other. */
  hears(from: number, to: number): boolean {
    const drops = (node: number) => (this.filtered.get(node) ?? 0) > 0;
    return this.reaches(from, to) && !drops(from) && !drops(to);
  }

  /** The gateway is in the first part. */
  reachesGateway(node: number): boolean {
    return !this.unplugged.has(node) && this.parts[node] === 0 && !this.cutOff.has(node);
  }

  /** The copies of a packet that reach a node, with the time that each takes. */
  carry(packet: Packet): readonly { readonly packet: Packet; readonly after: number }[] {
    const { network, random } = this;
    if (random.chance(network.loss)) return [];
    const copies = random.chance(network.duplicate) ? 2 : 1;
    return Array.from({ length: copies }, () => ({
      packet: random.chance(network.corrupt) ? this.corrupted(packet) : packet,
      after: random.between(network.delay[0], network.delay[1]),
    }));
  }

  /** How long each copy of a frame takes that is nothing when it is corrupt. */
  carryFrame(): readonly number[] {
    const { network, random } = this;
    if (random.chance(network.loss) || random.chance(network.corrupt)) return [];
    const copies = random.chance(network.duplicate) ? 2 : 1;
    return Array.from({ length: copies }, () => random.between(network.delay[0], network.delay[1]));
  }

  private corrupted(packet: Packet): Packet {
    if (packet.payload.length === 0) return packet;
    const payload = packet.payload.slice();
    const at = this.random.below(payload.length);
    payload[at] = (payload[at] ?? 0) ^ (1 << this.random.below(8));
    return { ...packet, payload, isCorrupt: true, read: readPayload(packet.source, payload) };
  }
}
