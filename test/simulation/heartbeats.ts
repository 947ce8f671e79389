import { type Instant, instant, later, type Micros, micros } from '../../src/base/units.ts';
import { type HeartbeatLink, isAlive, NO_LINK, sealHeartbeat } from '../../src/vrrp/heartbeat.ts';
import { NO_WISHES, type Wishes, type WitnessView, wished } from '../../src/vrrp/quorum.ts';
import type { PeerWord } from '../../src/vrrp/takeover.ts';
import { newWitness, type Witness } from '../../src/vrrp/witness.ts';
import { type Grant, newsKey, type RouterNews } from '../../src/wire/heartbeat.ts';
import { ip } from '../support/instances.ts';
import type { Letter } from './due.ts';
import { demand } from './seen.ts';
import type { Program } from './surroundings.ts';

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);

interface Path {
  readonly peer: number;
  /** The peer grants virtual routers. */
  readonly isWitness: boolean;
  link: HeartbeatLink;
  sendAt: Instant;
  /** The last heartbeat that was believed. */
  latest: number;
  wishes: Wishes;
  /** As a witness: what the last message from there is answered. */
  given: readonly Grant[];
}

/** Something that a peer has said, and what it had said before. */
export interface Said {
  readonly word: PeerWord;
  readonly before: RouterNews | null;
}

/** One process at an end of paths of the second network. */
export interface Correspondent {
  readonly node: number;
  /** Counts the processes of the node. */
  readonly life: number;
  readonly interval: Micros;
  readonly peers: readonly { readonly peer: number; readonly isWitness: boolean }[];
  readonly program: Program;
  news(): readonly RouterNews[];
  post(to: number, bytes: Uint8Array): void;
}

/** The second paths of one process, in the manner of the daemon. Each virtual router has a VRID of its own. */
export class Heartbeats {
  private readonly of: Correspondent;
  private readonly paths: readonly Path[];
  private readonly epoch: bigint;
  private witness: Witness;
  private sequence = 0n;

  constructor(of: Correspondent, now: Instant) {
    this.of = of;
    this.epoch = BigInt(1_000_000 * (of.node + 1) + of.life);
    this.witness = newWitness(now);
    const fresh = { link: NO_LINK, sendAt: now, latest: -1, wishes: NO_WISHES, given: [] };
    this.paths = of.peers.map((peer) => ({ ...fresh, ...peer }));
  }

  get deadline(): Instant {
    return Math.min(...this.paths.map(({ sendAt }) => sendAt)) as Instant;
  }

  tick(now: Instant): void {
    for (const path of this.paths) if (path.sendAt <= now) this.send(path, now);
  }

  /** Something has changed that the peers should know at once. */
  announce(now: Instant): void {
    for (const path of this.paths) this.send(path, now);
  }

  /**
   * What has been said in a heartbeat; null for one that is refused. `isUrgent`: it is to be answered at once, when what
   * it says has been followed.
   */
  receive(
    { from, serial, life, bytes }: Letter,
    now: Instant,
  ): { readonly said: readonly Said[]; readonly isUrgent: boolean } | null {
    const path = this.pathTo(from);
    const before = path.link;
    const { node, interval, program } = this.of;
    const { link, outcome } = program.hear(before, SECRET, this.epoch, interval, bytes, now);
    path.link = link;
    if (!outcome.ok) {
      if (link.echo !== before.echo) this.send(path, now);
      return null;
    }
    demand('S4', serial > path.latest, `node ${node} believes a heartbeat of node ${from} again`);
    demand('S4', life === this.of.life, `node ${node} believes a heartbeat to a predecessor`);
    path.latest = serial;
    const isUrgent = this.grant(path, now);
    const said = link.routers.map((news) => ({
      word: wordOf(path, news),
      before: before.routers.find(({ vrid }) => vrid === news.vrid) ?? null,
    }));
    return { said, isUrgent };
  }

  answer(to: number, now: Instant): void {
    this.send(this.pathTo(to), now);
  }

  /** What peers on live paths say of a virtual router. */
  words(vrid: number, now: Instant): readonly PeerWord[] {
    const words: PeerWord[] = [];
    for (const path of this.paths) {
      if (!isAlive(path.link, this.of.interval, now)) continue;
      const news = path.link.routers.find((one) => one.vrid === vrid);
      if (news !== undefined) words.push(wordOf(path, news));
    }
    return words;
  }

  /** What the witnesses say of a virtual router. */
  witnesses(key: string, now: Instant): readonly WitnessView[] {
    const { interval } = this.of;
    return this.paths.flatMap(({ peer, isWitness, link, wishes }) => {
      if (!isWitness) return [];
      const word = wishes.words.get(key) ?? null;
      const isHeard = isAlive(link, interval, now);
      return [{ path: addressOf(peer), routerId: link.routerId, isHeard, interval, word }];
    });
  }

  private pathTo(peer: number): Path {
    const path = this.paths.find((one) => one.peer === peer);
    if (path === undefined) throw new Error(`node ${this.of.node} has no path to node ${peer}`);
    return path;
  }

  /** A message has been believed. Whether it is answered with something else than the one before. */
  private grant(path: Path, now: Instant): boolean {
    const { routers, answers, grants } = path.link;
    const { program } = this.of;
    if (path.isWitness && answers !== null)
      path.wishes = program.heardGrants(path.wishes, answers, grants, now);
    // Who may have them itself is no witness for them.
    if (this.of.news().length > 0) return false;
    const step = program.stepWitness(this.witness, `${path.peer}`, routers, now);
    this.witness = step.witness;
    const before = new Map(path.given.map((one) => [newsKey(one), one.verdict]));
    path.given = step.grants;
    return step.grants.some((one) => before.get(newsKey(one)) !== one.verdict);
  }

  private send(path: Path, now: Instant): void {
    path.sendAt = later(now, this.of.interval);
    this.sequence++;
    const { epoch, sequence } = this;
    const { echo, believed } = path.link;
    const routers = this.of.news().map((one): RouterNews => {
      if (!path.isWitness) return { ...one, wants: micros(0) };
      const until = path.wishes.words.get(newsKey(one))?.until ?? null;
      return { ...one, hasGrant: until !== null && until > now };
    });
    if (path.isWitness) path.wishes = wished(path.wishes, sequence, routers, now);
    const isOfItsEpoch = believed !== null && believed.epoch === echo;
    const answers = isOfItsEpoch ? believed.sequence : 0n;
    const grants = isOfItsEpoch ? path.given : [];
    const routerId = `node ${this.of.node}`;
    const message = { epoch, echo, sequence, routerId, routers, answers, grants };
    this.of.post(path.peer, sealHeartbeat(SECRET, message));
  }
}

const addressOf = (peer: number) => ip(`10.9.0.${peer + 1}`);

const wordOf = ({ peer, link }: Path, news: RouterNews): PeerWord => ({
  path: addressOf(peer),
  routerId: link.routerId ?? `node ${peer}`,
  heardAt: link.heardAt ?? instant(0),
  servesSince: link.servesSince.get(newsKey(news)) ?? null,
  news,
});
