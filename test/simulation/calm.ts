import type { Node } from './node.ts';
import type { Paths } from './paths.ts';

/** Since when things have been as they are. Moments of the simulation. */
export class Calm {
  /** Since when nothing has happened. */
  since = 0;
  private readonly nodes: readonly Node[];
  private readonly paths: Paths;
  private readonly live = new Map<string, number>();
  private readonly cut = new Map<Node, number>();
  private readonly reaching = new Map<Node, number>();

  constructor(nodes: readonly Node[], paths: Paths) {
    this.nodes = nodes;
    this.paths = paths;
  }

  /** Something has happened. */
  look(at: number): void {
    this.since = at;
    for (const a of this.nodes) {
      const reaches = this.paths.reachesGateway(a);
      keep(this.cut, a, !reaches, at);
      keep(this.reaching, a, reaches && a.isRunning && !a.isFrozen, at);
      for (const b of this.nodes) {
        if (a.index >= b.index) continue;
        const isLive = this.paths.isLive(a, b);
        keep(this.live, pairOf(a, b), isLive, at);
      }
    }
  }

  /** Since when two nodes have been able to tell each other what they are; null where they cannot. */
  liveSince(a: Node, b: Node): number | null {
    return this.paths.isLive(a, b) ? (this.live.get(pairOf(a, b)) ?? null) : null;
  }

  /** Since when a node does not reach its gateway; null where it does. */
  cutSince(node: Node): number | null {
    return this.cut.get(node) ?? null;
  }

  /** Since when a running node has reached its gateway; endless where it does not. */
  reachesSince(node: Node): number {
    return this.reaching.get(node) ?? Number.POSITIVE_INFINITY;
  }
}

function keep<K>(since: Map<K, number>, key: K, is: boolean, at: number): void {
  if (!is) since.delete(key);
  else if (!since.has(key)) since.set(key, at);
}

const pairOf = (a: Node, b: Node): string =>
  [`${a.index}.${a.life}`, `${b.index}.${b.life}`].sort().join(' ');
