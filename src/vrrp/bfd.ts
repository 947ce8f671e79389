import { earliest, elapsed, type Instant, later, type Micros, micros } from '../base/units.ts';
import type { BfdConfig } from '../model/tracking.ts';
import { BFD_DIAGNOSTICS, type BfdPacket, type BfdState } from '../wire/bfd.ts';
import {
  type BfdRemote,
  type BfdTerms,
  detectionTime,
  initialTerms,
  jittered,
  stepTerms,
  transmitInterval,
} from './bfd-timing.ts';

/** A session in asynchronous mode (RFC 5880 §6.8.1). */
export interface BfdSession {
  readonly state: BfdState;
  /** Why it is in this state, as a sentence. */
  readonly because: string;
  /**
   * What it says of the path to those who track it: bad until it is first up. A neighbor that goes AdminDown says
   * nothing of the path (RFC 5882 §3.2), so it is left as it was; keepalived 2.2.7 does the same.
   */
  readonly health: 'good' | 'bad';
  readonly diagnostic: number;
  /** Ours; 1 to 2^32 − 1. */
  readonly discriminator: number;
  /** Null while nothing has been heard for a detection time. */
  readonly remote: BfdRemote | null;
  readonly receivedAt: Instant;
  readonly terms: BfdTerms;
  /** When the next periodic packet is due; null while none may be sent. */
  readonly transmitAt: Instant | null;
  /** When the neighbor is lost; null while it is not known. */
  readonly expiresAt: Instant | null;
}

export type BfdEvent =
  /** Of this session, accepted. */
  | { readonly on: 'packet'; readonly packet: BfdPacket }
  | { readonly on: 'tick' }
  /** The configuration has other intervals than before, or another role. */
  | { readonly on: 'reconfigure' }
  | { readonly on: 'stop' };

export interface BfdStep {
  readonly session: BfdSession;
  /** To be sent at once; null for nothing. */
  readonly send: BfdPacket | null;
}

type Change = Pick<BfdSession, 'state' | 'because' | 'health' | 'diagnostic'>;

export function startBfd(config: BfdConfig, discriminator: number, now: Instant): BfdSession {
  return {
    state: 'Down',
    because: 'nothing heard yet',
    health: 'bad',
    diagnostic: BFD_DIAGNOSTICS.none,
    discriminator,
    remote: null,
    receivedAt: now,
    terms: initialTerms(config),
    transmitAt: config.passive ? null : now,
    expiresAt: null,
  };
}

/** `random` is in [0, 1) and another one for each step: it places the next packet within its interval. */
export function stepBfd(
  config: BfdConfig,
  session: BfdSession,
  event: BfdEvent,
  now: Instant,
  random: number,
): BfdStep {
  // RFC 5880 §6.8.6: in AdminDown a packet changes nothing. Nothing else does here: a stopped session has ended.
  if (session.state === 'AdminDown') return { session, send: null };
  const step = new Step(config, session, now, random);
  switch (event.on) {
    case 'packet':
      return step.packet(event.packet);
    case 'tick':
      return step.tick();
    case 'reconfigure':
      return { session: step.arrange(session, false), send: null };
    case 'stop':
      return step.stop();
  }
}

/** When the session wants to be stepped; null for not before a packet. */
export function nextBfdDeadline({ transmitAt, expiresAt }: BfdSession): Instant | null {
  return earliest(transmitAt, expiresAt);
}

/** One step with what it depends on. */
class Step {
  private readonly config: BfdConfig;
  private readonly before: BfdSession;
  private readonly now: Instant;
  private readonly random: number;

  constructor(config: BfdConfig, before: BfdSession, now: Instant, random: number) {
    this.config = config;
    this.before = before;
    this.now = now;
    this.random = random;
  }

  /** RFC 5880 §6.8.6, from where the packet's contents are believed. */
  packet(packet: BfdPacket): BfdStep {
    const change = transition(this.before, packet.state);
    const remote = {
      discriminator: packet.myDiscriminator,
      state: packet.state,
      minTx: packet.desiredMinTx,
      minRx: packet.requiredMinRx,
      multiplier: packet.multiplier,
      demand: packet.demand,
    };
    const heard = { ...this.before, ...change, remote, receivedAt: this.now };
    const session = this.arrange(heard, packet.final);
    if (change !== null) return this.transmit(session, packet.poll);
    // RFC 5880 §6.5: a Poll is answered without respect to the transmission timer, which runs on.
    return { session, send: packet.poll ? control(this.config, session, true) : null };
  }

  tick(): BfdStep {
    const { before, now } = this;
    const isLost = before.expiresAt !== null && before.expiresAt <= now;
    const session = isLost ? this.lose() : before;
    const isDue = session.transmitAt !== null && session.transmitAt <= now;
    return isDue || session.state !== before.state ? this.transmit(session, false) : { session, send: null };
  }

  stop(): BfdStep {
    const session: BfdSession = {
      ...this.before,
      state: 'AdminDown',
      because: 'it was stopped',
      health: 'bad',
      diagnostic: BFD_DIAGNOSTICS.adminDown,
      transmitAt: null,
      expiresAt: null,
    };
    const isSilent = this.config.passive && session.remote === null;
    return { session, send: isSilent ? null : control(this.config, session, false) };
  }

  /** After a detection time without a packet: RFC 5880 §6.8.1 (bfd.RemoteDiscr) and §6.8.4. */
  private lose(): BfdSession {
    const { before, now } = this;
    const forgotten = { ...before, remote: null };
    if (before.state === 'Down') return this.arrange(forgotten, false);
    const lost: Change = {
      state: 'Down',
      because: `no packet for ${Math.round(elapsed(before.receivedAt, now) / 1000)} ms`,
      health: before.state === 'Up' ? 'bad' : before.health,
      diagnostic: BFD_DIAGNOSTICS.expired,
    };
    return this.arrange({ ...forgotten, ...lost }, false);
  }

  /** With its terms, its detection time, and a transmission timer that a shorter interval brings forward. */
  arrange(session: BfdSession, final: boolean): BfdSession {
    const { remote, receivedAt, transmitAt } = session;
    const terms = stepTerms(this.config, session.state, session.terms, final);
    const arranged = {
      ...session,
      terms,
      expiresAt: remote === null ? null : later(receivedAt, detectionTime(terms, remote)),
    };
    if (!mayTransmit(this.config, arranged)) return { ...arranged, transmitAt: null };
    const interval = transmitInterval(terms, remote);
    if (transmitAt !== null && interval >= transmitInterval(this.before.terms, this.before.remote))
      return arranged;
    return { ...arranged, transmitAt: earliest(transmitAt, this.next(interval)) };
  }

  private transmit(session: BfdSession, final: boolean): BfdStep {
    if (session.transmitAt === null)
      return { session, send: final ? control(this.config, session, true) : null };
    const transmitAt = this.next(transmitInterval(session.terms, session.remote));
    return { session: { ...session, transmitAt }, send: control(this.config, session, final) };
  }

  private next(interval: Micros): Instant {
    return later(this.now, jittered(interval, this.config.multiplier, this.random));
  }
}

/** The state machine of RFC 5880 §6.8.6; null where a packet with this state changes nothing. */
function transition({ state, health }: BfdSession, heard: BfdState): Change | null {
  if (heard === 'AdminDown') {
    if (state === 'Down') return null;
    return down('the neighbor is administratively down', health);
  }
  const { none } = BFD_DIAGNOSTICS;
  const up = {
    state: 'Up',
    because: 'both sides hear each other',
    health: 'good',
    diagnostic: none,
  } as const;
  switch (state) {
    case 'Down':
      if (heard === 'Down')
        return { state: 'Init', because: 'the neighbor is heard', health, diagnostic: none };
      return heard === 'Init' ? up : null;
    case 'Init':
      return heard === 'Down' ? null : up;
    case 'Up':
      return heard === 'Down' ? down('the neighbor says that the session is down', 'bad') : null;
    case 'AdminDown':
      return null;
  }
}

const down = (because: string, health: Change['health']): Change => ({
  state: 'Down',
  because,
  health,
  diagnostic: BFD_DIAGNOSTICS.neighborDown,
});

/** RFC 5880 §6.8.7: who may not send periodic packets. */
function mayTransmit({ passive }: BfdConfig, { state, remote, terms }: BfdSession): boolean {
  if (remote === null) return !passive;
  const isDemanded = remote.demand && state === 'Up' && remote.state === 'Up';
  return remote.minRx !== 0 && (!isDemanded || terms.polling);
}

function control({ multiplier }: BfdConfig, session: BfdSession, final: boolean): BfdPacket {
  const { offered, polling } = session.terms;
  return {
    diagnostic: session.diagnostic,
    state: session.state,
    // RFC 5880 §6.5: never with Final.
    poll: polling && !final,
    final,
    controlPlaneIndependent: false,
    demand: false,
    multipoint: false,
    multiplier,
    myDiscriminator: session.discriminator,
    yourDiscriminator: session.remote?.discriminator ?? 0,
    desiredMinTx: offered.minTx,
    requiredMinRx: offered.minRx,
    // RFC 5880 §6.8.9: no echo packets.
    requiredMinEchoRx: micros(0),
    authentication: null,
  };
}
