import type { VrrpState } from '../../src/vrrp/state.ts';
import { Calm } from './calm.ts';
import { budgetOf, downTime, graceTime, suspectTime } from './delays.ts';
import type { Node } from './node.ts';
import type { Paths } from './paths.ts';
import type { Running } from './running.ts';
import { demand } from './seen.ts';
import type { World } from './world.ts';

/** µs: rounding of two clocks, their drift, and the loops. */
const SLACK = 10_000;
/** µs: one that does not ask now has heard its gateway within that. */
const FRESH = 2_500_000;
/** µs: the gateway is asked every second, and a peer tells of it with its next heartbeat. */
const KNOWN = 5_000_000;

type Backup = Extract<VrrpState, { at: 'backup' }>;

/** Who takes over must not know better: what is looked at before a takeover, judged by what the networks are. */
export class TakeoverOracle {
  private readonly world: World;
  private readonly nodes: readonly Node[];
  private readonly paths: Paths;
  private readonly calm: Calm;
  /** By router and node. */
  private readonly masterSince = new Map<string, number>();
  private readonly graceUntil = new Map<string, number>();
  private readonly touched = new Set<number>();

  constructor(world: World, nodes: readonly Node[], paths: Paths) {
    this.world = world;
    this.nodes = nodes;
    this.paths = paths;
    this.calm = new Calm(nodes, paths);
  }

  /** Somebody's kernel has got or lost the addresses of a virtual router. */
  kept(router: number): void {
    this.touched.add(router);
  }

  /** After each event. */
  settle(at: number): void {
    if (this.touched.size === 0) return;
    for (const router of this.touched) this.checkHolders(at, router);
    this.touched.clear();
  }

  /** With witnesses that are required nobody has the addresses beside another, but for a takeover in order. */
  private checkHolders(at: number, router: number): void {
    if (this.world.gate?.witnesses?.policy !== 'required') return;
    const holders = this.nodes.filter((node) => {
      if (!node.kernel.isLoud(router)) return false;
      const state = node.isRunning && !node.isFrozen ? node.stateOf(router) : 'master';
      return state === 'master' && at > (this.graceUntil.get(`${router} ${node.index}`) ?? -1);
    });
    const names = holders.map(({ index }) => index);
    demand('quorum', names.length <= 1, `nodes ${names} have the addresses of router ${router}`);
  }

  /** Who takes over from a master that it hears or that has resigned may have them beside it, until that hears it. */
  private enter(at: number, key: string, running: Running, from: VrrpState): void {
    const isAsked = from.at === 'backup' && (from.asking?.isOpen === true || from.willing);
    const isHeard = from.at === 'backup' && (from.master?.priority === 0 || isLower(running, from));
    const grace = graceTime(this.world.gate, running.config) + SLACK;
    this.graceUntil.set(key, isAsked && !isHeard ? at - 1 : at + grace);
  }

  /** Something has happened. */
  look(at: number): void {
    this.calm.look(at);
  }

  changed(at: number, index: number, running: Running, from: VrrpState): void {
    const { state, router } = running;
    const key = `${router} ${index}`;
    if (state.at === 'master') this.masterSince.set(key, at);
    else this.masterSince.delete(key);
    const node = this.nodes[index];
    if (this.world.gate === null || node === undefined) return;
    if (state.at === 'master' && from.at !== 'master') this.enter(at, key, running, from);
    if (state.at !== 'master' || from.at !== 'backup' || from.master?.priority === 0) return;
    this.checkIsolated(at, node, running, from);
    // What is said of a lower master that is heard may be that it serves.
    if (isLower(running, from)) return;
    this.checkServed(at, node, running);
    this.checkSuspect(at, node, running, from);
  }

  private checkIsolated(at: number, node: Node, running: Running, from: Backup): void {
    const cutSince = this.calm.cutSince(node);
    if (cutSince === null) return;
    const once = this.world.network.delay[1];
    const asked =
      from.asking?.isOpen === true ? budgetOf(this.world.gate, running.config) + 2 * once : FRESH + 2 * once;
    const lasted = at - cutSince;
    const most = asked + this.stale(running) + SLACK;
    demand('isolated', lasted <= most, `node ${node.index} takes over, cut off for ${lasted} µs`);
  }

  private checkServed(at: number, node: Node, running: Running): void {
    const { gate, network } = this.world;
    const second = gate?.second ?? null;
    if (second === null || second.network.loss + second.network.corrupt > 0) return;
    // A master that does not hear its gateway says that it cannot serve.
    if (gate?.gateway === true && network.loss + network.corrupt > 0) return;
    const known = 8 * (second.interval + second.network.delay[1]) + this.stale(running) + SLACK;
    for (const other of this.nodes) {
      const since = this.masterSince.get(`${running.router} ${other.index}`);
      const liveSince = this.calm.liveSince(node, other);
      if (other === node || since === undefined || liveSince === null) continue;
      const reaches = gate?.gateway !== true || at - this.calm.reachesSince(other) > KNOWN;
      const isKnown = reaches && at - since > known && at - liveSince > known;
      const what = `node ${node.index} takes over beside node ${other.index}, which says that it serves`;
      demand('S1', !isKnown, what);
    }
  }

  private checkSuspect(at: number, node: Node, running: Running, { asking }: Backup): void {
    const { network } = this.world;
    if (asking?.isOpen !== true || running.isGrouped || network.loss + network.corrupt > 0) return;
    const hold = suspectTime(this.world.gate, running.config);
    const waited = node.clock.now(at) - asking.downAt;
    const isCalm = at - this.calm.since > budgetOf(this.world.gate, running.config) + SLACK;
    if (!isCalm || waited >= hold - SLACK) return;
    for (const other of this.nodes) {
      const answers = (!other.isRunning || other.isFrozen) && other.kernel.isLoud(running.router);
      const isHeard =
        this.paths.lan.reaches(node.index, other.index) && this.paths.lan.reaches(other.index, node.index);
      const what = `node ${node.index} takes over after ${waited} µs beside node ${other.index}, which answers`;
      demand('suspect', other === node || !answers || !isHeard, what);
    }
  }

  /** How old a verdict may be when a member of a group that waited for the others takes over. */
  private stale({ isGrouped, config }: Running): number {
    return isGrouped ? 2 * downTime(config) : 0;
  }
}

const isLower = ({ machine }: Running, { master, standsBack }: Backup): boolean =>
  master !== null && machine.preempt && !standsBack && master.priority < machine.priority;
