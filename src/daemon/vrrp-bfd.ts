import { ipFamily } from '../base/ip.ts';
import { elapsed, type Instant, later, seconds, type WallTime } from '../base/units.ts';
import { type BfdRefusal, noBfdRefusals } from '../model/counters.ts';
import type { BfdStatus } from '../model/status.ts';
import type { BfdConfig, TrackerHealth } from '../model/tracking.ts';
import { type BfdEvent, type BfdSession, nextBfdDeadline, startBfd, stepBfd } from '../vrrp/bfd.ts';
import { acceptBfd, bfdPort, isBetween } from '../vrrp/bfd-accept.ts';
import { type BfdPacket, encodeBfd } from '../wire/bfd.ts';
import type { Datagram } from '../wire/datagram.ts';
import type { BfdSocket, VrrpPorts } from './vrrp-ports.ts';
import type { VrrpVoice } from './vrrp-voice.ts';

/** How long after a socket could not be opened it is tried again. */
const RETRY = seconds(1);

interface Entry {
  config: BfdConfig;
  session: BfdSession;
  since: WallTime;
  sent: number;
  received: number;
  readonly refused: Record<BfdRefusal, number>;
  /** Why its last packet could not be sent; null when it could. */
  sendProblem: string | null;
}

interface Carrier {
  readonly socket: BfdSocket | null;
  /** Why there is none. */
  problem: string | null;
  /** When to try again; null while it is open. */
  readonly retryAt: Instant | null;
}

/**
 * The BFD sessions of the vrrp process. It has no timer: its owner calls `tick` at `deadline`, after `drain`, so that
 * a session is not given up while the packet that keeps it waits in the socket.
 */
export class VrrpBfd {
  private readonly ports: Pick<VrrpPorts, 'clock' | 'openBfdSocket'>;
  private readonly random: () => number;
  private readonly changed: (name: string) => void;
  private readonly hastened: () => void;
  private entries = new Map<string, Entry>();
  /** By family and port. */
  private readonly carriers = new Map<string, Carrier>();

  /**
   * `random` gives numbers in [0, 1). `changed` is told of a session that comes up, goes down or counts otherwise
   * than before by itself, not by `apply` or `stop`; `hastened` that a packet has brought `deadline` forward.
   */
  constructor(
    ports: Pick<VrrpPorts, 'clock' | 'openBfdSocket'>,
    random: () => number,
    changed: (name: string) => void,
    hastened: () => void,
  ) {
    this.ports = ports;
    this.random = random;
    this.changed = changed;
    this.hastened = hastened;
  }

  /** Sessions whose ends stay the same keep their state, and negotiate what else has changed. */
  apply(sessions: readonly BfdConfig[]): void {
    const before = this.entries;
    const wanted = new Map(sessions.map((config) => [config.name, config]));
    for (const [name, entry] of before) {
      const config = wanted.get(name);
      if (config === undefined || !hasSameEnds(config, entry.config)) this.step(entry, { on: 'stop' });
    }
    this.followSockets(sessions);
    this.entries = new Map();
    for (const config of sessions) {
      const entry = before.get(config.name);
      if (entry === undefined || entry.session.state === 'AdminDown') {
        this.entries.set(config.name, this.newEntry(config));
        continue;
      }
      this.entries.set(config.name, entry);
      entry.config = config;
      this.step(entry, { on: 'reconfigure' });
    }
  }

  /** When it wants to be ticked; null for not before a packet. */
  get deadline(): Instant | null {
    const waits = [
      ...[...this.entries.values()].map(({ session }) => nextBfdDeadline(session)),
      ...[...this.carriers.values()].map(({ retryAt }) => retryAt),
    ].filter((wait) => wait !== null);
    return waits.length === 0 ? null : (Math.min(...waits) as Instant);
  }

  tick(now: Instant): void {
    if ([...this.carriers.values()].some(({ retryAt }) => retryAt !== null && retryAt <= now))
      this.followSockets([...this.entries.values()].map(({ config }) => config));
    for (const entry of this.entries.values()) {
      const due = nextBfdDeadline(entry.session);
      if (due !== null && due <= now) this.step(entry, { on: 'tick' });
    }
  }

  /** Takes every packet that already waits in the sockets. */
  drain(): void {
    for (const { socket } of this.carriers.values()) socket?.drain();
  }

  /** Bad until the session is first up; `unusable` for a name that no session has. */
  health(name: string): TrackerHealth {
    return this.entries.get(name)?.session.health ?? 'unusable';
  }

  /** Says how a session is, and why. */
  tell(name: string, voice: VrrpVoice): void {
    const session = this.show().find((one) => one.name === name);
    if (session === undefined) return;
    const message = `BFD session ${name} with ${session.neighbor}: ${session.state}: ${session.because}`;
    const { state, neighbor } = session;
    const level = state === 'Up' ? 'info' : 'warn';
    voice.tell(level, 'bfd_state', message, { session: name, state, neighbor });
  }

  show(): readonly BfdStatus[] {
    return [...this.entries.values()].map((entry) => {
      const { config, session, since, sent, received, refused } = entry;
      const problem = session.state === 'Down' ? this.problem(entry) : null;
      return {
        name: config.name,
        neighbor: config.neighbor,
        state: session.state,
        health: session.health,
        since,
        because: problem ?? session.because,
        counters: { sent, received, refused: { ...refused } },
      };
    });
  }

  /** Tells every neighbor that the end of its session is no failure. */
  stop(): void {
    for (const entry of this.entries.values()) this.step(entry, { on: 'stop' });
    this.followSockets([]);
  }

  private newEntry(config: BfdConfig): Entry {
    const { clock } = this.ports;
    return {
      config,
      session: startBfd(config, this.freeDiscriminator(), clock.now()),
      since: clock.wall(),
      sent: 0,
      received: 0,
      refused: noBfdRefusals(),
      sendProblem: null,
    };
  }

  /** RFC 5880 §6.8.1: unique and not zero; §10: hard to guess. */
  private freeDiscriminator(): number {
    const taken = new Set([...this.entries.values()].map(({ session }) => session.discriminator));
    for (;;) {
      const discriminator = 1 + Math.floor(this.random() * 0xffffffff);
      if (!taken.has(discriminator)) return discriminator;
    }
  }

  private step(entry: Entry, event: BfdEvent): void {
    const { config, session: before } = entry;
    const { session, send } = stepBfd(config, before, event, this.ports.clock.now(), this.random());
    entry.session = session;
    if (send !== null) this.transmit(entry, send);
    if (session.state !== before.state) entry.since = this.ports.clock.wall();
    if (event.on !== 'packet' && event.on !== 'tick') return;
    const isUp = session.state === 'Up';
    if (isUp !== (before.state === 'Up') || session.health !== before.health) this.changed(config.name);
    if (event.on === 'packet' && isEarlier(nextBfdDeadline(session), nextBfdDeadline(before)))
      this.hastened();
  }

  private transmit(entry: Entry, packet: BfdPacket): void {
    const { neighbor, source, ttl } = entry.config;
    const socket = this.carriers.get(carrierOf(entry.config))?.socket;
    if (socket === undefined || socket === null) return;
    const sent = socket.send(neighbor, source, ttl, encodeBfd(packet));
    entry.sendProblem = sent.ok ? null : `cannot send to ${neighbor}: ${sent.error}`;
    if (sent.ok) entry.sent++;
  }

  private problem(entry: Entry): string | null {
    return this.carriers.get(carrierOf(entry.config))?.problem ?? entry.sendProblem;
  }

  private receive(port: number, datagram: Datagram): void {
    const entries = [...this.entries.values()];
    const accepted = acceptBfd(entries, port, datagram);
    if (accepted.ok) {
      const { addressee, packet } = accepted.value;
      addressee.received++;
      this.step(addressee, { on: 'packet', packet });
      return;
    }
    const of = entries.find(({ config }) => bfdPort(config) === port && isBetween(config, datagram));
    if (of !== undefined) of.refused[accepted.error]++;
  }

  private followSockets(sessions: readonly BfdConfig[]): void {
    const wanted = new Map(sessions.map((config) => [carrierOf(config), config]));
    for (const [key, { socket }] of this.carriers) {
      if (wanted.has(key)) continue;
      socket?.close();
      this.carriers.delete(key);
    }
    for (const [key, config] of wanted) {
      const carrier = this.carriers.get(key);
      if (carrier === undefined || carrier.socket === null) this.carriers.set(key, this.open(key, config));
    }
  }

  private open(key: string, config: BfdConfig): Carrier {
    const port = bfdPort(config);
    const opened = this.ports.openBfdSocket({
      family: ipFamily(config.neighbor),
      port,
      onPacket: (datagram) => this.receive(port, datagram),
      onError: (because) => {
        const carrier = this.carriers.get(key);
        if (carrier !== undefined) carrier.problem = `cannot receive on UDP port ${port}: ${because}`;
      },
    });
    if (opened.ok) return { socket: opened.value, problem: null, retryAt: null };
    const problem = `cannot open UDP port ${port}: ${opened.error}`;
    return { socket: null, problem, retryAt: later(this.ports.clock.now(), RETRY) };
  }
}

const carrierOf = (config: BfdConfig): string => `${ipFamily(config.neighbor)} ${bfdPort(config)}`;

const hasSameEnds = (a: BfdConfig, b: BfdConfig): boolean =>
  a.neighbor === b.neighbor && a.source === b.source && a.multihop === b.multihop;

const isEarlier = (a: Instant | null, b: Instant | null): boolean =>
  a !== null && (b === null || elapsed(a, b) > 0);
