import { ipFamily } from '../base/ip.ts';
import { elapsed, type Instant, instant, later, seconds, type WallTime } from '../base/units.ts';
import type { HeartbeatConfig, HeartbeatPath } from '../model/config.ts';
import type { HeartbeatStatus } from '../model/status.ts';
import { wishesOf } from '../vrrp/grant-order.ts';
import {
  type HeartbeatLink,
  hearHeartbeat,
  isAlive,
  lostAt,
  NO_LINK,
  sealHeartbeat,
} from '../vrrp/heartbeat.ts';
import type { WitnessView } from '../vrrp/quorum.ts';
import type { PeerWord } from '../vrrp/takeover.ts';
import type { Datagram } from '../wire/datagram.ts';
import { newsKey, type RouterNews } from '../wire/heartbeat.ts';
import { endsOf, VrrpGrants } from './vrrp-grants.ts';
import type { HeartbeatSocket, VrrpPorts } from './vrrp-ports.ts';
import type { VrrpVoice } from './vrrp-voice.ts';

/** What waited for a link to come back arrives then, seconds old and all at once: for so long it is no news. */
const STALE = seconds(0.1);
/** A peer that begins, or comes back, stands still for some milliseconds more often: until then its silence is not its death. */
const STEADY = seconds(1);
/** How long a socket that could not be opened is left alone. */
const RETRY = seconds(1);

/** Characters, of four bytes at most, in the 255 bytes that a message has for it. */
const LONGEST_NAME = 63;
const MOST_ROUTERS = 255;

interface Path {
  readonly config: HeartbeatPath;
  link: HeartbeatLink;
  sendAt: Instant;
  /** Whether it has been told that the peer is heard. */
  isUp: boolean;
  since: WallTime | null;
  /** When it was last found lost, or heard again. */
  turnedAt: Instant;
  /** When it was last heard again after it had been lost; null for never. */
  backAt: Instant | null;
  problem: string | null;
  /** Why the last message was refused; null where it was not. */
  refused: string | null;
}

/** Who is told what is heard. */
export interface Listener {
  /** What a peer says of a virtual router, and what it said before. */
  readonly hear: (word: PeerWord, before: RouterNews | null) => void;
  /** A peer is dead, because a path has been lost whose silence says so; what it had said there. */
  readonly missed: (last: PeerWord) => void;
  /** A message has been heard, and what it says. */
  readonly heard: () => void;
}

/**
 * The second paths to the peers. It has no timer: its owner calls `tick` at `deadline`, after `drain`, so that no path
 * is lost while the message that keeps it waits in the socket.
 */
export class VrrpHeartbeat {
  private readonly ports: Pick<VrrpPorts, 'clock' | 'openHeartbeatSocket'>;
  private readonly voice: VrrpVoice;
  private readonly news: () => readonly RouterNews[];
  private readonly listener: Listener;
  private readonly grants: VrrpGrants;
  private readonly epoch: bigint;
  private sequence = 0n;
  private config: HeartbeatConfig | null = null;
  private routerId = '';
  private paths: readonly Path[] = [];
  private readonly sockets = new Map<string, HeartbeatSocket>();
  private retryAt: Instant | null = null;

  /** `epoch` is a random number of 64 bits that is not zero; `news` is what our messages say. */
  constructor(
    ports: Pick<VrrpPorts, 'clock' | 'openHeartbeatSocket'>,
    voice: VrrpVoice,
    epoch: bigint,
    news: () => readonly RouterNews[],
    listener: Listener,
  ) {
    this.ports = ports;
    this.voice = voice;
    this.epoch = epoch;
    this.news = news;
    this.listener = listener;
    this.grants = new VrrpGrants(ports.clock);
  }

  /** Whether there is a path at all. */
  get exists(): boolean {
    return this.paths.length > 0;
  }

  /** Paths whose ends stay the same keep what they have heard. */
  apply(config: HeartbeatConfig | null, routerId: string): void {
    const now = this.ports.clock.now();
    this.config = config;
    this.routerId = [...routerId].slice(0, LONGEST_NAME).join('');
    this.paths = (config?.paths ?? []).map((one): Path => {
      const before = this.paths.find((path) => endsOf(path.config) === endsOf(one));
      const told = { isUp: false, since: null, turnedAt: now, backAt: null, problem: null, refused: null };
      const fresh = { link: NO_LINK, sendAt: now, ...told };
      return { ...(before ?? fresh), config: one };
    });
    this.grants.follow(this.paths.map((path) => path.config));
    this.followSockets();
  }

  /** When it wants to be ticked; null for never. */
  get deadline(): Instant | null {
    const waits = this.paths.flatMap(({ config, link, sendAt, isUp }) => {
      const lost = isUp ? lostAt(link, config.interval) : null;
      return lost === null ? [sendAt] : [sendAt, lost];
    });
    if (this.retryAt !== null) waits.push(this.retryAt);
    return waits.length === 0 ? null : (Math.min(...waits) as Instant);
  }

  drain(): void {
    for (const socket of this.sockets.values()) socket.drain();
  }

  tick(now: Instant): void {
    if (this.retryAt !== null && this.retryAt <= now) this.followSockets();
    for (const path of this.paths) {
      if (path.isUp && !isAlive(path.link, path.config.interval, now)) {
        const isDeath = path.config.failover && elapsed(path.turnedAt, now) >= STEADY;
        this.tell(path, false);
        if (isDeath) for (const news of path.link.routers) this.listener.missed(wordOf(path, news));
      }
      if (path.sendAt <= now) this.send(path);
    }
  }

  /** Something has changed that the peers should know at once. */
  announce(): void {
    for (const path of this.paths) this.send(path);
  }

  /** What peers on live paths say of a virtual router. */
  words(key: string): readonly PeerWord[] {
    const now = this.ports.clock.now();
    return this.paths
      .filter(({ config, link }) => isAlive(link, config.interval, now))
      .flatMap((path) =>
        path.link.routers.filter((news) => newsKey(news) === key).map((news) => wordOf(path, news)),
      );
  }

  /** What the witnesses say of a virtual router. */
  witnesses(key: string): readonly WitnessView[] {
    const now = this.ports.clock.now();
    return this.paths.flatMap(({ config, link }) => {
      const { peer: path, interval, witness } = config;
      const isHeard = isAlive(link, interval, now);
      const word = this.grants.word(config, key);
      return witness ? [{ path, routerId: link.routerId, isHeard, interval, word }] : [];
    });
  }

  show(): readonly HeartbeatStatus[] {
    const now = this.ports.clock.now();
    const own = this.news();
    return this.paths.map(({ config, link, since, ...path }) => {
      const { local, peer, interval, witness } = config;
      const alive = isAlive(link, interval, now);
      const grants = this.grants.show(config, own);
      const refused = path.refused === null ? null : `refused: ${path.refused}`;
      const problem = path.problem ?? refused;
      return { local, peer, alive, routerId: link.routerId, since, problem, witness, ...grants };
    });
  }

  close(): void {
    this.paths = [];
    this.followSockets();
  }

  private send(path: Path): void {
    const { config } = this;
    const { local, peer, interval } = path.config;
    const now = this.ports.clock.now();
    // As adverts do, they keep the beat: a loop that is late does not make a path silent.
    const onBeat = later(path.sendAt, interval);
    path.sendAt = path.sendAt <= now && onBeat > now ? onBeat : later(now, interval);
    const socket = this.sockets.get(socketOf(path.config));
    if (socket === undefined || config?.key.kind !== 'bytes') return;
    this.sequence++;
    const { epoch, sequence, routerId } = this;
    const message = {
      epoch,
      echo: path.link.echo,
      sequence,
      routerId,
      ...this.grants.outgoing(path.config, path.link, this.news().slice(0, MOST_ROUTERS), sequence),
    };
    const sent = socket.send(peer, local, sealHeartbeat(config.key.bytes, message));
    path.problem = sent.ok ? null : `cannot send: ${sent.error}`;
  }

  private receive(port: number, { source, destination, payload }: Datagram): void {
    const { config } = this;
    const path = this.paths.find(
      ({ config: one }) => one.port === port && one.peer === source && one.local === destination,
    );
    if (path === undefined || config?.key.kind !== 'bytes') return;
    const now = this.ports.clock.now();
    const before = path.link;
    const { interval } = path.config;
    const { link, outcome } = hearHeartbeat(before, config.key.bytes, this.epoch, interval, payload, now);
    path.link = link;
    if (!outcome.ok) {
      if (link.echo !== before.echo) this.send(path);
      if (outcome.error === 'greeting') return;
      path.refused = outcome.error;
      const message = `refused a heartbeat from ${source}: ${outcome.error}`;
      this.voice.complain(`${source} ${outcome.error}`, 'warn', 'heartbeat_refused', message, {
        peer: source,
      });
      return;
    }
    path.refused = null;
    if (!path.isUp) this.tell(path, true);
    const { backAt } = path;
    const isNews = backAt === null || elapsed(backAt, now) > STALE;
    const known = new Map(before.routers.map((news) => [newsKey(news), news]));
    const news = this.news();
    const isChanged = this.grants.heard(path.config, link, news);
    for (const news of link.routers)
      this.listener.hear(wordOf(path, news), isNews ? (known.get(newsKey(news)) ?? null) : null);
    this.listener.heard();
    const asks = this.paths.some(({ config: one }) => one.witness);
    if (asks && wishesOf(this.news()) !== wishesOf(news)) this.announce();
    else if (isChanged) this.send(path);
  }

  private tell(path: Path, isUp: boolean): void {
    const { local, peer } = path.config;
    path.isUp = isUp;
    path.turnedAt = this.ports.clock.now();
    if (isUp && path.since !== null) path.backAt = path.turnedAt;
    path.since = this.ports.clock.wall();
    const name = path.link.routerId ?? peer;
    const what = isUp ? 'is heard' : 'is not heard any more';
    const message = `heartbeat: ${name} ${what} on the path from ${local} to ${peer}`;
    this.voice.tell(isUp ? 'info' : 'warn', isUp ? 'heartbeat_up' : 'heartbeat_lost', message, {
      local,
      peer,
    });
  }

  private followSockets(): void {
    this.retryAt = null;
    const wanted = new Map(this.paths.map(({ config }) => [socketOf(config), config]));
    for (const [key, socket] of this.sockets) {
      if (wanted.has(key)) continue;
      socket.close();
      this.sockets.delete(key);
    }
    for (const [key, { local, port }] of wanted) {
      if (this.sockets.has(key)) continue;
      const opened = this.ports.openHeartbeatSocket({
        family: ipFamily(local),
        port,
        onPacket: (datagram) => this.receive(port, datagram),
        onError: (because) => this.complain(key, `cannot receive: ${because}`),
      });
      if (opened.ok) {
        this.sockets.set(key, opened.value);
        continue;
      }
      this.complain(key, `cannot open UDP port ${port}: ${opened.error}`);
      this.retryAt = later(this.ports.clock.now(), RETRY);
    }
  }

  private complain(key: string, problem: string): void {
    for (const path of this.paths) if (socketOf(path.config) === key) path.problem = problem;
    this.voice.complain(key, 'error', 'heartbeat_failed', `heartbeat: ${problem}`, {});
  }
}

const socketOf = ({ local, port }: HeartbeatPath): string => `${ipFamily(local)} ${port}`;

const wordOf = ({ config, link }: Path, news: RouterNews): PeerWord => ({
  path: config.peer,
  routerId: link.routerId ?? config.peer,
  heardAt: link.heardAt ?? instant(0),
  servesSince: link.servesSince.get(newsKey(news)) ?? null,
  news,
});
