import { hmac as hmacOf } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';
import { elapsed, type Instant, later, type Micros, micros } from '../base/units.ts';
import {
  decodeHeartbeat,
  encodeHeartbeat,
  type Grant,
  type Heartbeat,
  type HeartbeatError,
  newsKey,
  type RouterNews,
} from '../wire/heartbeat.ts';

/** What has been heard on one path. */
export interface HeartbeatLink {
  /** The epoch of the peer that is believed, and its last sequence; null before it was heard. */
  readonly believed: { readonly epoch: bigint; readonly sequence: bigint } | null;
  /** What our messages give back to the peer: the last epoch it was seen to have; 0 for none. */
  readonly echo: bigint;
  /** Epochs that the peer has left behind, the last first. */
  readonly former: readonly bigint[];
  /** When it was believed last; null for never. */
  readonly heardAt: Instant | null;
  readonly routerId: string | null;
  readonly routers: readonly RouterNews[];
  /** Since when it has said of a virtual router, by `newsKey`, that it can serve. */
  readonly servesSince: ReadonlyMap<string, Instant>;
  /** The message of ours that `grants` answer; null before there was one. */
  readonly answers: bigint | null;
  readonly grants: readonly Grant[];
}

export const NO_LINK: HeartbeatLink = {
  believed: null,
  echo: 0n,
  former: [],
  heardAt: null,
  routerId: null,
  routers: [],
  servesSince: new Map(),
  answers: null,
  grants: [],
};

/**
 * `signature`: not made with our key. `self`: our own, come back. `replay`: of the past. `greeting`: the peer does not
 * know our epoch yet, so that this may be of any time; it is to be answered.
 */
export type HeartbeatRefusal = HeartbeatError | 'signature' | 'self' | 'replay' | 'greeting';

const MAC = 32;
/** Missed heartbeats that make a path lost. */
const MISSED = 3;
/** Restarts of a peer whose messages could be replayed within one life of ours. */
const FORMER = 16;

/** A heartbeat followed by its HMAC-SHA-256. */
export function sealHeartbeat(secret: Uint8Array, heartbeat: Heartbeat): Uint8Array {
  const message = encodeHeartbeat(heartbeat);
  return concatBytes([message, hmacOf(sha256, secret, message)]);
}

/**
 * What a datagram makes of a path; a refused one changes nothing, but for a greeting, which names the epoch to answer.
 *
 * Without a clock in common a message is new if it gives back the epoch that we drew at our start, and if its number
 * is higher than any before: what was recorded in an earlier life of ours knows another epoch.
 */
export function hearHeartbeat(
  link: HeartbeatLink,
  secret: Uint8Array,
  epoch: bigint,
  interval: Micros,
  bytes: Uint8Array,
  now: Instant,
): { readonly link: HeartbeatLink; readonly outcome: Result<void, HeartbeatRefusal> } {
  const refuse = (refusal: HeartbeatRefusal) => ({ link, outcome: err(refusal) });
  if (bytes.length < MAC) return refuse('truncated');
  const message = bytes.subarray(0, bytes.length - MAC);
  if (!isEqual(hmacOf(sha256, secret, message), bytes.subarray(message.length))) return refuse('signature');
  const heartbeat = decodeHeartbeat(message);
  if (!heartbeat.ok) return refuse(heartbeat.error);
  const { epoch: from, echo, sequence, routerId, routers, answers, grants } = heartbeat.value;
  const { believed, former } = link;
  if (from === epoch) return refuse('self');
  if (former.includes(from) || (believed?.epoch === from && sequence <= believed.sequence)) {
    return refuse('replay');
  }
  if (echo !== epoch) {
    // While the peer is heard, somebody else cannot make us turn to another epoch.
    if (isAlive(link, interval, now)) return refuse('greeting');
    return { link: { ...link, echo: from }, outcome: err('greeting') };
  }
  const left = believed !== null && believed.epoch !== from ? [believed.epoch] : [];
  return {
    link: {
      believed: { epoch: from, sequence },
      echo: from,
      former: [...left, ...former].slice(0, FORMER),
      heardAt: now,
      routerId,
      routers,
      servesSince: new Map(
        routers
          .filter(({ canServe }) => canServe)
          .map((news) => [newsKey(news), link.servesSince.get(newsKey(news)) ?? now]),
      ),
      answers: answers === 0n ? null : answers,
      grants,
    },
    outcome: ok(undefined),
  };
}

/** When the path is lost unless the peer is heard before; null while it is not heard at all. */
export const lostAt = ({ heardAt }: HeartbeatLink, interval: Micros): Instant | null =>
  heardAt === null ? null : later(heardAt, micros(MISSED * interval));

export function isAlive(link: HeartbeatLink, interval: Micros, now: Instant): boolean {
  return link.heardAt !== null && elapsed(link.heardAt, now) < MISSED * interval;
}

// Every byte is looked at, so that the time tells nothing about how far a forgery was right.
function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.reduce((difference, byte, i) => difference | (byte ^ (b[i] ?? 0)), a.length ^ b.length) === 0;
}
