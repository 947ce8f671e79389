import type { Lan } from './lan.ts';
import type { Node } from './node.ts';
import type { Traffic } from './traffic.ts';
import type { WitnessNode } from './witness-node.ts';
import type { World } from './world.ts';

type Machine = Pick<Node, 'index' | 'isRunning' | 'isFrozen'>;

/** Who could hear whom, by what the networks are and not by what has been heard. */
export class Paths {
  readonly lan: Lan;
  private readonly second: Lan | null;
  private readonly world: World;
  private readonly nodes: readonly Node[];
  private readonly witnesses: readonly WitnessNode[];

  constructor(
    world: World,
    nodes: readonly Node[],
    witnesses: readonly WitnessNode[],
    { lan, second }: Traffic,
  ) {
    this.world = world;
    this.nodes = nodes;
    this.witnesses = witnesses;
    this.lan = lan;
    this.second = second;
  }

  /** Whether a node reaches its gateway; one that has none always does. */
  reachesGateway({ index }: Node): boolean {
    return this.world.gate?.gateway !== true || this.lan.reachesGateway(index);
  }

  /** Whether two nodes may tell each other on the second path what they are. */
  isLive(a: Machine, b: Machine): boolean {
    const isUp = a.isRunning && b.isRunning && !a.isFrozen && !b.isFrozen;
    return isUp && this.second?.hears(a.index, b.index) === true && this.second.hears(b.index, a.index);
  }

  /** Whether nothing but a silent master is needed for a node to be master of a domain. */
  mayTakeOver(node: Node, domain: number): boolean {
    if (this.world.gate === null) return true;
    const isServed = this.nodes.some(
      (other) => other !== node && isMaster(other, domain) && this.isLive(node, other),
    );
    return !isServed && this.reachesGateway(node) && this.isGrantable(node);
  }

  /** Whether most of the witnesses may answer a node; one that has none needs none. */
  isGrantable(node: Node): boolean {
    const live = this.witnesses.filter((witness) => this.isLive(node, witness));
    return this.witnesses.length === 0 || 2 * live.length > this.witnesses.length;
  }
}

const isMaster = ({ domains }: Node, domain: number): boolean => domains[domain]?.[0]?.state.at === 'master';
