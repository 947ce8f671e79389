import type { Disturbance } from './disturbance.ts';
import { KERNEL_SLACK } from './kernel.ts';
import type { Node } from './node.ts';
import type { Paths } from './paths.ts';
import { demand } from './seen.ts';
import type { RouterSetup, World } from './world.ts';

/** µs: rounding, and how much older than the last advert a lease may be. */
const SLACK = 5_000;
const RENEW_GAP = 100_000;

/** Nobody answers; one that lives beside one that does not; one that has resigned beside its successor. */
export type Keeping = 'gap' | 'ghost' | 'overlap';

type Measured = { lasted: number; limit: number };

/** Who answers the link for the addresses of a domain, also out of kernels whose process does not run. */
export class Holders {
  readonly worst: Record<Keeping, Measured> = {
    gap: { lasted: 0, limit: 0 },
    ghost: { lasted: 0, limit: 0 },
    overlap: { lasted: 0, limit: 0 },
  };
  private readonly domain: number;
  private readonly world: World;
  private readonly routers: readonly number[];
  private readonly setups: readonly RouterSetup[];
  private readonly nodes: readonly Node[];
  private readonly paths: Paths;
  private readonly isPerfect: boolean;
  private last: Disturbance = 'harsh';
  /** Those that did not run before what happened last. */
  private fresh: ReadonlySet<Node> = new Set();
  private readonly since: Record<Keeping, number | null> = { gap: null, ghost: null, overlap: null };
  /** Somebody answers everywhere. */
  private isAnswered = false;
  /** Disturbances after which the addresses must not go unanswered, or not for long. */
  judged = 0;
  private readonly resigned = new Set<number>();

  constructor(domain: number, world: World, nodes: readonly Node[], paths: Paths) {
    this.domain = domain;
    this.world = world;
    this.setups = world.routers.filter((router) => router.domain === domain);
    this.routers = world.routers.flatMap((router, i) => (router.domain === domain ? [i] : []));
    this.nodes = nodes;
    this.paths = paths;
    const { loss, corrupt } = world.network;
    this.isPerfect = loss + corrupt === 0;
  }

  /** Before it happens; `isSettled`: everybody agreed. */
  disturbed(what: Disturbance, isSettled: boolean): void {
    this.last = isSettled && this.isPerfect && this.isAnswered ? what : 'harsh';
    if (this.last !== 'planned') this.resigned.clear();
    this.fresh = new Set(this.nodes.filter(({ isRunning }) => !isRunning));
    if (this.last !== 'harsh') this.judged++;
  }

  resigns(node: number): void {
    this.resigned.add(node);
  }

  /** `parts` are the live nodes by who hears whom. */
  review(at: number, parts: readonly (readonly Node[])[]): void {
    this.check(at);
    const is = { gap: false, ghost: false, overlap: false };
    this.isAnswered = parts.length > 0;
    for (const part of parts) this.look(part, is);
    for (const one of KEEPING) this.since[one] = is[one] ? (this.since[one] ?? at) : null;
  }

  check(at: number): void {
    for (const one of KEEPING) {
      const since = this.since[one];
      const limit = since === null ? null : this.limit(one);
      if (since === null || limit === null) continue;
      const lasted = at - since;
      if (lasted > this.worst[one].lasted) this.worst[one] = { lasted, limit };
      demand(NAMES[one], lasted <= limit, `${one} for ${lasted} µs, limit ${limit}, after ${this.last}`);
    }
  }

  private look(part: readonly Node[], is: Record<Keeping, boolean>): void {
    const [first] = part;
    if (first === undefined) return;
    for (const router of this.routers) {
      let live = 0;
      let ghosts = 0;
      let isKept = false;
      let left = false;
      let isServable = false;
      for (const node of this.nodes) {
        const isLive = part.includes(node);
        const state = isLive ? node.stateOf(router) : null;
        const isAllowed = state === 'backup' && this.paths.mayTakeOver(node, this.domain);
        if (isAllowed || state === 'master') isServable = true;
        if (!node.kernel.isLoud(router) || !(node === first || this.paths.lan.hears(node.index, first.index)))
          continue;
        if (isLive) live++;
        else if (node.kernel.isLeased(router)) ghosts++;
        else isKept = true;
        if (isLive && state !== 'master' && this.resigned.has(node.index)) left = true;
      }
      const isAnswered = live + ghosts > 0 || isKept;
      if (!isAnswered) this.isAnswered = false;
      // Nobody served where only those are that begin now.
      if (!isAnswered && isServable && !part.every((node) => this.fresh.has(node))) is.gap = true;
      if (live > 0 && ghosts > 0) is.ghost = true;
      if (left && part.some((node) => node.stateOf(router) === 'master')) is.overlap = true;
    }
  }

  private limit(one: Keeping): number | null {
    const { network } = this.world;
    const once = network.delay[1] + network.late + SLACK;
    if (one === 'overlap') return this.last === 'planned' ? once : null;
    const settings = this.nodes.flatMap((node) => node.settings[this.domain] ?? []);
    const isOne = (of: (one: (typeof settings)[number]) => unknown) => new Set(settings.map(of)).size === 1;
    const isUniform = isOne(({ interval }) => interval) && isOne(({ downTimerAdverts }) => downTimerAdverts);
    const policies = new Set(settings.map(({ lease }) => lease));
    if (one === 'gap') {
      if (this.last === 'planned') return 0;
      const serves = isUniform && policies.size === 1 && !policies.has('strict');
      return this.last === 'death' && serves ? once + RENEW_GAP : null;
    }
    if (this.last !== 'death' || !isUniform) return this.longestLease() + KERNEL_SLACK;
    if (policies.size === 1 && policies.has('strict')) return 0;
    // A whole second of rounding, and the longest skew time that it counts with and the successor has not.
    const interval = Math.max(0, ...settings.map((each) => each.interval * 10_000));
    const skew = this.setups.some(({ version }) => version === 2) ? 1_000_000 : interval;
    return Math.max(2_000_000, 1_000_000 + skew) + KERNEL_SLACK + once;
  }

  private longestLease(): number {
    return Math.max(...this.nodes.map(({ kernel }) => kernel.longest));
  }
}

const KEEPING = ['gap', 'ghost', 'overlap'] as const;
const NAMES = { gap: 'S2', ghost: 'S1', overlap: 'S1' } as const;
