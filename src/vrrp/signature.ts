import { hmac as hmacOf } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Ip } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { WallTime } from '../base/units.ts';
import type { HmacConfig } from '../model/config.ts';
import type { Refusal } from '../model/counters.ts';
import { decodeSignature, encodeSignature, signedBytes } from '../wire/vrrp-auth.ts';
import type { ReceivedAdvert } from './accept.ts';

/** Number of a signed advert, 64 bits: seconds since 1970 (32), 1/65536 of a second (16), a counter (16). */
export type Sequence = bigint;

/** The last sequence of each sender that has signed, the latest heard first. */
export type SeenSenders = readonly { readonly sender: Ip; readonly sequence: Sequence }[];

export const NO_SENDERS: SeenSenders = [];

/** Senders that a multicast instance remembers. */
const MULTICAST_SENDERS = 4;

/** What a signature was found to be, and the senders as they are then known. */
export interface Verification {
  readonly outcome: Result<void, Refusal>;
  readonly seen: SeenSenders;
  /**
   * Seconds by which the clock of a sender of a good signature is ahead of ours, negative when it is behind, where
   * they come near to what is refused: above half the window. Null otherwise.
   */
  readonly skew: number | null;
}

/**
 * The number of the next advert: the clock, or one more than the last. Null when adverts are not to be signed.
 * With `time` a last number that is ahead of the clock by more than the window is dropped: the clock was set back,
 * and peers would take it for stale.
 */
export function nextSequence(hmac: HmacConfig | null, last: Sequence | null, now: WallTime): Sequence | null {
  if (hmac === null || hmac.mode === 'receive-only') return null;
  const clock = sequenceAt(now);
  if (last === null || isAfter(clock, last)) return clock;
  if (hmac.antiReplay === 'time' && secondsBetween(clock, last) > windowSeconds(hmac)) return clock;
  return BigInt.asUintN(64, last + 1n);
}

/** The trailer for a message sent from `source`, made with the active key. */
export function signAdvert(hmac: HmacConfig, source: Ip, pdu: Uint8Array, sequence: Sequence): Uint8Array {
  const secret = secretOf(hmac, hmac.activeKey);
  if (secret === null) throw new Error(`the active key ${hmac.activeKey} is not one of the keys`);
  const unsigned = encodeSignature({ keyId: hmac.activeKey, sequence, mac: new Uint8Array(16) });
  return encodeSignature({ keyId: hmac.activeKey, sequence, mac: macOf(secret, source, pdu, unsigned) });
}

/**
 * Whether a received advert is signed as it should be (draft-cassen-vrrp-auth-hmac). `peers` are those of a unicast
 * instance, each of which has its own mark; null for multicast, where the four senders heard last have one. A refused
 * advert leaves `seen` as it was.
 */
export function verifySignature(
  hmac: HmacConfig,
  received: ReceivedAdvert,
  seen: SeenSenders,
  now: WallTime,
  peers: readonly Ip[] | null,
): Verification {
  const { source, pdu, trailer } = received;
  const refuse = (refusal: Refusal): Verification => ({ outcome: err(refusal), seen, skew: null });
  if (trailer === null) {
    return hmac.mode === 'enforce' ? refuse('hmac_missing') : { outcome: ok(undefined), seen, skew: null };
  }
  const signature = decodeSignature(trailer);
  if (!signature.ok) return refuse('hmac_malformed');
  const { keyId, sequence, mac } = signature.value;
  const clock = sequenceAt(now);
  const ahead = secondsBetween(clock, sequence);
  // Before the HMAC, because it is cheap: a flood of old adverts must not cost a hash each.
  if (!isFresh(hmac, sequence, clock)) return refuse('hmac_stale');
  const secret = secretOf(hmac, keyId);
  if (secret === null) return refuse('hmac_unknown_key');
  if (!equalInConstantTime(mac, macOf(secret, source, pdu, trailer))) return refuse('hmac_invalid');
  const mark = seen.find(({ sender }) => sender === source);
  // A mark outside the window protects nothing, and after the clocks were set back it would refuse everything.
  if (mark !== undefined && isFresh(hmac, mark.sequence, clock) && !isAfter(sequence, mark.sequence)) {
    return refuse('hmac_replay');
  }
  const isSkewed = hmac.antiReplay === 'time' && 2 * Math.abs(ahead) > windowSeconds(hmac);
  return {
    outcome: ok(undefined),
    seen: remember(seen, { sender: source, sequence }, peers),
    skew: isSkewed ? ahead : null,
  };
}

function remember(seen: SeenSenders, latest: SeenSenders[number], peers: readonly Ip[] | null): SeenSenders {
  const others = seen.filter(({ sender }) => sender !== latest.sender);
  if (peers === null) return [latest, ...others].slice(0, MULTICAST_SENDERS);
  return [latest, ...others.filter(({ sender }) => peers.includes(sender))];
}

function sequenceAt(now: WallTime): Sequence {
  return BigInt.asUintN(64, BigInt(Math.floor((now * 65_536) / 1000)) << 16n);
}

/** RFC 1982 §3.2, over 64 bits. */
const isAfter = (a: Sequence, b: Sequence): boolean => BigInt.asIntN(64, a - b) > 0n;

/** Whole seconds from `a` to `b`, across the end of the 32 bits too. */
const secondsBetween = (a: Sequence, b: Sequence): number =>
  Number(BigInt.asIntN(32, (b >> 32n) - (a >> 32n)));

const windowSeconds = (hmac: HmacConfig): number => hmac.window / 1_000_000;

const isFresh = (hmac: HmacConfig, sequence: Sequence, clock: Sequence): boolean =>
  hmac.antiReplay === 'monotonic' || Math.abs(secondsBetween(clock, sequence)) <= windowSeconds(hmac);

function secretOf(hmac: HmacConfig, id: number): Uint8Array | null {
  const key = hmac.keys.find((candidate) => candidate.id === id);
  if (key === undefined) return null;
  if (key.secret.kind === 'file') throw new Error(`the secret of key ${id} is still the name of a file`);
  return key.secret.bytes;
}

function macOf(secret: Uint8Array, source: Ip, pdu: Uint8Array, trailer: Uint8Array): Uint8Array {
  return hmacOf(sha256, secret, signedBytes(source, pdu, trailer)).subarray(0, 16);
}

// Every byte is looked at, so that the time tells nothing about how far a forgery was right.
function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return (
    a.length === b.length && a.reduce((difference, byte, i) => difference | (byte ^ (b[i] ?? 0)), 0) === 0
  );
}
